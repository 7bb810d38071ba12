"""What is kept about people: who booked and reported, and who of the staff acted; given out, erased, and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from linli.sdk import SYSTEM, DataClass, Erased, Person, PersonalData, ScopedSession, now
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import (
    OPEN,
    Booking,
    BookingChange,
    BookingPiece,
    BookingWeight,
    FullReport,
    FullReportVoice,
)
from linli_waste_sorting.bookings.photos import BOOKING, VOICE
from linli_waste_sorting.bookings.service import release
from linli_waste_sorting.bookings.words import taken_text, what_text
from linli_waste_sorting.photos import drop_photos
from linli_waste_sorting.stations.models import Station

#: Entries of each kind that one export holds.
_MOST = 5000


def _of(model: Any, person: Person) -> ColumnElement[bool]:
    mine = model.resident_id.in_(person.resident_ids)
    return mine if person.account_id is None else or_(mine, model.account_id == person.account_id)


def _export_bookings(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.scalars(select(Booking).where(_of(Booking, person)).order_by(Booking.id.desc()).limit(_MOST))
    return [
        {
            "requested_at": row.requested_at.isoformat(),
            "state": row.state,
            "things": what_text(row),
            "taken": taken_text(row),
            "paid_fen": row.paid_fen,
            "note": row.note,
            "fee_fen": row.fee_fen,
            "answered_at": row.answered_at.isoformat() if row.answered_at else None,
        }
        for row in rows
    ]


def _erase_bookings(session: ScopedSession, person: Person) -> Erased:
    rows = session.scalars(select(Booking).where(_of(Booking, person))).all()
    drop_photos(session, SYSTEM, BOOKING, [row.id for row in rows], reason=_("删除个人信息"))
    for row in rows:
        release(session, row)
        row.account_id = row.resident_id = row.dwelling_id = row.building_id = None
        row.note, row.erased_at = "", now()
        # What somebody threw away tells of them; how many pieces there were is counted.
        for thing in row.things:
            thing.name = "—"
    session.flush()
    return Erased(len(rows))


def _export_voices(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    rows = session.execute(
        select(FullReportVoice.at, FullReportVoice.words, FullReport.category, FullReport.answer, Station.name)
        .join(FullReport, _same(FullReport, FullReportVoice.full_report_id, FullReportVoice))
        .join(Station, _same(Station, FullReport.station_id, FullReport))
        .where(_of(FullReportVoice, person))
        .order_by(FullReportVoice.id.desc())
        .limit(_MOST)
    )
    return [
        {"at": row.at.isoformat(), "station": row.name, "bin": row.category, "words": row.words, "answer": row.answer}
        for row in rows
    ]


def _erase_voices(session: ScopedSession, person: Person) -> Erased:
    rows = session.scalars(select(FullReportVoice).where(_of(FullReportVoice, person))).all()
    drop_photos(session, SYSTEM, VOICE, [row.id for row in rows], reason=_("删除个人信息"))
    for row in rows:
        row.account_id, row.resident_id, row.words = None, None, ""
    session.flush()
    return Erased(len(rows))


def _export_acts(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    changes = session.scalars(
        select(BookingChange)
        .where(BookingChange.acted_by == person.account_id)
        .order_by(BookingChange.id.desc())
        .limit(_MOST)
    )
    found: list[Mapping[str, Any]] = [
        {"at": row.at.isoformat(), "name": row.acted_by_name, "state": row.state, "reason": row.reason}
        for row in changes
    ]
    entered = session.scalars(
        select(Booking).where(Booking.booked_by == person.account_id).order_by(Booking.id.desc()).limit(_MOST)
    )
    found += [{"at": row.requested_at.isoformat(), "name": row.booked_by_name} for row in entered]
    reports = session.scalars(
        select(FullReport).where(FullReport.handled_by == person.account_id).order_by(FullReport.id.desc()).limit(_MOST)
    )
    found += [
        {"at": row.handled_at.isoformat() if row.handled_at else None, "name": row.handled_by_name, "text": row.answer}
        for row in reports
    ]
    return found


def _erase_acts(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    kept = 0
    for column in (BookingChange.acted_by, Booking.booked_by, FullReport.handled_by):
        kept += session.scalar(select(func.count()).where(column == person.account_id)) or 0
    return Erased(0, kept, _("谁办理了预约和报告是履行职责的凭据，到期随记录一起删除") if kept else "")


def _purge_bookings(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = select(Booking.id).where(Booking.requested_at < before, Booking.state.not_in(OPEN))
    ids = session.scalars(_unheld(old, Booking, held).order_by(Booking.id).limit(most)).all()
    drop_photos(session, SYSTEM, BOOKING, ids, reason=_("保存期满"))
    for child in (BookingPiece, BookingWeight, BookingChange):
        session.execute(delete(child).where(child.booking_id.in_(ids)), execution_options=_PLAIN)
    session.execute(delete(Booking).where(Booking.id.in_(ids)), execution_options=_PLAIN)
    return ids


def _purge_reports(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = select(FullReport.id).where(FullReport.handled_at < before)
    if held:
        # One person's hold keeps the whole report: it is one record.
        kept = or_(FullReportVoice.account_id.in_(held), FullReportVoice.resident_id.in_(held))
        spoken = select(FullReportVoice.full_report_id).where(kept)
        old = old.where(FullReport.community_id.not_in(held), FullReport.id.not_in(spoken))
    ids = session.scalars(old.order_by(FullReport.id).limit(most)).all()
    voices = session.scalars(select(FullReportVoice.id).where(FullReportVoice.full_report_id.in_(ids))).all()
    drop_photos(session, SYSTEM, VOICE, voices, reason=_("保存期满"))
    session.execute(delete(FullReportVoice).where(FullReportVoice.id.in_(voices)), execution_options=_PLAIN)
    session.execute(delete(FullReport).where(FullReport.id.in_(ids)), execution_options=_PLAIN)
    return ids


_PLAIN = {"synchronize_session": False}


def _unheld(statement: Any, model: Any, held: frozenset[UUID]) -> Any:
    if not held:
        return statement
    theirs = (model.account_id, model.resident_id)
    free = (or_(column.is_(None), column.not_in(held)) for column in theirs)
    return statement.where(model.community_id.not_in(held), *free)


def _same(table: Any, column: Any, of: Any) -> ColumnElement[bool]:
    return and_(table.tenant_id == of.tenant_id, table.id == column)


BOOKING_PERSONAL_DATA = (
    PersonalData(
        title="上门回收预约",
        purpose="到您家门口收取大件垃圾、装修垃圾和可回收物",
        basis="履行法定职责",
        export=_export_bookings,
        erase=_erase_bookings,
        tables=("plugin_waste_sorting.booking",),
    ),
    PersonalData(
        title="满桶报告",
        purpose="知道哪里的桶满了，处理以后告诉报告的人",
        basis="履行法定职责",
        export=_export_voices,
        erase=_erase_voices,
        tables=("plugin_waste_sorting.full_report_voice",),
    ),
    PersonalData(
        title="办理预约和满桶报告的记录",
        purpose="记录由谁代为预约、确认、改期、办结和处理",
        basis="履行法定职责",
        export=_export_acts,
        erase=_erase_acts,
        tables=("plugin_waste_sorting.booking_change", "plugin_waste_sorting.full_report"),
    ),
)

BOOKING_DATA_CLASSES = (
    DataClass(
        name="waste_sorting.bookings",
        title="上门回收预约",
        days=365,
        source="最短必要期限（《个人信息保护法》第十九条）；一年为平台建议值，便于核对收费和投诉",
        purge=_purge_bookings,
    ),
    DataClass(
        name="waste_sorting.full_reports",
        title="满桶报告",
        days=365,
        source="最短必要期限（《个人信息保护法》第十九条）；一年为平台建议值",
        purge=_purge_reports,
    ),
)
