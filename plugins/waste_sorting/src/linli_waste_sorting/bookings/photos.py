"""Who may look at the photos of bookings and reports."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.sdk import Actor, ScopedSession, StoredFile, file_reader, is_enabled
from linli_waste_sorting.bookings.models import Booking, FullReport, FullReportVoice
from linli_waste_sorting.bookings.permissions import READ_BOOKINGS, READ_REPORTS

BOOKING, VOICE = "booking", "full_report_voice"


@file_reader("waste_sorting", BOOKING)
def may_see_booking(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Whose booking it is, and the staff who work on it: a photo may show somebody's home."""
    session = cast(ScopedSession, unit)
    row = session.scalar(select(Booking).where(Booking.id == file.subject_id)) if file.subject_id else None
    if row is None or not is_enabled(session, "waste_sorting", community_id=row.community_id):
        return False
    where = {"community_id": row.community_id, "compound_id": row.compound_id, "building_id": row.building_id}
    is_account = actor.account_id is not None and row.account_id == actor.account_id
    is_own = is_account or (row.resident_id is not None and row.resident_id in actor.resident_ids)
    return is_own or actor.can(READ_BOOKINGS, **where)


@file_reader("waste_sorting", VOICE)
def may_see_report(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Whoever sent it, and the staff who see to the bins."""
    session = cast(ScopedSession, unit)
    found = session.execute(
        select(FullReportVoice.account_id, FullReport.community_id, FullReport.compound_id)
        .join(FullReport, FullReport.id == FullReportVoice.full_report_id)
        .where(FullReportVoice.id == file.subject_id)
    ).first()
    if found is None or not is_enabled(session, "waste_sorting", community_id=found.community_id):
        return False
    is_own = actor.account_id is not None and found.account_id == actor.account_id
    return is_own or actor.can(READ_REPORTS, community_id=found.community_id, compound_id=found.compound_id)
