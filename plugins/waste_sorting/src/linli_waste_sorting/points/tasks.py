"""What happens by itself: points end, households are warned, what was not fetched comes back, purses are kept."""

from __future__ import annotations

from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from linli.sdk import JobRun, ScopedSession, TaskSpec, community_names, community_outline, is_enabled, today
from linli_waste_sorting.points import ledger, purses, redeeming, telling, terms
from linli_waste_sorting.points.models import Entry, Purse, Redemption, RedemptionDay
from linli_waste_sorting.points.rule_keys import EXPIRY_NOTICE

#: Purses that are dealt with in one transaction.
_BATCH = 200


def end_points(run: JobRun) -> dict[str, Any]:
    """Write the end of points whose last day is over; run again it finds nothing."""
    ended = 0
    for community_id in _communities(run):
        with run.unit_of_work(read_only=True) as session:
            due = list(ledger.ended_by_purse(session, community_id, today()))
        for purse_id in due:
            # Each by itself, under its lock: somebody may spend the points this very moment.
            with run.unit_of_work() as session:
                purse = purses.lock_purse(session, community_id, purse_id)
                ended += ledger.end_points(session, purse, today())
    return {"ended": ended}


def warn_of_end(run: JobRun) -> dict[str, Any]:
    """Tell households of points that end within the rule's days; of each day once."""
    told = 0
    for community_id in _communities(run):
        with run.unit_of_work() as session:
            told += sum(_warn(session, purse) for purse in _ending_soon(session, community_id))
    return {"told": told}


def return_missed(run: JobRun) -> dict[str, Any]:
    """Give back what was reserved for a day that is over and was not fetched."""
    returned = 0
    for community_id in _communities(run):
        with run.unit_of_work(read_only=True) as session:
            missed = _missed(session, community_id)
        for redemption_id in missed:
            with run.unit_of_work() as session:
                returned += redeeming.miss(session, community_id, redemption_id)
    return {"returned": returned}


def keep_purses(run: JobRun) -> dict[str, Any]:
    """Note which households are still at home, and close the purses of those that are gone."""
    closed = 0
    for community_id in _communities(run):
        after: UUID | None = None
        while True:
            with run.unit_of_work() as session:
                rows = _open_purses(session, community_id, after)
                closed += purses.keep(session, rows, today())
                after = rows[-1].id if rows else None
            if len(rows) < _BATCH:
                break
    return {"closed": closed}


def _warn(session: ScopedSession, purse: Purse) -> int:
    last = terms.day_after(session, EXPIRY_NOTICE, today(), purse.compound_id)
    soon = [each for each in ledger.lots_of(session, purse.id) if each.ends_on and today() <= each.ends_on <= last]
    return sum(telling.tell_ending(session, purse, each.points, each.ends_on) for each in soon if each.ends_on)


def _ending_soon(session: ScopedSession, community_id: UUID) -> list[Purse]:
    compounds = [each.id for each in community_outline(session, community_id)]
    last = max((terms.day_after(session, EXPIRY_NOTICE, today(), each) for each in compounds), default=today())
    some = select(Entry.purse_id).where(
        Entry.community_id == community_id,
        Entry.credit == "household",
        Entry.expires_on.between(today(), last),
    )
    mine = select(Purse).where(Purse.id.in_(some), Purse.closed_at.is_(None), Purse.balance > 0)
    return list(session.scalars(mine.order_by(Purse.id)))


def _missed(session: ScopedSession, community_id: UUID) -> list[UUID]:
    over = (
        select(Redemption.id)
        .join(
            RedemptionDay,
            and_(RedemptionDay.tenant_id == Redemption.tenant_id, RedemptionDay.id == Redemption.day_id),
        )
        .where(Redemption.community_id == community_id, Redemption.state == "reserved", RedemptionDay.day < today())
    )
    return list(session.scalars(over.order_by(Redemption.id)))


def _open_purses(session: ScopedSession, community_id: UUID, after: UUID | None) -> list[Purse]:
    mine = select(Purse).where(Purse.community_id == community_id, Purse.closed_at.is_(None))
    if after is not None:
        mine = mine.where(Purse.id > after)
    locked = mine.order_by(Purse.id).limit(_BATCH).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(locked))


def _communities(run: JobRun) -> list[UUID]:
    with run.unit_of_work(read_only=True) as session:
        return [each for each in community_names(session) if is_enabled(session, "waste_sorting", community_id=each)]


POINT_TASKS = (
    TaskSpec("waste_sorting.end_points", end_points, "积分到期", daily_at=time(0, 20), lease=300),
    TaskSpec("waste_sorting.keep_purses", keep_purses, "核对积分账户的住户", daily_at=time(0, 40), lease=300),
    TaskSpec("waste_sorting.return_missed", return_missed, "退回没有领取的积分", daily_at=time(1), lease=300),
    TaskSpec("waste_sorting.warn_of_points", warn_of_end, "提醒积分快到期", daily_at=time(10), lease=300),
)
