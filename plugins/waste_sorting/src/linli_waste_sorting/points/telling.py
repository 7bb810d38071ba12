"""Who hears of what: households of points that end soon, were taken back or reserved; staff of what looks odd."""

from __future__ import annotations

from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from linli.sdk import NotificationType, Recipient, ScopedSession, Term, notify, place_names, staff_in, stays_at
from linli_waste_sorting.points.models import Entry, Flag, Item, Purse, Redemption, RedemptionDay
from linli_waste_sorting.points.permissions import AUDIT, AUDITING_ROLES, VIEW_POINTS
from linli_waste_sorting.words import span_text

ENDING = "waste_sorting.points_expiring"
REVERSED = "waste_sorting.points_reversed"
RESERVED = "waste_sorting.redemption_reserved"
CANCELLED = "waste_sorting.redemption_cancelled"
MISSED = "waste_sorting.redemption_missed"
FLAGGED = "waste_sorting.points_flagged"

POINT_NOTIFICATIONS = (
    NotificationType(
        name=ENDING,
        title="积分快到期",
        subject="您家有 {points} 分快到期",
        body="您家有 {points} 分用到 {day} 为止，到期作废。可以在“我家的积分”里预约兑换。",
        needs=VIEW_POINTS,
    ),
    NotificationType(
        name=REVERSED,
        title="积分被冲回",
        subject="您家的 {points} 分被冲回",
        body="社区冲回了您家的 {points} 分。原因：{reason}。现有 {balance} 分；有疑问请联系居委会。",
        needs=VIEW_POINTS,
    ),
    NotificationType(
        name=RESERVED,
        title="预约了积分兑换",
        subject="已预约兑换：{item}",
        body="您家预约兑换{item}，{pieces} 件，用 {points} 分。请在 {day} {hours} 到{place}领取，带上家庭码。",
        needs=VIEW_POINTS,
    ),
    NotificationType(
        name=CANCELLED,
        title="积分兑换取消",
        subject="兑换取消了：{item}",
        body="社区取消了您家预约的{item}，{points} 分已经退回。原因：{reason}",
        needs=VIEW_POINTS,
    ),
    NotificationType(
        name=MISSED,
        title="没有领取预约的物品",
        subject="没有领取：{item}",
        body="您家预约的{item}在兑换日没有领取，{points} 分已经退回，可以再次预约。",
        needs=VIEW_POINTS,
    ),
    NotificationType(
        name=FLAGGED,
        title="有积分需要核查",
        subject="有一笔现场发的积分需要核查",
        body="系统发现一笔现场发的积分可能不合常规，请在“积分核查”里看一看，保留或者冲回。",
        needs=AUDIT,
    ),
)


def tell_ending(session: ScopedSession, purse: Purse, points: int, day: date) -> int:
    """Tell a household how many points end on a day; of each day once."""
    about = uuid5(NAMESPACE_URL, f"points_ending/{purse.id}/{day}")
    return _tell(session, ENDING, purse, {"points": points, "day": day}, ("points_purse", about))


def tell_reversed(session: ScopedSession, purse: Purse, row: Entry, reason: str) -> int:
    """Tell a household that points were taken back, and why."""
    context = {"points": row.points, "reason": reason, "balance": purse.balance}
    return _tell(session, REVERSED, purse, context, ("points_entry", row.id))


def tell_reserved(session: ScopedSession, purse: Purse, row: Redemption, item: Item, day: RedemptionDay) -> int:
    """Tell all of a household what one of them has reserved, and where it is handed out."""
    context = {
        "item": item.name,
        "pieces": row.pieces,
        "points": row.points,
        "day": day.day,
        "hours": span_text(day.opens, day.closes),
        "place": day.place,
    }
    return _tell(session, RESERVED, purse, context, ("points_redemption", row.id))


def tell_returned(session: ScopedSession, purse: Purse, row: Redemption, item: Item) -> int:
    """Tell a household that what it had reserved is not to be had, or was not fetched, and that its points are back."""
    context = {"item": item.name, "points": row.points, "reason": row.reason or Term("无")}
    kind = MISSED if row.state == "missed" else CANCELLED
    return _tell(session, kind, purse, context, ("points_redemption", row.id))


def tell_flagged(session: ScopedSession, flag: Flag) -> int:
    """Tell those who audit that something looks odd. Nobody's name or door is in it."""
    return notify(
        session,
        FLAGGED,
        staff_in(session, AUDITING_ROLES, community_id=flag.community_id, compound_id=flag.compound_id),
        {},
        subject=("points_flag", flag.id),
        link=f"{place_names(session, flag.community_id).path}/admin/waste_sorting/points/flags/{flag.id}",
        community_id=flag.community_id,
    )


def _tell(
    session: ScopedSession, kind: str, purse: Purse, context: dict[str, object], subject: tuple[str, UUID]
) -> int:
    if purse.dwelling_id is None:
        return 0
    people = [
        Recipient(each.account_id, each.resident_id, each.building_id)
        for each in stays_at(session, [purse.dwelling_id])
    ]
    return notify(
        session,
        kind,
        people,
        context,
        subject=subject,
        link=f"{place_names(session, purse.community_id).path}/waste_sorting/points",
        community_id=purse.community_id,
    )
