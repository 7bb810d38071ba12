"""How a duty stands: by the days, by what was recorded, by what excuses. Pure: nothing is read here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from linli.plugins.obligations import Evidence

State = Literal["overdue", "unknown", "due", "exempted", "late", "fulfilled", "not_applicable"]
#: Why there is no duty, or why nobody knows; empty where the state says all.
Reason = Literal["", "off", "archived", "no_body", "no_rule", "gone", "partial", "evidence", "calendar"]

#: The worst first: what a board shows of several rows of one duty.
STATES: tuple[State, ...] = ("overdue", "unknown", "due", "exempted", "late", "fulfilled", "not_applicable")
#: Done, in whichever way.
DONE: tuple[State, ...] = ("fulfilled", "late")


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one duty in one period.

    Attributes:
        due_on: the last day on which it is in time.
        evidence: what counts for this period.
        is_partial: the place, or its plugin, is younger than the period: it does not have to be done, and may be.
        absent: why there is no duty here; empty where there is one.
        broken: why nobody can tell; empty where everything was found.
        is_exempted: somebody has released the place, and the due day lies within.
    """

    due_on: date
    evidence: Sequence[Evidence] = ()
    is_partial: bool = False
    absent: Reason = ""
    broken: Reason = ""
    is_exempted: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it stands, and since when it is done."""

    state: State
    reason: Reason = ""
    fulfilled_on: date | None = None


def judge(case: Case, today: date) -> Verdict:
    """How a duty stands on a day. The due day itself is still in time.

    Where the evidence could not be read nothing is called done or overdue: nobody knows.
    """
    if case.absent:
        return Verdict("not_applicable", case.absent)
    if case.broken:
        return Verdict("unknown", case.broken)
    done = min((each.day for each in case.evidence if each.day <= today), default=None)
    if done is not None and done <= case.due_on:
        return Verdict("fulfilled", fulfilled_on=done)
    if done is not None:
        return Verdict("late", fulfilled_on=done)
    if case.is_exempted:
        return Verdict("exempted")
    if today <= case.due_on:
        return Verdict("due")
    return Verdict("not_applicable", "partial") if case.is_partial else Verdict("overdue")


def is_settled(verdict: Verdict, due_on: date, today: date, late_days: int) -> bool:
    """Whether nothing more can change: it is judged for good, with the rules of its time.

    Args:
        verdict: of today.
        due_on: the last day on which it was in time.
        today: the day.
        late_days: so long after the due day something done late still counts.
    """
    if verdict.state in ("overdue", "unknown"):
        return (today - due_on).days > late_days
    return today > due_on


def worst(states: Sequence[State]) -> int:
    """Where in the list the worst state stands."""
    return min(range(len(states)), key=lambda n: STATES.index(states[n]))
