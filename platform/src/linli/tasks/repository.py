"""Reading jobs for people: lists, page by page, and what waits for whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from linli.db.session import ScopedSession
from linli.kit.clock import now
from linli.kit.cursor import PAGE, decode_moment, encode_moment
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


def list_jobs_page(
    session: ScopedSession, query: JobFilter, *, after: str = "", limit: int = PAGE
) -> tuple[list[JobState], str | None]:
    """Jobs of this place that somebody asked for or whose time has come, the newest first.

    Turns of schedules that are still to come and deliveries of events have lists of their own.

    Raises:
        Invalid: ``after`` was not made here.
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
    if after:
        statement = statement.where(tuple_(Job.created_at, Job.id) < decode_moment(after))
    rows = list(session.scalars(statement.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)))
    shown = rows[:limit]
    following = encode_moment(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None
    return [state_of(each) for each in shown], following


def find_job(session: ScopedSession, job_id: UUID) -> JobState:
    """One job of this place.

    Raises:
        NotFound: there is none here; a community does not see the street's own.
    """
    row = session.scalar(select(Job).where(and_(Job.id == job_id, *_here(session))))
    if row is None:
        raise NotFound(_("没有找到这项任务"))
    return state_of(row)


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
