"""What the plugin keeps about people: who drafted, and who confirmed having read; given out and erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update

from linli.sdk import DataClass, Erased, Person, PersonalData, ScopedSession
from linli_notices.models import Notice, NoticeChannel, NoticeRead, NoticeTemplate
from linli_notices.objections.personal import PERSONAL_DATA as OBJECTIONS

#: Entries of each kind that one export holds.
_MOST = 5000
_KEPT = "发布过的公告是公开的记录，起草人和办理人随存档保留"
_NOBODY = "（已删除）"


def _export_readings(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rows = session.execute(
        select(Notice.title, NoticeRead.read_at)
        .join(Notice, (Notice.tenant_id == NoticeRead.tenant_id) & (Notice.id == NoticeRead.notice_id))
        .where(NoticeRead.account_id == person.account_id)
        .order_by(NoticeRead.read_at.desc())
        .limit(_MOST)
    )
    return [{"notice": row.title, "read_at": row.read_at.isoformat()} for row in rows]


def _erase_readings(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    # The number of readers stays: it names nobody.
    gone = session.execute(
        delete(NoticeRead).where(NoticeRead.account_id == person.account_id).returning(NoticeRead.id)
    ).all()
    return Erased(len(gone))


def _export_writings(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    notices = session.execute(
        select(Notice.title, Notice.state, Notice.created_at, Notice.author_name)
        .where(Notice.created_by == person.account_id)
        .order_by(Notice.id.desc())
        .limit(_MOST)
    )
    found: list[Mapping[str, Any]] = [
        {"notice": row.title, "state": row.state, "drafted_at": row.created_at.isoformat(), "name": row.author_name}
        for row in notices
    ]
    templates = session.execute(
        select(NoticeTemplate.name, NoticeTemplate.created_at, NoticeTemplate.author_name)
        .where(NoticeTemplate.created_by == person.account_id)
        .order_by(NoticeTemplate.id.desc())
        .limit(_MOST)
    )
    found += [
        {"template": row.name, "written_at": row.created_at.isoformat(), "name": row.author_name} for row in templates
    ]
    channels = session.execute(
        select(NoticeChannel.place, NoticeChannel.created_at, NoticeChannel.recorded_by_name)
        .where(NoticeChannel.recorded_by == person.account_id)
        .order_by(NoticeChannel.id.desc())
        .limit(_MOST)
    )
    found += [
        {"channel": row.place, "recorded_at": row.created_at.isoformat(), "name": row.recorded_by_name}
        for row in channels
    ]
    return found


def _erase_writings(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    removed = 0
    for model in (Notice, NoticeTemplate):
        mine = [model.created_by == person.account_id]
        if model is Notice:
            mine.append(Notice.state == "draft")
        nameless = {"created_by": None, "author_name": _NOBODY}
        changed = session.execute(
            update(model).where(*mine).values(**nameless).returning(model.id),
            execution_options={"synchronize_session": False},
        ).all()
        removed += len(changed)
    kept = session.scalar(select(func.count()).where(Notice.created_by == person.account_id)) or 0
    kept += session.scalar(select(func.count()).where(NoticeChannel.recorded_by == person.account_id)) or 0
    return Erased(removed, kept, _KEPT if kept else "")


def _purge_readings(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = select(NoticeRead.tenant_id, NoticeRead.id).where(NoticeRead.read_at < before).limit(most)
    if held:
        old = old.where(NoticeRead.account_id.not_in(held), NoticeRead.community_id.not_in(held))
    gone = delete(NoticeRead).where(tuple_(NoticeRead.tenant_id, NoticeRead.id).in_(old)).returning(NoticeRead.id)
    return session.scalars(gone, execution_options={"synchronize_session": False}).all()


PERSONAL_DATA = (
    *OBJECTIONS,
    PersonalData(
        title="公告阅读记录",
        purpose="统计公告的阅读人数，确认重要事项已经告知",
        basis="履行法定职责",
        export=_export_readings,
        erase=_erase_readings,
        tables=("plugin_notices.notice_read",),
    ),
    PersonalData(
        title="起草和办理公告的记录",
        purpose="记录公告由谁起草、由谁告知居民",
        basis="履行法定职责",
        export=_export_writings,
        erase=_erase_writings,
        tables=("plugin_notices.notice", "plugin_notices.notice_template", "plugin_notices.notice_channel"),
    ),
)

DATA_CLASSES = (
    DataClass(
        name="notices.readings",
        title="公告阅读记录",
        days=730,
        source="最短必要期限（《个人信息保护法》第十九条）；两年为平台建议值，阅读人数不随之删除",
        purge=_purge_readings,
    ),
)
