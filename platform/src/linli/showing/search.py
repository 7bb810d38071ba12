"""Searching a portal: every provider that the reader may ask, each for a few results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.plugins.containment import SEARCH
from linli.plugins.contributions import Found, SearchProvider
from linli.plugins.informing import below
from linli.plugins.registry import Owned
from linli.showing.contained import part_of
from linli.web.place import Place

#: Characters: one Chinese character is a surname already.
LONGEST = 60
#: Results of one kind; whoever sees more than that looks in the list itself.
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was found, and where it is shown."""

    title: str
    summary: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """What one provider found. ``results`` is ``None`` when it broke; ``has_more`` when it was cut off."""

    name: str
    owner: str
    title: str
    results: Sequence[Result] | None
    has_more: bool = False


def search(
    session: ScopedSession, actor: Actor, place: Place, asked: Sequence[Owned[SearchProvider]], words: str
) -> list[Group]:
    """What each provider finds, in the providers' order; those that found nothing are left out.

    Args:
        session: in the portal's scope.
        actor: the reader.
        place: the portal.
        asked: from ``linli.web.searching``.
        words: as typed; cut after ``LONGEST`` characters. Nothing is found without any.
    """
    words = " ".join(words.split())[:LONGEST]
    if not words:
        return []
    groups = []
    for each in asked:
        asked_one = partial(_find, session, actor, each, words)
        found = part_of(session, SEARCH, each.owner, each.item.name, asked_one)
        if found is None or found:
            shown = None if found is None else [_result(place, each.owner, item) for item in found[:AT_ONCE]]
            has_more = found is not None and len(found) > AT_ONCE
            groups.append(Group(each.item.name, each.owner, each.item.title, shown, has_more))
    return groups


def _find(session: ScopedSession, actor: Actor, each: Owned[SearchProvider], words: str) -> list[Found]:
    return list(each.item.find(session, actor, words, AT_ONCE + 1))


def _result(place: Place, owner: str, found: Found) -> Result:
    return Result(found.title, found.summary, place.url(below(owner, found.path)))
