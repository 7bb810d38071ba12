"""Numbers and spans of the rules of points, as what uses them needs them; what is not known asks for nothing."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from linli.sdk import SHANGHAI, Duration, ScopedSession, due_on, rule_value
from linli_waste_sorting.points.rule_keys import WINDOWS
from linli_waste_sorting.stations.windows import read_hours


def number(session: ScopedSession, key: str, compound_id: UUID | None = None) -> int | None:
    """An integer rule; ``None`` where no value is known."""
    held = rule_value(session, key, compound_id=compound_id).value
    return held if isinstance(held, int) else None


def day_after(session: ScopedSession, key: str, day: date, compound_id: UUID | None = None) -> date:
    """The day that lies a rule's span after a day; the day itself where no value is known."""
    span = rule_value(session, key, compound_id=compound_id).value
    return due_on(session, day, span) if isinstance(span, Duration) else day


def is_within_hours(session: ScopedSession, moment: datetime, compound_id: UUID) -> bool:
    """Whether a moment lies in the hours in which bags earn points; always where none are set."""
    words = rule_value(session, WINDOWS, compound_id=compound_id).value
    spans = read_hours(words) if isinstance(words, str) else []
    at = moment.astimezone(SHANGHAI).time()
    # A span that ends at midnight is written to the last minute, which is in it.
    return not spans or any(opens <= at.replace(second=0, microsecond=0) <= closes for opens, closes in spans)


def words(session: ScopedSession, key: str, compound_id: UUID | None = None) -> str:
    """A rule of words; empty where no value is known."""
    held = rule_value(session, key, compound_id=compound_id).value
    return held if isinstance(held, str) else ""
