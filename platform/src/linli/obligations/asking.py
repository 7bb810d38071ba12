"""Asking the owner of a duty what was recorded: for many places at once, contained, its answer looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import structlog

from linli.db.session import ScopedSession
from linli.plugins.containment import EVIDENCE, PluginFailed, PluginSkipped, call, circuits_here
from linli.plugins.containment.calls import CIRCUITS, UnitLost, WrongAnswer
from linli.plugins.gate import CORE
from linli.plugins.obligations import Evidence, Obligation, Occasion, Span

T = TypeVar("T")
log = structlog.get_logger(__name__)

#: Places in one question; a community has a few dozen compounds.
AT_ONCE = 500
#: What one answer may hold: more is no evidence but a whole register.
_MOST_ANSWERS = 50_000
_LONGEST_KEY = 80


class NobodyKnows(Exception):
    """The owner's code failed, or is left out at present: nothing can be said."""


def know_circuits(session: ScopedSession) -> None:
    """See to it that a plugin whose circuit is open is left out in background work, too."""
    if CIRCUITS not in session.info:
        session.info[CIRCUITS] = circuits_here(session)


def evidence_of(
    session: ScopedSession, owner: str, obligation: Obligation, places: Sequence[UUID], span: Span
) -> list[Evidence]:
    """What was recorded at these places and is about days of the span.

    Raises:
        NobodyKnows: the owner could not be asked.
    """
    return _ask(session, owner, obligation, obligation.evidence, places, span, Evidence)


def occasions_of(
    session: ScopedSession, owner: str, obligation: Obligation, places: Sequence[UUID], span: Span
) -> list[Occasion]:
    """The occasions at these places on days of the span; none where the duty runs from none.

    Raises:
        NobodyKnows: the owner could not be asked.
    """
    if obligation.occasions is None:
        return []
    found = _ask(session, owner, obligation, obligation.occasions, places, span, Occasion)
    return [each for each in found if span.holds(each.day) and 0 < len(each.key) <= _LONGEST_KEY]


def applies_to(session: ScopedSession, owner: str, obligation: Obligation, places: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the places for which the duty exists.

    Raises:
        NobodyKnows: the owner could not be asked.
    """
    applies = obligation.applies
    if applies is None:
        return frozenset(places)
    found: set[UUID] = set()
    for some in _chunks(places):
        found |= _called(session, owner, obligation, lambda some=some: frozenset(applies(session, some))) & set(some)
    return frozenset(found)


def _ask(
    session: ScopedSession,
    owner: str,
    obligation: Obligation,
    asked: Callable[[ScopedSession, Sequence[UUID], Span], Iterable[T]],
    places: Sequence[UUID],
    span: Span,
    kind: type[T],
) -> list[T]:
    found: list[T] = []
    for some in _chunks(places):
        wanted = set(some)

        def ask(some: Sequence[UUID] = some) -> list[T]:
            return _checked(asked(session, some, span), kind)

        # What it tells of places that nobody asked about is none of this judgement's business.
        found += [each for each in _called(session, owner, obligation, ask) if each.place in wanted]  # type: ignore[attr-defined]
    return found


def _chunks(places: Sequence[UUID]) -> Iterable[tuple[UUID, ...]]:
    return (tuple(places[n : n + AT_ONCE]) for n in range(0, len(places), AT_ONCE))


def _called(session: ScopedSession, owner: str, obligation: Obligation, ask: Callable[[], T]) -> T:
    if owner == CORE:
        try:
            with session.begin_nested():
                return ask()
        except Exception as error:
            log.exception("evidence failed", obligation=obligation.name)
            raise NobodyKnows(type(error).__name__) from error
    try:
        return call(session, owner, EVIDENCE, ask, where=obligation.name)
    except UnitLost:
        raise
    except (PluginFailed, PluginSkipped) as error:
        raise NobodyKnows(type(error).__name__) from error


def _checked(answer: Any, kind: type[T]) -> list[T]:
    found = list(islice(iter(answer), _MOST_ANSWERS + 1))
    if len(found) > _MOST_ANSWERS:
        raise WrongAnswer(f"more than {_MOST_ANSWERS} answers for one question")
    strange = [each for each in found if not isinstance(each, kind)]
    if strange:
        raise WrongAnswer(f"{type(strange[0]).__name__} instead of {kind.__name__}")
    return found
