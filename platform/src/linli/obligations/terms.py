"""By which rules a duty goes at a place: its cadence and its deadline, as they hold there, with their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from linli.db.session import ScopedSession
from linli.kit.errors import Invalid
from linli.obligations.periods import NoPeriods, period_of
from linli.obligations.places import DutyPlace
from linli.plugins.obligations import Obligation, Occasion, Span
from linli.rules.freezing import frozen_value
from linli.rules.resolution import RuleValue
from linli.rules.service import due_on, rule_values_among
from linli.rules.values import Duration

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of one duty at one place today.

    Attributes:
        every: cadence or length of term; ``None`` where the duty has none, or nothing is known.
        within: the deadline, likewise.
        is_known: whether all that the duty needs is known here.
        frozen: the rules with their sources, as they are kept with a judgement.
    """

    every: Duration | None
    within: Duration | None
    is_known: bool
    frozen: list[dict[str, Any]]


@dataclass(slots=True)
class Rulings:
    """What holds at the places of one community, read once.

    Attributes:
        session: the unit of work, for the official calendar.
        values: by compound, ``None`` for the street as a whole.
    """

    session: ScopedSession
    values: Mapping[UUID | None, Mapping[str, RuleValue]]
    _days: dict[tuple[date, Duration], date | None] = field(default_factory=dict)

    def terms(self, obligation: Obligation, place: DutyPlace) -> Terms:
        """By which rules a duty goes at a place."""
        here = self.values.get(place.compound_id) or self.values[None]
        every, within = (_duration(here[key]) if key else None for key in (obligation.every, obligation.within))
        is_known = all(_duration(here[key]) is not None for key in obligation.rules)
        if every is not None and not _fits(every):
            is_known = False
        frozen = [msgspec.to_builtins(frozen_value(here[key])) for key in obligation.rules]
        return Terms(every, within, is_known, frozen)

    def due(self, day: date, duration: Duration | None) -> date | None:
        """The last day of a period after a day; ``None`` where the official calendar of working days is not known."""
        if duration is None:
            return day
        if (day, duration) not in self._days:
            try:
                self._days[day, duration] = due_on(self.session, day, duration)
            except Invalid:
                self._days[day, duration] = None
        return self._days[day, duration]


def rulings_for(session: ScopedSession, obligations: list[Obligation], compound_ids: list[UUID]) -> Rulings:
    """Read the rules of these duties at these compounds; three queries."""
    keys = [key for each in obligations for key in each.rules]
    return Rulings(session, rule_values_among(session, keys, compound_ids))


def span_of_occasion(occasion: Occasion, terms: Terms) -> Span:
    """The days of a term; of a deadline the occasion's day alone, whose end the calendar tells."""
    if terms.every is None:
        return Span(occasion.day, occasion.day)
    return Span(occasion.day, terms.every.after(occasion.day) - _DAY)


def _duration(found: RuleValue) -> Duration | None:
    value = found.value
    return value if isinstance(value, Duration) else None


def _fits(length: Duration) -> bool:
    try:
        period_of(date(2000, 1, 1), length)
    except NoPeriods:
        return False
    return True
