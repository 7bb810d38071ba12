"""What background work leaves behind, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from linli.db.session import ScopedSession
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData
from linli.tasks.models import Job


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    jobs = session.scalars(select(Job).where(Job.created_by == person.account_id).order_by(Job.created_at.desc()))
    return [{"at": job.created_at, "task": job.task, "state": job.state} for job in jobs]


def _erase(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    nameless = update(Job).where(Job.created_by == person.account_id).values(created_by=None, created_by_name="")
    return Erased(len(session.scalars(nameless.returning(Job.id)).all()))


def _purge(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    ended = (
        select(Job.id)
        .where(
            Job.state.in_(("done", "failed", "cancelled")),
            Job.finished_at < before,
            # Deliveries go with their event.
            Job.event_id.is_(None),
            or_(Job.created_by.is_(None), Job.created_by.not_in(held)),
            or_(Job.community_id.is_(None), Job.community_id.not_in(held)),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(delete(Job).where(Job.id.in_(ended)).returning(Job.id)).all()


PERSONAL_DATA = (
    PersonalData(
        title="后台任务",
        purpose="知道是谁要求的导入、导出等后台任务，便于查询进度。",
        basis="履行合同所必需（个人信息保护法 第十三条）",
        export=_export,
        erase=_erase,
    ),
)
DATA_CLASSES = (
    DataClass(
        name="core.finished_jobs",
        title="已结束的后台任务",
        days=180,
        source="只为查询进度和排查故障保留（个人信息保护法 第十九条）",
        purge=_purge,
    ),
)
