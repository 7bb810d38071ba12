"""Who hears of what: staff that something waits for them, and people what became of what they asked for."""

from __future__ import annotations

from sqlalchemy import select

from linli.sdk import NotificationType, Recipient, ScopedSession, Term, notify, place_names, staff_in
from linli_waste_sorting.bookings.models import Booking, BookingChange, FullReport, FullReportVoice, Slot
from linli_waste_sorting.bookings.permissions import ANSWER_BOOKINGS, ANSWERING_ROLES, HANDLE_REPORTS
from linli_waste_sorting.bookings.words import STATES, hours_of
from linli_waste_sorting.words import category_messages

ASKED = "waste_sorting.booking_requested"
TAKEN_BACK = "waste_sorting.booking_cancelled"
ANSWERED = "waste_sorting.booking_answered"
BOOKED_FOR = "waste_sorting.booking_entered"
MOVED = "waste_sorting.booking_moved"
FULL = "waste_sorting.full_report_filed"
EMPTIED = "waste_sorting.full_report_handled"

BOOKING_NOTIFICATIONS = (
    NotificationType(
        name=ASKED,
        title="收到上门回收预约",
        subject="收到上门回收预约：{kind}，{day}",
        body="有居民预约{kind}上门回收，时间是{day} {hours}，请确认。",
        needs=ANSWER_BOOKINGS,
    ),
    NotificationType(
        name=TAKEN_BACK,
        title="居民取消上门回收预约",
        subject="上门回收预约取消了：{kind}，{day}",
        body="居民取消了{day} {hours}的{kind}上门回收预约，这个时段空出一个名额。",
        needs=ANSWER_BOOKINGS,
    ),
    NotificationType(
        name=BOOKED_FOR,
        title="社区替我预约了上门回收",
        subject="社区替您预约了上门回收：{kind}，{day}",
        body="社区工作人员替您预约了{kind}上门回收（{day} {hours}），确认后会再通知您。如有不对，请取消或联系居委会。",
    ),
    NotificationType(
        name=ANSWERED,
        title="我的上门回收预约有了结果",
        subject="上门回收预约{outcome}：{kind}，{day}",
        body="您预约的{kind}上门回收（{day} {hours}）：{outcome}。说明：{reason}",
    ),
    NotificationType(
        name=MOVED,
        title="我的上门回收预约改了时间",
        subject="上门回收改到{day}：{kind}",
        body="您预约的{kind}上门回收改到{day} {hours}，已经确认。原因：{reason}",
    ),
    NotificationType(
        name=FULL,
        title="收到满桶报告",
        subject="桶满了：{station}，{kind}",
        body="居民报告{station}的{kind}桶满了，请安排清运，处理后填写结果。",
        needs=HANDLE_REPORTS,
    ),
    NotificationType(
        name=EMPTIED,
        title="我报告的满桶处理了",
        subject="已处理：{station}，{kind}",
        body="您报告的{station}{kind}桶满，已经处理：{answer}",
    ),
)


def tell_staff(session: ScopedSession, row: Booking, slot: Slot, kind: str) -> int:
    """Tell those who answer that a booking waits, or was taken back. Nobody's name or door is in it."""
    where = {"community_id": row.community_id, "compound_id": row.compound_id, "building_id": row.building_id}
    return notify(
        session,
        kind,
        staff_in(session, ANSWERING_ROLES, **where),
        {"kind": _kind(session, slot.category), "day": slot.day, "hours": hours_of(slot)},
        subject=("booking", row.id),
        link=f"{place_names(session, row.community_id).path}/admin/waste_sorting/bookings/{row.id}",
        community_id=row.community_id,
    )


def tell_person(session: ScopedSession, row: Booking, slot: Slot, change: BookingChange) -> int:
    """Tell the person who booked what became of it; nobody where their data was erased."""
    if row.account_id is None and row.resident_id is None:
        return 0
    context = {
        "kind": _kind(session, slot.category),
        "day": slot.day,
        "hours": hours_of(slot),
        "reason": change.reason or Term("无"),
    }
    return notify(
        session,
        MOVED if change.is_moved else ANSWERED,
        [Recipient(row.account_id, row.resident_id, row.building_id)],
        context if change.is_moved else context | {"outcome": Term(STATES[row.state])},
        # Of each change once: a booking may be moved twice.
        subject=("booking_change", change.id),
        link=f"{place_names(session, row.community_id).path}/waste_sorting/bookings/{row.id}",
        community_id=row.community_id,
    )


def tell_booked_for(session: ScopedSession, row: Booking, slot: Slot, change: BookingChange) -> int:
    """Tell the person for whom staff booked; whoever has no account reads it when they have one."""
    return notify(
        session,
        BOOKED_FOR,
        [Recipient(row.account_id, row.resident_id, row.building_id)],
        {"kind": _kind(session, slot.category), "day": slot.day, "hours": hours_of(slot)},
        subject=("booking_change", change.id),
        link=f"{place_names(session, row.community_id).path}/waste_sorting/bookings/{row.id}",
        community_id=row.community_id,
    )


def tell_of_full(session: ScopedSession, report: FullReport, station: str) -> int:
    """Tell those who see to the bins of the first report; who joins it wakes nobody again."""
    return notify(
        session,
        FULL,
        staff_in(session, ANSWERING_ROLES, community_id=report.community_id, compound_id=report.compound_id),
        {"kind": _kind(session, report.category), "station": station},
        subject=("full_report", report.id),
        link=f"{place_names(session, report.community_id).path}/admin/waste_sorting/full_reports/{report.id}",
        community_id=report.community_id,
    )


def tell_of_emptied(session: ScopedSession, report: FullReport, station: str) -> int:
    """Tell everybody who reported it what was done."""
    people = session.execute(
        select(FullReportVoice.account_id, FullReportVoice.resident_id).where(
            FullReportVoice.full_report_id == report.id,
            FullReportVoice.account_id.is_not(None) | FullReportVoice.resident_id.is_not(None),
        )
    )
    return notify(
        session,
        EMPTIED,
        [Recipient(row.account_id, row.resident_id, None) for row in people],
        {"kind": _kind(session, report.category), "station": station, "answer": report.answer},
        subject=("full_report", report.id),
        link=f"{place_names(session, report.community_id).path}/waste_sorting/full_reports",
        community_id=report.community_id,
    )


def _kind(session: ScopedSession, category: str) -> Term:
    return Term(category_messages(session)[category])
