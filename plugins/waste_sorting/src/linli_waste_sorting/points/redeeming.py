"""Redeeming: reserved on the phone for a redemption day, or handed over at the desk; never more than there is.

Points leave the purse when something is reserved, so that nobody promises them twice; they come back when it is
cancelled or not fetched. Purse, then entry, then stock: everybody locks in this order.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select

from linli.sdk import (
    SHANGHAI,
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    new_id,
    now,
    record,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import require
from linli_waste_sorting.points import days, ledger, terms
from linli_waste_sorting.points.catalogue import count_pieces, get_item
from linli_waste_sorting.points.giving import may
from linli_waste_sorting.points.models import Entry, Item, Purse, Redemption, RedemptionDay
from linli_waste_sorting.points.permissions import HAND_OVER, MANAGE_REDEMPTION, VIEW_POINTS
from linli_waste_sorting.points.purses import lock_purse, own_held, own_purse, purse_of_code
from linli_waste_sorting.points.rule_keys import RETURN_GRACE
from linli_waste_sorting.points.schemas import DayWrite, RedeemBody, ReserveBody
from linli_waste_sorting.points.telling import tell_reserved, tell_returned


def reserve(session: ScopedSession, actor: Actor, community_id: UUID, data: ReserveBody) -> Redemption:
    """Reserve a thing of the catalogue for one's own household. The same again gives what was reserved the first time.

    Raises:
        Forbidden: the actor is no resident.
        NotFound: there is no such thing, day or household.
        Invalid: the day is over, cancelled or for others, there are not so many, the household has had its share, or
            it holds too few points.
    """
    if actor.account_id is None or not actor.holds(VIEW_POINTS):
        raise Forbidden
    item = get_item(session, community_id, data.item_id)
    # Whoever cancels the day meanwhile waits, and gives this back too.
    day = days.get_day(session, community_id, data.day_id, share=True)
    purse = own_purse(session, actor, community_id, data.purse_id)
    if day.compound_id not in (None, purse.compound_id):
        raise Invalid.one("day_id", _("这个兑换日不到您的小区"), _("请换一个兑换日"))
    if day.cancelled_at is not None or now() >= _begins(day):
        raise Invalid.one("day_id", _("这个兑换日已经开始、过去或者取消"), _("请换一个兑换日"))
    held = _open_one(session, purse, item, day)
    if held is not None:
        if held.pieces != data.pieces:
            raise Invalid.one("pieces", _("您家已经预约了这件物品"), _("要改数量，请先取消再预约"))
        return held
    row = _taken(session, purse, item, data.pieces, day=day, once=None)
    row.account_id = actor.account_id
    session.flush()
    _note(session, "reserve", row)
    tell_reserved(session, purse, row, item, day)
    return row


def redeem_at_desk(session: ScopedSession, actor: Actor, community_id: UUID, data: RedeemBody) -> Redemption:
    """Hand a thing over at once to the household whose code was read.

    Raises:
        Forbidden: the actor may not there.
        NotFound: no household has the code, or there is no such thing.
        Invalid: as ``reserve``.
        Conflict: ``once`` was used for something else.
    """
    if not actor.holds(HAND_OVER):
        raise Forbidden
    item = get_item(session, community_id, data.item_id)
    purse = purse_of_code(session, community_id, data.code)
    if not may(actor, HAND_OVER, purse):
        raise Forbidden
    once = uuid5(community_id, str(data.once)) if data.once else None
    held = session.scalar(select(Redemption).where(Redemption.id == once)) if once else None
    if held is not None:
        if (held.purse_id, held.item_id, held.pieces) != (purse.id, item.id, data.pieces):
            raise Conflict(_("这个编号已经用过，请重新打开页面再兑换"))
        return held
    row = _taken(session, purse, item, data.pieces, day=None, once=once)
    _end(session, row, "handed", actor)
    return row


def hand_over(session: ScopedSession, actor: Actor, community_id: UUID, redemption_id: UUID) -> Redemption:
    """Note that what was reserved was handed over. A second call changes nothing.

    Raises:
        NotFound: there is none within the actor's reach.
        Forbidden: the actor may not.
        Conflict: it was cancelled or not fetched.
    """
    row, _purse = _at_desk(session, actor, community_id, redemption_id)
    if row.state == "handed":
        return row
    if row.state != "reserved":
        raise Conflict(_("这个预约已经取消或者过期，积分已退回"))
    _end(session, row, "handed", actor)
    return row


def cancel_as_staff(
    session: ScopedSession, actor: Actor, community_id: UUID, redemption_id: UUID, reason: str
) -> Redemption:
    """Take a reservation back as staff, or what was handed over by mistake; the points come back, good for a while.

    Raises:
        NotFound: there is none within the actor's reach.
        Forbidden: the actor may not.
        Conflict: its points are back already.
        Invalid: no reason is given.
    """
    row, purse = _at_desk(session, actor, community_id, redemption_id)
    if row.state == "cancelled":
        return row
    if row.state == "missed":
        raise Conflict(_("没有领取，积分已经退回"))
    if not reason.strip():
        raise Invalid.one("reason", _("请写明原因"), _("住户会看到"))
    _give_back(session, purse, row, "cancelled", actor, reason.strip(), with_grace=True)
    return row


def cancel_own(session: ScopedSession, actor: Actor, community_id: UUID, redemption_id: UUID) -> Redemption:
    """Take back what one's own household has reserved, until the day begins. A second call changes nothing.

    Raises:
        NotFound: it is not theirs.
        Conflict: it is over, or the day has begun.
    """
    row, purse = _own(session, actor, community_id, redemption_id)
    if row.state == "cancelled":
        return row
    if row.state != "reserved":
        raise Conflict(_("已经办结，不能取消"))
    day = days.get_day(session, community_id, row.day_id) if row.day_id else None
    if day is not None and now() >= _begins(day):
        raise Conflict(_("兑换已经开始，不能再自己取消；没有领取的，过后自动退回积分"))
    _give_back(session, purse, row, "cancelled", None, "", with_grace=False)
    return row


def cancel_day(session: ScopedSession, actor: Actor, community_id: UUID, day_id: UUID, reason: str) -> RedemptionDay:
    """Let a redemption day not take place: all that was reserved for it comes back, and the households are told why.

    A second call changes nothing.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is none there.
        Invalid: no reason is given.
    """
    require(actor, MANAGE_REDEMPTION, community_id)
    day = days.get_day(session, community_id, day_id, lock=True)
    if day.cancelled_at is not None:
        return day
    if not reason.strip():
        raise Invalid.one("reason", _("请写明原因"), _("住户会看到"))
    for row in reserved_for(session, day):
        purse = lock_purse(session, community_id, row.purse_id)
        session.refresh(row)
        if row.state == "reserved":
            _give_back(session, purse, row, "cancelled", actor, reason.strip(), with_grace=True)
    days.cancel(session, day, reason.strip())
    return day


def update_day(session: ScopedSession, actor: Actor, community_id: UUID, day_id: UUID, data: DayWrite) -> RedemptionDay:
    """Change a day that is still to come, as ``days.update_day``."""
    # Nobody reserves between looking and changing.
    day = days.get_day(session, community_id, day_id, lock=True)
    return days.update_day(session, actor, community_id, day_id, data, has_reserved=bool(reserved_for(session, day)))


def miss(session: ScopedSession, community_id: UUID, redemption_id: UUID) -> bool:
    """Give back what nobody fetched on its day, which is over. Whether something came back."""
    found = session.scalar(
        select(Redemption).where(Redemption.id == redemption_id, Redemption.community_id == community_id)
    )
    if found is None or found.day_id is None:
        return False
    purse = lock_purse(session, community_id, found.purse_id)
    session.refresh(found)
    if found.state != "reserved" or days.get_day(session, community_id, found.day_id).day >= today():
        return False
    _give_back(session, purse, found, "missed", None, "", with_grace=False)
    return True


def reserved_for(session: ScopedSession, day: RedemptionDay) -> list[Redemption]:
    """What is reserved for a day and neither handed over nor cancelled."""
    mine = select(Redemption).where(
        Redemption.community_id == day.community_id, Redemption.day_id == day.id, Redemption.state == "reserved"
    )
    return list(session.scalars(mine.order_by(Redemption.purse_id, Redemption.id)))


def period_begins(day: date, period: str) -> date:
    """The first day of the month, quarter or year that a day lies in."""
    if period == "year":
        return day.replace(month=1, day=1)
    month = day.month - (day.month - 1) % 3 if period == "quarter" else day.month
    return day.replace(month=month, day=1)


def _taken(
    session: ScopedSession, purse: Purse, item: Item, pieces: int, *, day: RedemptionDay | None, once: UUID | None
) -> Redemption:
    """Points out of the purse and pieces out of the stock, both or neither."""
    points = item.points * pieces
    _check_share(session, purse, item, pieces)
    # What has ended since the last run is not spent.
    ledger.end_points(session, purse, today())
    has_enough, best = ledger.best_end(ledger.lots_of(session, purse.id), points)
    if not has_enough:
        raise Invalid.one(
            "pieces", _("积分不够"), _("需要 {n} 分，现有 {m} 分").format(n=points, m=max(purse.balance, 0))
        )
    row = Redemption(
        id=once or new_id(),
        community_id=purse.community_id,
        purse_id=purse.id,
        item_id=item.id,
        day_id=day.id if day else None,
        pieces=pieces,
        points=points,
        state="reserved",
        at=now(),
    )
    session.add(row)
    session.flush()
    ledger.post(session, purse, "redeem", points, day=today(), ends_on=best, redemption=row)
    if not count_pieces(session, item.id, -pieces, Item.closed_at.is_(None)):
        session.refresh(item)
        closed = item.closed_at is not None
        fault = _("这件物品不再兑换") if closed else _("库存不够")
        raise Invalid.one("pieces", fault, "" if closed else _("还有 {n} 件").format(n=item.stock))
    return row


def _check_share(session: ScopedSession, purse: Purse, item: Item, pieces: int) -> None:
    if item.most is None:
        return
    since = datetime.combine(period_begins(today(), item.period), datetime.min.time(), SHANGHAI)
    had = session.scalar(
        select(func.coalesce(func.sum(Redemption.pieces), 0)).where(
            Redemption.purse_id == purse.id,
            Redemption.item_id == item.id,
            Redemption.state.in_(("reserved", "handed")),
            Redemption.at >= since,
        )
    )
    left = item.most - int(had or 0)
    if pieces > left:
        raise Invalid.one("pieces", _("超过每户的限量"), _("这个期间还能兑换 {n} 件").format(n=max(left, 0)))


def _give_back(
    session: ScopedSession,
    purse: Purse,
    row: Redemption,
    state: str,
    actor: Actor | None,
    reason: str,
    *,
    with_grace: bool,
) -> None:
    spent = session.scalars(select(Entry).where(Entry.redemption_id == row.id, Entry.kind == "redeem")).one()
    ends_on = spent.expires_on
    if with_grace and ends_on is not None:
        ends_on = max(ends_on, terms.day_after(session, RETURN_GRACE, today(), purse.compound_id))
    row.reason = reason
    _end(session, row, state, actor)
    ledger.post(session, purse, "return", row.points, day=today(), ends_on=ends_on, redemption=row)
    if purse.closed_at is not None and purse.balance > 0:
        # The household is gone: what would come back to it ends.
        ledger.post(session, purse, "expire", purse.balance, day=today())
    count_pieces(session, row.item_id, row.pieces)
    if state == "missed" or actor is not None:
        tell_returned(session, purse, row, get_item(session, row.community_id, row.item_id))


def _end(session: ScopedSession, row: Redemption, state: str, actor: Actor | None) -> None:
    row.state, row.ended_at = state, now()
    if actor is not None:
        row.acted_by, row.acted_by_name = actor.account_id, actor.display_name
    session.flush()
    _note(session, _VERBS[state], row, reason=row.reason)


_VERBS = {"handed": "hand", "cancelled": "cancel", "missed": "miss"}


def _at_desk(session: ScopedSession, actor: Actor, community_id: UUID, redemption_id: UUID) -> tuple[Redemption, Purse]:
    if not actor.holds(HAND_OVER):
        raise Forbidden
    row, purse = _locked(session, community_id, redemption_id)
    if not may(actor, HAND_OVER, purse):
        raise NotFound(_("没有找到这个兑换"))
    return row, purse


def _own(session: ScopedSession, actor: Actor, community_id: UUID, redemption_id: UUID) -> tuple[Redemption, Purse]:
    mine = {purse.id for _stay, purse in own_held(session, actor, community_id) if purse is not None}
    wanted = select(Redemption.id).where(Redemption.id == redemption_id, Redemption.purse_id.in_(mine))
    if session.scalar(wanted) is None:
        raise NotFound(_("没有找到这个兑换"))
    return _locked(session, community_id, redemption_id)


def _locked(session: ScopedSession, community_id: UUID, redemption_id: UUID) -> tuple[Redemption, Purse]:
    mine = select(Redemption).where(Redemption.id == redemption_id, Redemption.community_id == community_id)
    row = session.scalar(mine)
    if row is None:
        raise NotFound(_("没有找到这个兑换"))
    purse = lock_purse(session, community_id, row.purse_id)
    session.refresh(row)
    return row, purse


def _open_one(session: ScopedSession, purse: Purse, item: Item, day: RedemptionDay) -> Redemption | None:
    return session.scalar(
        select(Redemption).where(
            Redemption.purse_id == purse.id,
            Redemption.item_id == item.id,
            Redemption.day_id == day.id,
            Redemption.state == "reserved",
        )
    )


def _begins(day: RedemptionDay) -> datetime:
    return datetime.combine(day.day, day.opens, SHANGHAI)


def _note(session: ScopedSession, verb: str, row: Redemption, **details: Any) -> None:
    # Which household it is stays out of the record: others read it.
    told = {"pieces": row.pieces, "points": row.points, "state": row.state}
    record(
        session,
        f"waste_sorting.redemption.{verb}",
        ("points_redemption", row.id),
        community_id=row.community_id,
        after=told,
        **details,
    )
