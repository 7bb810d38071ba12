"""Who reads the files of an objection and of its answer: those who filed it and the staff who work on it."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.sdk import Actor, ScopedSession, StoredFile, file_reader, is_enabled
from linli_notices.objections.answering import may
from linli_notices.objections.models import Objection
from linli_notices.objections.permissions import READ_OBJECTIONS


@file_reader("notices", "objection")
@file_reader("notices", "objection_answer")
def may_read_file(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """A scan shows a name and a hand: other readers of the notice never get it."""
    session = cast(ScopedSession, unit)
    row = session.scalar(select(Objection).where(Objection.id == file.subject_id)) if file.subject_id else None
    if row is None or not is_enabled(session, "notices", community_id=row.community_id):
        return False
    is_own = row.resident_id in actor.resident_ids or (
        actor.account_id is not None and row.account_id == actor.account_id
    )
    return is_own or may(actor, row, READ_OBJECTIONS)
