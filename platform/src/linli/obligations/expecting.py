"""Which periods a place owes something for: those of the calendar, or those that occasions begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linli.obligations.periods import key_of, occasion_key, period_of, periods_between
from linli.obligations.terms import Rulings, Terms, span_of_occasion
from linli.plugins.obligations import Evidence, Obligation, Occasion, Span


@dataclass(frozen=True, slots=True)
class Expected:
    """One period in which something has to be done.

    Attributes:
        period: its name in the database.
        due_on: the last day on which it is in time.
        is_partial: the place owes nothing for its beginning, and so nothing at all unless it wants to.
        occasion: what it runs from, in words; empty for the calendar's.
        is_guess: the official calendar is not known, so that the due day is none.
    """

    period: str
    span: Span
    due_on: date
    is_partial: bool = False
    occasion: str = ""
    is_guess: bool = False


def expected_periods(
    obligation: Obligation,
    terms: Terms,
    rulings: Rulings,
    occasions: Sequence[Occasion],
    *,
    day: date,
    since: date,
    ended: date | None,
    is_watched: bool,
) -> list[Expected]:
    """What a place owes today by its rules.

    Args:
        obligation: the duty.
        terms: its rules here; all known.
        rulings: for deadlines in working days.
        occasions: of this place.
        day: today.
        since: since when the duty exists here; nothing is owed for the time before.
        ended: the last day of the last period that was judged; ``None`` where none is over yet.
        is_watched: whether this duty was judged here before.
    """
    if obligation.rhythm == "every":
        return _of_calendar(terms, rulings, day=day, since=since, ended=ended, is_watched=is_watched)
    return [_of_occasion(each, terms, rulings) for each in occasions if since <= each.day <= day]


def _of_calendar(
    terms: Terms, rulings: Rulings, *, day: date, since: date, ended: date | None, is_watched: bool
) -> list[Expected]:
    if terms.every is None:
        return []
    spans = [period_of(day, terms.every)] if ended is None else periods_between(ended, day, terms.every)
    # Watched since today only: what began before is owed in full from the next period on.
    watched = since if is_watched else day
    found = []
    for span in spans:
        if span.last < since:
            continue
        due = rulings.due(span.last, terms.within)
        found.append(
            Expected(
                key_of(span),
                span,
                due or span.last + timedelta(days=terms.within.n if terms.within else 0),
                is_partial=max(since, watched) > span.first,
                is_guess=due is None,
            )
        )
    return found


def _of_occasion(occasion: Occasion, terms: Terms, rulings: Rulings) -> Expected:
    span = span_of_occasion(occasion, terms)
    due = span.last if terms.every is not None else occasion.due_on or rulings.due(occasion.day, terms.within)
    guess = occasion.day + timedelta(days=terms.within.n if terms.within else 0)
    if terms.every is None:
        span = Span(span.first, due or guess)
    title = occasion.title.strip()[:200]
    return Expected(occasion_key(occasion.key), span, due or guess, occasion=title, is_guess=due is None)


def matches(obligation: Obligation, period: str, span: Span, evidence: Evidence) -> bool:
    """Whether something recorded counts for a period."""
    if obligation.rhythm != "every":
        return period == occasion_key(evidence.occasion)
    return span.holds(evidence.about or evidence.day)
