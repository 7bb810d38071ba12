"""The numbers of points on the street's board and the first pages' cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, true

from linli.sdk import Actor, Card, Metric, ScopedSession, focus, reach_of, stays_of, today
from linli_waste_sorting.points import sums
from linli_waste_sorting.points.models import Flag, Purse, Redemption
from linli_waste_sorting.points.permissions import COUNT_POINTS, READ_POINTS, VIEW_POINTS
from linli_waste_sorting.points.purses import held_at


def _sums(session: ScopedSession, name: str) -> Mapping[UUID | None, int]:
    found = sums.sums_of_communities(session, None, today().replace(day=1), today())
    return {each.community_id: getattr(each, name) for each in found}


def _earned(session: ScopedSession) -> Mapping[UUID | None, int]:
    return _sums(session, "earned")


def _redeemed(session: ScopedSession) -> Mapping[UUID | None, int]:
    return _sums(session, "redeemed")


POINT_METRICS = (
    Metric(
        name="waste_sorting.points_earned",
        title="发放的积分",
        measure=_earned,
        unit="分",
        period="month",
        needs=COUNT_POINTS,
        path="points",
        path_needs=READ_POINTS,
        order=330,
    ),
    Metric(
        name="waste_sorting.points_redeemed",
        title="兑换的积分",
        measure=_redeemed,
        unit="分",
        period="month",
        needs=COUNT_POINTS,
        path="points",
        path_needs=READ_POINTS,
        order=331,
    ),
)


def _for_staff(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    reach = reach_of(actor, READ_POINTS)
    within: Any = true()
    flagged: Any = true()
    if not reach.everywhere:
        flagged = Flag.community_id.in_(reach.communities) | Flag.compound_id.in_(reach.compounds)
        within = Purse.community_id.in_(reach.communities) | Purse.compound_id.in_(reach.compounds)
    if on := focus().compound_id:
        within, flagged = and_(within, Purse.compound_id == on), and_(flagged, Flag.compound_id == on)
    waiting = (
        select(func.count())
        .select_from(Redemption)
        .join(Purse, (Purse.tenant_id == Redemption.tenant_id) & (Purse.id == Redemption.purse_id))
        .where(Redemption.state == "reserved", within)
    )
    flags = select(func.count()).select_from(Flag).where(Flag.decision == "", flagged)
    reserved, open_flags = session.execute(select(waiting.scalar_subquery(), flags.scalar_subquery())).one()
    return {"reserved": reserved, "flags": open_flags}


def _for_residents(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    mine = held_at(session, {each.dwelling_id for each in stays_of(session, actor.resident_ids)})
    return {"balance": sum(each.balance for each in mine.values()) if mine else None}


POINT_CARDS = (
    Card("admin", "积分", "waste_sorting/points_card_admin.html", _for_staff, needs=READ_POINTS, order=62),
    Card(
        "resident", "我家的积分", "waste_sorting/points_card_resident.html", _for_residents, needs=VIEW_POINTS, order=62
    ),
)
