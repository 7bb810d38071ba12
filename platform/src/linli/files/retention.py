"""What is kept about files, for how long, and which of it is a person's: for the retention part to collect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select

from linli.db.session import ScopedSession
from linli.files.models import StoredFile
from linli.files.service import let_go
from linli.kit.text import gettext as _
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData


def purge_removed(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    """Delete the rows of files whose bytes went before this moment, at most so many; the ids of those that went."""
    doomed = (
        select(StoredFile.id)
        .where(StoredFile.removed_at < before, _is_free_of(held))
        .order_by(StoredFile.removed_at, StoredFile.id)
        .limit(limit)
    )
    return _delete(session, doomed)


def _is_free_of(held: frozenset[UUID]) -> Any:
    if not held:
        return StoredFile.id.is_not(None)
    return and_(
        or_(StoredFile.created_by.is_(None), StoredFile.created_by.not_in(held)),
        or_(StoredFile.subject_id.is_(None), StoredFile.subject_id.not_in(held)),
        or_(StoredFile.community_id.is_(None), StoredFile.community_id.not_in(held)),
    )


def _delete(session: ScopedSession, doomed: Any) -> Sequence[UUID]:
    gone = session.scalars(
        delete(StoredFile).where(StoredFile.id.in_(doomed)).returning(StoredFile.id),
        execution_options={"synchronize_session": False},
    )
    return gone.all()


def export_files(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    """What the person has uploaded, the newest first; the content is fetched at the file's own address."""
    if person.account_id is None:
        return []
    files = session.scalars(
        select(StoredFile)
        .where(StoredFile.created_by == person.account_id)
        .order_by(StoredFile.created_at.desc(), StoredFile.id)
    )
    return [
        {
            "id": str(file.id),
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "sha256": file.sha256.hex(),
            "belongs_to": f"{file.owner}.{file.subject_type}" if file.subject_type else "",
            "created_at": file.created_at.isoformat(),
            "removed_at": file.removed_at.isoformat() if file.removed_at else None,
        }
        for file in files
    ]


def erase_files(session: ScopedSession, person: Person) -> Erased:
    """Let go of what the person has uploaded for themselves; what belongs to a record goes with that record."""
    if person.account_id is None:
        return Erased(removed=0)
    theirs = and_(StoredFile.created_by == person.account_id, StoredFile.removed_at.is_(None))
    own = session.scalars(select(StoredFile).where(theirs, StoredFile.subject_type == "")).all()
    for file in own:
        let_go(session, file, "core.file.erase", reason=_("本人要求删除"))
        # The name may tell something of the person too.
        file.name = "-"
        file.created_by = None
    session.flush()
    kept = session.scalar(select(func.count()).select_from(StoredFile).where(theirs)) or 0
    reason = _("属于公告等记录的附件，随该记录保存") if kept else ""
    return Erased(removed=len(own), kept=kept, reason=reason)


DATA_CLASSES = (
    DataClass(
        name="core.removed_files",
        title="已删除或已到期附件的登记（内容已不在）",
        days=365,
        least_days=180,
        source="网络安全法第二十一条：网络日志留存不少于六个月；登记只说明曾有过什么文件，由谁删除",
        purge=purge_removed,
    ),
)

PERSONAL_DATA = (
    PersonalData(
        title="本人上传的附件",
        purpose="办理本人提交的事项，公示所附材料",
        basis="履行法定职责",
        export=export_files,
        erase=erase_files,
    ),
)
