"""Duties of a street by community, in numbers: one query over the rows that judgements have marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import false, func, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.obligations.models import ObligationRecord
from linli.obligations.permissions import READ
from linli.obligations.seeing import Known
from linli.obligations.settings import REMIND_DAYS
from linli.settings.service import get_setting
from linli.tenancy.repository import reaches

#: Overdue for longer than this, it is no slip any more and somebody has to step in.
ESCALATED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DutyCount:
    """How a community stands.

    Attributes:
        overdue: past their last day; ``escalated`` of them for more than a week.
        near: fall due within the days of the street's reminder.
        unknown: nobody could tell.
        since: the earliest last day of those that are overdue.
    """

    overdue: int = 0
    escalated: int = 0
    near: int = 0
    unknown: int = 0
    since: date | None = None


def duty_counts(session: ScopedSession, actor: Actor, known: Known) -> Mapping[UUID, DutyCount]:
    """By community; those with nothing to look at are left out. One query."""
    day = today()
    near = day + timedelta(days=int(get_setting(session, "core", REMIND_DAYS)))
    is_overdue = ObligationRecord.state == "overdue"
    rows = session.execute(
        select(
            ObligationRecord.community_id,
            func.count().filter(is_overdue),
            func.count().filter(is_overdue & (ObligationRecord.due_on < day - ESCALATED)),
            func.count().filter((ObligationRecord.state == "due") & (ObligationRecord.due_on <= near)),
            func.count().filter(ObligationRecord.state == "unknown"),
            func.min(ObligationRecord.due_on).filter(is_overdue),
        )
        .where(
            ObligationRecord.is_shown,
            ObligationRecord.state.in_(("overdue", "due", "unknown")),
            ObligationRecord.obligation.in_(list(known)) if known else false(),
            reaches(actor, READ, ObligationRecord.community_id, ObligationRecord.compound_id),
        )
        .group_by(ObligationRecord.community_id)
    )
    found = {row[0]: DutyCount(*row[1:]) for row in rows}
    return {each: count for each, count in found.items() if count.overdue or count.near or count.unknown}


@dataclass(frozen=True, slots=True)
class MonthDuties:
    """What fell due in a month, by duty or by community.

    Attributes:
        met: in time; ``late``: afterwards.
        missed: still not done; ``open``: not yet past their last day, or nobody could tell.
    """

    name: str
    met: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0
    exempted: int = 0

    @property
    def total(self) -> int:
        """All that was owed; those that were exempted are not."""
        return self.met + self.late + self.missed + self.open


def duties_of_month(
    session: ScopedSession, known: Known, first: date, last: date
) -> tuple[Mapping[str, MonthDuties], Mapping[UUID, MonthDuties]]:
    """What fell due between two days, by the name of the duty and by community. One query."""
    rows = session.execute(
        select(ObligationRecord.obligation, ObligationRecord.community_id, ObligationRecord.state, func.count())
        .where(
            ObligationRecord.due_on >= first,
            ObligationRecord.due_on <= last,
            ObligationRecord.obligation.in_(list(known)) if known else false(),
        )
        .group_by(ObligationRecord.obligation, ObligationRecord.community_id, ObligationRecord.state)
    ).all()
    by_duty: dict[str, dict[str, int]] = {}
    by_place: dict[UUID, dict[str, int]] = {}
    for duty, community_id, state, count in rows:
        for sums in (by_duty.setdefault(duty, {}), by_place.setdefault(community_id, {})):
            sums[state] = sums.get(state, 0) + count
    return (
        {duty: _month(duty, sums) for duty, sums in by_duty.items()},
        {place: _month("", sums) for place, sums in by_place.items()},
    )


def _month(name: str, sums: Mapping[str, int]) -> MonthDuties:
    def of(*states: str) -> int:
        return sum(sums.get(state, 0) for state in states)

    return MonthDuties(name, of("fulfilled"), of("late"), of("overdue"), of("due", "unknown"), of("exempted"))


def worst_first(counts: Mapping[UUID, DutyCount]) -> Sequence[UUID]:
    """Communities with those first that have most overdue, then most that is near."""
    return sorted(counts, key=lambda each: (-counts[each].overdue, -counts[each].near, -counts[each].unknown))
