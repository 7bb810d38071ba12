"""For how long it is kept what was sent to apps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select

from linli.apps.models import AppAttempt
from linli.db.session import ScopedSession
from linli.plugins.contributions import DataClass


def _purge(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    old = (
        select(AppAttempt.id)
        .where(
            AppAttempt.created_at < before,
            or_(AppAttempt.community_id.is_(None), AppAttempt.community_id.not_in(held)),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(delete(AppAttempt).where(AppAttempt.id.in_(old)).returning(AppAttempt.id)).all()


DATA_CLASSES = (
    DataClass(
        name="core.app_attempts",
        title="给外部应用的投递记录",
        days=30,
        source="只为排查没有送到的原因保留，不含送出的内容（个人信息保护法 第十九条）",
        purge=_purge,
    ),
)
