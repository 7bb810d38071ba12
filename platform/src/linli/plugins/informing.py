"""What a plugin tells of itself: numbers, what can be found, what the public may read, whether it is well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor

#: The stretch of time that a number is about, to its title; messages.
PERIODS: dict[str, str] = {"now": "现在", "day": "今天", "month": "本月", "quarter": "本季度", "year": "今年"}
#: Who may read what is disclosed, to the title; messages.
AUDIENCES: dict[str, str] = {"public": "对外公开", "residents": "登录的居民"}

Number = int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number for the first pages and for the street's board of numbers.

    Attributes:
        name: ``<plugin>.<plural>``, e.g. ``notices.open_postings``.
        title: what is counted, in Chinese; a message.
        measure: called with a session of the street or of one community; the number of each community in its scope by
            id. A community that is left out counts as nothing; where numbers do not add up, as a share does not, it
            is shown as not known. One query over kept sums or an index: it runs with the page, and once for all
            communities of a street.
        level: ``community``: counted there and shown in both portals; ``street``: one number of the whole street, given
            under the key ``None`` and shown in the console alone.
        unit: in Chinese, a message; empty for a bare number. Square metres, hours and yuan are decimals.
        period: a key of ``PERIODS``.
        adds_up: the street's number is the sum of its communities'; otherwise the board has no sum.
        needs: the permission to see it; ``None`` for whoever sees the page.
        path: the page of the admin portal (of the console for ``street``), below the plugin's own, that shows what was
            counted; ``None`` for none.
        path_needs: the permission of that page; ``None`` for whoever sees the number.
        order: the smaller stands further to the left.
        measure_on: called like ``measure`` and with a past day: the number as it stood at the end of that day, where
            the records still tell. With it the core fills days that were missed; ``None`` where only the present can be
            counted.
        less_is_better: the smallest comes first in rankings: overdue work, complaints.
    """

    name: str
    title: str
    measure: Callable[[ScopedSession], Mapping[UUID | None, Number]]
    level: Literal["street", "community"] = "community"
    unit: str = ""
    period: str = "now"
    adds_up: bool = True
    needs: str | None = None
    path: str | None = None
    path_needs: str | None = None
    order: int = 100
    measure_on: Callable[[ScopedSession, date], Mapping[UUID | None, Number]] | None = None
    less_is_better: bool = False


_metrics: list[tuple[str, Metric]] = []


def declare_metrics(metrics: Iterable[tuple[str, Metric]]) -> None:
    """Make these the numbers of this process, each with its owner, in place of those declared before."""
    _metrics[:] = sorted(metrics, key=lambda each: (each[1].order, each[0], each[1].name))


def declared_metrics() -> tuple[tuple[str, Metric], ...]:
    """Owner and number of every one that this process knows, in the order in which they are shown."""
    return tuple(_metrics)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was searched for.

    Attributes:
        title: what it is called.
        path: its page, below the plugin's own in that portal.
        summary: a line that tells it from others; personal data only as masked as on the page that it leads to.
        community_id: what the console found in a community: then ``path`` is a page of that community's admin portal,
            below the plugin's own. The other portals pass it over.
    """

    title: str
    path: str
    summary: str = ""
    community_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchProvider:
    """One kind of thing that a portal's search finds.

    Attributes:
        name: ``<plugin>.<plural>``; once for each portal.
        title: what these things are, in Chinese; a message.
        portal: whose search.
        find: called with a session of the portal's scope, the reader, the words, and how many at most; the best first.
            It narrows to what the reader may see as its own pages do; the walls of the database stand in any case. It
            is called while one types, so it reads a bounded number of rows; ``linli.sdk.best_fits`` finds among them
            by characters, pinyin and initials.
        needs: the permission to be asked at all; ``None`` for whoever opens the portal.
        order: the smaller stands further up.
    """

    name: str
    title: str
    portal: Literal["console", "admin", "resident"]
    find: Callable[[ScopedSession, Actor, str, int], Sequence[Found]]
    needs: str | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What is there to be read now: how many, and since when the newest; ``None`` when there is none."""

    count: int
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Something that a community lets people read; listed on its page "信息公开".

    Attributes:
        name: ``<plugin>.<plural>``.
        title: in Chinese; a message.
        description: what people find there, in a sentence; a message.
        path: the page of the resident portal, below the plugin's own; for ``public`` declared with ``public=True``.
        audience: a key of ``AUDIENCES``.
        source: the law and its article, or the rule, that asks for it; empty where it is a free choice.
        state: called with a session of the community; what is there now. ``None`` where that says nothing.
        order: the smaller stands further up.
    """

    name: str
    title: str
    description: str
    path: str
    audience: Literal["public", "residents"] = "public"
    source: str = ""
    state: Callable[[ScopedSession], Disclosed] | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class Health:
    """How something is.

    Attributes:
        status: ``ok``, ``warning`` (works, but somebody should look) or ``fault``.
        message: what was seen, in the reader's language.
        way_out: what to do about it; empty when nothing.
    """

    status: Literal["ok", "warning", "fault"]
    message: str
    way_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """A question about whether something works in a street.

    Attributes:
        name: ``<plugin>.<noun>``.
        title: what is looked at, in Chinese; a message.
        check: called with a read-only session of the street; answers within a second or two. What it raises is a fault.
    """

    name: str
    title: str
    check: Callable[[ScopedSession], Health]


def below(owner: str, path: str) -> str:
    """A path of the core or of a plugin, as it lies below a portal; empty for the portal's own first page."""
    own = path if path.startswith("?") else f"/{path.lstrip('/')}"
    return ("" if owner == "core" else f"/{owner}") + own.rstrip("/")
