"""Numbers of the console with their trends: of the street, of communities, and what lies in the middle of all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.plugins.contributions import Metric
from linli.plugins.gate import is_on
from linli.plugins.informing import PERIODS, Number, declared_metrics
from linli.plugins.registry import Plugins
from linli.showing.history import street_value
from linli.showing.metrics import board
from linli.showing.trends import Kept, Key, Trend, is_of_now, latest_kept, trends_of, values_at
from linli.web.sparks import Spark, spark


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as the console shows it.

    Attributes:
        name: of its metric.
        period: its title; empty for what holds now.
        value: ``None`` where nobody knows.
        change: in words, with its sign; empty where nothing is known of before.
        line: its trend; ``None`` where too little is known.
        path: below the console; empty for none.
    """

    name: str
    title: str
    unit: str
    period: str
    value: Number | None
    change: str = ""
    line: Spark | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is known of the street's numbers.

    Attributes:
        kept: up to when; its day is ``None`` where nothing was kept yet, and the values were measured now.
        items: the numbers that the reader may see, in their order.
        trends: of the street under ``None``, and of communities that were asked for.
    """

    kept: Kept
    items: Sequence[Metric]
    trends: Mapping[Key, Trend]

    @property
    def of_communities(self) -> list[Metric]:
        """Those that each community has."""
        return [item for item in self.items if item.level == "community"]

    def value(self, item: Metric, community_id: UUID | None = None) -> Number | None:
        """A number of the street or of a community."""
        trend = self.trends.get((community_id, item.name))
        return None if trend is None else trend.now


def visible_metrics(may: Callable[[str], bool], allowed: Collection[str]) -> list[Metric]:
    """The numbers of core and of plugins that the street allows, for a reader."""
    return [
        item for owner, item in declared_metrics() if is_on(owner, allowed) and (item.needs is None or may(item.needs))
    ]


def read_numbers(
    session: ScopedSession,
    actor: Actor,
    plugins: Plugins,
    allowed: Collection[str],
    *,
    of: str = "",
    communities: Collection[UUID] | None = None,
) -> Numbers:
    """The street's numbers, and of communities one number, or all of some communities. Three queries.

    Before anything was kept they are measured, once, as the board of numbers does.

    Args:
        session: of the street, or of some of its communities.
        actor: the reader.
        plugins: of this process.
        allowed: those that the street allows.
        of: the number that is wanted of every community; empty for none.
        communities: whose numbers are all wanted.
    """
    is_whole = session.scope.communities is None
    # Numbers of a whole street are told to those who see the whole of it.
    items = [each for each in visible_metrics(actor.holds, allowed) if is_whole or each.level == "community"]
    kept = latest_kept(session)
    if kept.day is None:
        return Numbers(kept, items, _measured(session, actor, plugins))
    trends: dict[Key, Trend] = {}
    if is_whole:
        trends |= trends_of(session, items, day=kept.day)
        for each in items:
            if each.name == of and each.level == "community":
                now = values_at(session, each, kept.day)
                trends |= {(place, of): Trend((), (), value, None) for place, value in now.items()}
        if communities:
            trends |= trends_of(session, items, day=kept.day, communities=communities, street=False)
    else:
        trends |= trends_of(session, items, day=kept.day, communities=[], street=False)
        trends |= {(None, each.name): together(each, trends) for each in items}
    return Numbers(kept, items, trends)


def together(item: Metric, trends: Mapping[Key, Trend]) -> Trend:
    """The trend of several communities as one: sums, or medians, point by point."""
    own = [trend for (community_id, name), trend in trends.items() if name == item.name and community_id is not None]
    if not own:
        return Trend((), (), None, None)

    def one(values: Sequence[Number | None]) -> Number | None:
        return street_value(item, [value for value in values if value is not None])

    points = tuple(one([trend.points[n] for trend in own]) for n in range(len(own[0].days)))
    return Trend(own[0].days, points, one([each.now for each in own]), one([each.before for each in own]))


def figure_of(item: Metric, trend: Trend | None, *, now: Number | None = None, path: str = "") -> Figure:
    """A number with its trend in words and as a line.

    Args:
        item: the metric.
        trend: ``None`` where nothing was kept.
        now: counted at this moment, in place of what was kept.
        path: where it leads, below the console.
    """
    trend = trend or Trend((), (), None, None)
    if now is not None:
        trend = replace(trend, now=now)
    return Figure(
        item.name,
        _(item.title),
        _(item.unit) if item.unit else "",
        "" if item.period == "now" else _(PERIODS[item.period]),
        trend.now,
        change_text(item, trend),
        spark(trend.points),
        path,
    )


def change_text(item: Metric, trend: Trend) -> str:
    """What a number is more or less than before, in words; empty where that is not known."""
    change = trend.change
    if change is None:
        return ""
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    amount = amount_text(abs(change)) + (_(item.unit) if item.unit == "%" else "")
    words = _("比四周前 {change}") if is_of_now(item) else _("比上月同日 {change}")
    return words.format(change=f"{sign}{amount}")


def amount_text(value: Number) -> str:
    """With two decimals at most, thousands grouped."""
    text = f"{Decimal(value):,.2f}"
    return text.rstrip("0").rstrip(".")


def middle(values: Sequence[Number | None]) -> Number | None:
    """What lies in the middle of the known ones; ``None`` where there are none."""
    known = [Decimal(value) for value in values if value is not None]
    return median(known) if known else None


def _measured(session: ScopedSession, actor: Actor, plugins: Plugins) -> dict[Key, Trend]:
    found: dict[Key, Trend] = {}
    measured = board(session, actor, plugins)
    for n, column in enumerate(measured.columns):
        own = {line.community_id: line.cells[n] for line in measured.lines}
        found |= {(each, column.name): _point(value) for each, value in own.items()}
        whole = column.value if column.value is not None else middle(list(own.values()))
        found[None, column.name] = _point(whole)
    found |= {(None, each.name): _point(each.value) for each in measured.street}
    return found


def _point(value: Number | None) -> Trend:
    return Trend((today(),), (value,), value, None)
