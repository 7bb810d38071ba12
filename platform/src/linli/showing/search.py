"""Searching a portal: every provider that the reader may ask, each for a few results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.finding import fit_of
from linli.plugins.containment import SEARCH
from linli.plugins.contributions import Found, PortalName, SearchProvider
from linli.plugins.informing import below
from linli.plugins.registry import Owned
from linli.showing.contained import part_of
from linli.web.place import Place
from linli.web.routing import Portal
from linli.web.site import Site

#: Characters: one Chinese character is a surname already.
LONGEST = 60
#: Results of one kind; whoever sees more than that looks in the list itself.
AT_ONCE = 8
#: Of one kind while somebody is still typing.
AT_A_GLANCE = 5
#: Behind everything that fits in some way.
_WORST = 99

#: Where the pages of a portal lie, for a find in a community those of its admin portal; ``None`` for none.
RootOf = Callable[[PortalName, UUID | None], str | None]


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was found, and where it is shown."""

    title: str
    summary: str
    url: str
    community_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What one provider found. ``results`` is ``None`` when it broke; ``has_more`` when it was cut off."""

    name: str
    owner: str
    title: str
    results: Sequence[Result] | None
    has_more: bool = False


def search(
    session: ScopedSession,
    actor: Actor,
    asked: Sequence[Owned[SearchProvider]],
    words: str,
    *,
    root_of: RootOf,
    at_once: int = AT_ONCE,
) -> list[Group]:
    """What each provider finds, those with the best find first; those that found nothing are left out.

    Args:
        session: in the portal's scope.
        actor: the reader.
        asked: from ``linli.web.searching``.
        words: as typed; cut after ``LONGEST`` characters. Nothing is found without any.
        root_of: of ``roots_of``.
        at_once: results of one kind.
    """
    words = tidy(words)
    if not words:
        return []
    groups = []
    for each in asked:
        asked_one = partial(_find, session, actor, each, words, at_once)
        found = part_of(session, SEARCH, each.owner, each.item.name, asked_one)
        if found is None or found:
            shown = None if found is None else _results(each, found[:at_once], root_of)
            has_more = found is not None and len(found) > at_once
            groups.append(Group(each.item.name, each.owner, each.item.title, shown, has_more))
    return sorted(groups, key=lambda group: _best(group, words))


def tidy(words: str) -> str:
    """The words as they are looked for and shown: single blanks, not too long."""
    return " ".join(words.split())[:LONGEST]


def _find(session: ScopedSession, actor: Actor, each: Owned[SearchProvider], words: str, at_once: int) -> list[Found]:
    return list(each.item.find(session, actor, words, at_once + 1))


def _best(group: Group, words: str) -> int:
    """How well the best of its titles fits; a kind found by something else (a phone, a text) stands behind."""
    fits = [fit_of(words, each.title) for each in group.results or ()]
    return min((fit for fit in fits if fit is not None), default=_WORST)


def _results(asked: Owned[SearchProvider], found: Sequence[Found], root_of: RootOf) -> list[Result]:
    portal = asked.item.portal
    roots = [root_of(portal, each.community_id if portal == "console" else None) for each in found]
    return [
        Result(each.title, each.summary, root + below(asked.owner, each.path), each.community_id)
        for each, root in zip(found, roots, strict=True)
        if root is not None
    ]


def roots_of(site: Site, place: Place) -> RootOf:
    """Where the finds of each portal of this street or community lie."""
    street = place.street
    slugs = {each.id: each.slug for each in site.directory.communities(street)} if street is not None else {}

    def root_of(portal: PortalName, community_id: UUID | None) -> str | None:
        if community_id is None:
            return place.root_of(Portal(portal))
        slug = slugs.get(community_id)
        return place.root_of(Portal.ADMIN, community=slug) if slug else None

    return root_of
