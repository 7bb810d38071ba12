"""Reading jobs for people: lists, page by page, and what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import ColumnElement, and_, or_, select

from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession
from linli.kit.clock import now
from linli.kit.cursor import PAGE
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tasks.models import Job
from linli.tasks.service import WAITING, JobState, state_of

#: States by which people look for jobs.
Box = Literal["", "open", "done", "failed", "cancelled"]
_BOXES = {"open": WAITING, "done": ("done",), "failed": ("failed", "parked"), "cancelled": ("cancelled",)}


class JobFilter(Struct, kw_only=True):
    """Which jobs are wanted; what is left out does not narrow."""

    state: Annotated[Box, Meta(description="`open` waits or runs; `failed` was refused or came to a stop")] = ""
    task: Annotated[str, Meta(max_length=100, description="the kind of work, as `task` of a job")] = ""
    community_id: Annotated[UUID | None, Meta(description="of the jobs of the whole street, one community's")] = None


#: The orders of the list.
JOBS = {
    "created_at": Order(Job.created_at, lambda row: row[0].created_at),
    "finished_at": Order(Job.finished_at, lambda row: row[0].finished_at, is_nullable=True),
}


def list_jobs_page(
    session: ScopedSession, query: JobFilter, *, sort: str = "-created_at", after: str = "", limit: int = PAGE
) -> tuple[list[JobState], str | None]:
    """Jobs of this place that somebody asked for or whose time has come, the newest first where nothing else is said.

    Turns of schedules that are still to come and deliveries of events have lists of their own.

    Raises:
        Invalid: the list has no such order, or ``after`` was not made here.
    """
    statement = select(Job).where(
        Job.event_id.is_(None),
        or_(Job.turn.is_(None), Job.state != "queued", Job.attempts > 0),
        *_here(session),
    )
    if query.state:
        statement = statement.where(Job.state.in_(_BOXES[query.state]))
    if query.task:
        statement = statement.where(Job.task == query.task)
    if query.community_id is not None:
        statement = statement.where(Job.community_id == query.community_id)
    rows, following = sorted_rows(session, statement, Job.id, JOBS, sort, after=after, limit=limit)
    return [state_of(each) for each in rows], following


def find_job(session: ScopedSession, job_id: UUID) -> JobState:
    """One job of this place.

    Raises:
        NotFound: there is none here; a community does not see the street's own.
    """
    row = session.scalar(select(Job).where(and_(Job.id == job_id, *_here(session))))
    if row is None:
        raise NotFound(_("没有找到这项任务"))
    return state_of(row)


def find_jobs(session: ScopedSession, job_ids: Sequence[UUID]) -> list[JobState]:
    """Those of these jobs that are of this place."""
    rows = session.scalars(select(Job).where(Job.id.in_(job_ids), Job.event_id.is_(None), *_here(session)))
    return [state_of(each) for each in rows]


def has_open_jobs(jobs: list[JobState]) -> bool:
    """Whether something in a list moves by itself so soon that one waits for it."""
    soon = now() + timedelta(minutes=1)
    return any(each.state == "running" or (each.state == "queued" and _is_before(each, soon)) for each in jobs)


def _is_before(job: JobState, moment: datetime) -> bool:
    return job.run_after is None or job.run_after <= moment


def _here(session: ScopedSession) -> list[ColumnElement[bool]]:
    # The wall lets a community read the street's rows; its list of jobs is its own all the same.
    community_id = session.scope.community_id
    return [] if community_id is None else [Job.community_id == community_id]
