"""What the plugin keeps about people: which notices they have read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from linli.sdk import DataClass, Erased, Person, PersonalData, ScopedSession
from linli_notices.models import Notice, NoticeRead


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rows = session.execute(
        select(Notice.title, NoticeRead.read_at)
        .join(NoticeRead, NoticeRead.notice_id == Notice.id)
        .where(NoticeRead.account_id == person.account_id)
        .order_by(NoticeRead.read_at.desc())
    )
    return [{"title": title, "read_at": read_at} for title, read_at in rows]


def _erase(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    gone = delete(NoticeRead).where(NoticeRead.account_id == person.account_id).returning(NoticeRead.id)
    return Erased(len(session.scalars(gone).all()))


def _purge(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = (
        select(NoticeRead.id)
        .where(NoticeRead.read_at < before, NoticeRead.account_id.not_in(held), NoticeRead.community_id.not_in(held))
        .limit(limit)
    )
    return session.scalars(delete(NoticeRead).where(NoticeRead.id.in_(old)).returning(NoticeRead.id)).all()


PERSONAL_DATA = (
    PersonalData(
        title="看过的公告",
        purpose="知道公告送达了多少人。",
        basis="履行法定职责（个人信息保护法 第十三条）",
        export=_export,
        erase=_erase,
        tables=("plugin_notices.notice_read",),
    ),
)
DATA_CLASSES = (
    DataClass(
        name="notices.readings",
        title="谁看过公告",
        days=1096,
        source="公示的送达情况要能核对；阅读人数另行保存（个人信息保护法 第十九条）",
        purge=_purge,
    ),
)
