"""Who may look at the photos of activities."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.sdk import Actor, ScopedSession, StoredFile, file_reader, is_enabled
from linli_waste_sorting.instructors.models import Publicity
from linli_waste_sorting.instructors.permissions import READ_INSTRUCTORS, VIEW_INSTRUCTORS

PUBLICITY = "publicity"


@file_reader("waste_sorting", PUBLICITY)
def may_read_publicity(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Whoever reads of the activity: staff, and residents unless it was struck out."""
    session = cast(ScopedSession, unit)
    row = session.scalar(select(Publicity).where(Publicity.id == file.subject_id)) if file.subject_id else None
    if row is None or not is_enabled(session, "waste_sorting", community_id=row.community_id):
        return False
    if actor.can(READ_INSTRUCTORS, community_id=row.community_id):
        return True
    is_theirs = any(each.community_id in (None, row.community_id) for each in actor.grants_for(VIEW_INSTRUCTORS))
    return is_theirs and row.struck_at is None
