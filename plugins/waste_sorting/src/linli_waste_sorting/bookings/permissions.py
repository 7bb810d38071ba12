"""Who may do what with pick-ups and reports of full bins."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import RESIDENTS, STAFF

MANAGE_SLOTS = "waste_sorting.slot.manage"
READ_BOOKINGS = "waste_sorting.booking.read"
ANSWER_BOOKINGS = "waste_sorting.booking.answer"
COUNT_BOOKINGS = "waste_sorting.booking.count"
BOOK_FOR = "waste_sorting.booking.enter"
BOOK = "waste_sorting.booking.request"
READ_REPORTS = "waste_sorting.full_report.read"
HANDLE_REPORTS = "waste_sorting.full_report.handle"
FILE_REPORTS = "waste_sorting.full_report.file"

#: Who is told that something waits: those of the community, and those who work for one compound.
ANSWERING_ROLES = ("community_administrator", "property_staff")


BOOKING_PERMISSIONS = (
    Permission(MANAGE_SLOTS, "设置上门回收的时段和收费", STAFF),
    Permission(READ_BOOKINGS, "查看上门回收预约（含门牌）", STAFF | {"property_staff"}),
    Permission(ANSWER_BOOKINGS, "确认、改期和办结上门回收预约", STAFF | {"property_staff"}),
    # They find the person in the register, which those who work for one compound do not read.
    Permission(BOOK_FOR, "替居民预约上门回收", STAFF),
    Permission(COUNT_BOOKINGS, "查看上门回收和满桶的数量（不含门牌）", STAFF | {"auditor"}),
    Permission(BOOK, "预约上门回收", RESIDENTS),
    Permission(READ_REPORTS, "查看满桶报告", STAFF | {"property_staff"}),
    Permission(HANDLE_REPORTS, "处理满桶报告", STAFF | {"property_staff"}),
    Permission(FILE_REPORTS, "报告桶满了", RESIDENTS),
)
