"""Sums of points: by community, by month, by what earned them. No household is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import and_, case, func, select

from linli.sdk import Actor, ScopedSession
from linli_waste_sorting.points.models import Claim, Entry, Flag, Purse
from linli_waste_sorting.points.repository import within
from linli_waste_sorting.points.schemas import PointsSum


def sums_of_communities(
    session: ScopedSession, communities: Sequence[UUID] | None, first: date, last: date
) -> list[PointsSum]:
    """What each community's households earned, redeemed and lost in a period, and hold now; three queries.

    Args:
        session: of the street.
        communities: in their order; ``None`` for those that have any points.
        first: the first day.
        last: the last day.
    """
    net = func.sum(case((Entry.kind == "earn", Entry.points), (Entry.kind == "reverse", -Entry.points), else_=0))
    redeemed = func.sum(case((Entry.kind == "redeem", Entry.points), (Entry.kind == "return", -Entry.points), else_=0))
    ended = func.sum(case((Entry.kind == "expire", Entry.points), else_=0))
    moved = {
        row[0]: row[1:]
        for row in session.execute(
            select(Entry.community_id, net, redeemed, ended)
            .where(Entry.day.between(first, last))
            .group_by(Entry.community_id)
        )
    }
    held = {
        row[0]: row[1:]
        for row in session.execute(
            select(Purse.community_id, func.count(), func.sum(Purse.balance))
            .where(Purse.closed_at.is_(None))
            .group_by(Purse.community_id)
        )
    }
    open_flags = select(Flag.community_id, func.count()).where(Flag.decision == "").group_by(Flag.community_id)
    flags: dict[UUID, int] = {row[0]: row[1] for row in session.execute(open_flags)}
    return [
        PointsSum(
            community_id=each,
            purses=held.get(each, (0, 0))[0],
            earned=int(moved.get(each, (0, 0, 0))[0]),
            redeemed=int(moved.get(each, (0, 0, 0))[1]),
            expired=int(moved.get(each, (0, 0, 0))[2]),
            held=int(held.get(each, (0, 0))[1] or 0),
            flags=flags.get(each, 0),
        )
        for each in (communities if communities is not None else sorted({*moved, *held, *flags}))
    ]


def by_month(
    session: ScopedSession, actor: Actor, permission: str, community_id: UUID, first: date
) -> Mapping[date, Mapping[str, int]]:
    """First day of a month to kind of entry to points, from a day on; one query."""
    month = func.date_trunc("month", Entry.day)
    statement = (
        select(month, Entry.kind, func.sum(Entry.points))
        .join(Purse, and_(Purse.tenant_id == Entry.tenant_id, Purse.id == Entry.purse_id))
        .where(Entry.community_id == community_id, Entry.day >= first, within(actor, permission, community_id))
        .group_by(month, Entry.kind)
    )
    found: dict[date, dict[str, int]] = {}
    for at, kind, points in session.execute(statement):
        found.setdefault(at.date(), {})[kind] = int(points)
    return found


def by_source(
    session: ScopedSession, actor: Actor, permission: str, community_id: UUID, first: date
) -> Mapping[str, tuple[int, int]]:
    """Source to points that were given and that caps and hours kept back, from a day on; one query."""
    statement = (
        select(Claim.source, func.sum(Claim.given), func.sum(Claim.asked - Claim.given))
        .join(Purse, and_(Purse.tenant_id == Claim.tenant_id, Purse.id == Claim.purse_id))
        .where(Claim.community_id == community_id, Claim.day >= first, Claim.source != "reversal")
    )
    rows = session.execute(statement.where(within(actor, permission, community_id)).group_by(Claim.source))
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}
