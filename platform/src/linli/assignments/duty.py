"""A street's tasks as a duty of communities: given is the occasion, reported is the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from linli.assignments.models import Assignment
from linli.assignments.service import WITHIN
from linli.db.session import ScopedSession
from linli.plugins.obligations import Evidence, Obligation, Occasion, Span


def _given(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Occasion]:
    rows = session.scalars(
        select(Assignment).where(
            Assignment.community_id.in_(places),
            Assignment.assigned_on >= span.first,
            Assignment.assigned_on <= span.last,
            Assignment.withdrawn_at.is_(None),
        )
    )
    return [
        Occasion(place=row.community_id, key=str(row.id), day=row.assigned_on, title=row.title, due_on=row.due_on)
        for row in rows
    ]


def _reported(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    rows = session.scalars(
        select(Assignment).where(
            Assignment.community_id.in_(places), Assignment.done_on >= span.first, Assignment.done_on <= span.last
        )
    )
    return [
        Evidence(
            place=row.community_id,
            when=row.done_on,
            title=row.title,
            path=f"tasks/{row.id}",
            about=row.assigned_on,
            occasion=str(row.id),
        )
        for row in rows
        if row.done_on is not None
    ]


TASKS = Obligation(
    name="core.street_tasks",
    title="街道下发的任务",
    rhythm="after",
    within=WITHIN,
    occasions=_given,
    evidence=_reported,
    level="community",
    help="在最晚日期以前写明做了什么，报告办结。",
    order=10,
)
