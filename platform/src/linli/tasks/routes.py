"""Background work in the JSON API: how a job stands, for its asker and for those who look after the work."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tasks.registry import Tasks
from linli.tasks.repository import JobFilter, find_job, list_jobs_page
from linli.tasks.schedules import run_now, schedule_lines
from linli.tasks.service import JobState, cancel, job_state, replay
from linli.web.results import Page, page_of
from linli.web.routing import get, post

TAGS = ["jobs"]


class JobOut(msgspec.Struct, kw_only=True):
    """A job; ``state`` is behind, queued, running, done, failed, parked or cancelled."""

    id: UUID
    task: str
    state: str
    percent: int
    done: int
    total: int
    note: str
    error: str
    result: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


class ScheduleOut(msgspec.Struct, kw_only=True):
    """A task that runs by itself in the street."""

    task: str
    owner: Annotated[str, Meta(description="`core` or the plugin")]
    title: str
    when: Annotated[str, Meta(description="its schedule in words")]
    next_turn: datetime
    last_state: Annotated[str, Meta(description="how the last turn ended; empty before the first")]
    last_at: datetime | None
    guesses: Annotated[bool, Meta(description="the official calendar of that year is not known yet")]


class RunIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which scheduled task to run now."""

    task: Annotated[str, Meta(min_length=1, max_length=100)]


@get("/jobs", needs="core.job.read", tags=TAGS)
def list_background_jobs(
    session: ScopedSession,
    query: JobFilter,
    sort: Literal["created_at", "-created_at", "finished_at", "-finished_at"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[JobOut]:
    """Background work of this place that was asked for, the newest first."""
    jobs, following = list_jobs_page(session, query, sort=sort, after=after, limit=limit)
    return Page(items=[_out(each) for each in jobs], next=following)


@get("/jobs/{job_id:uuid}", signed_in=True, tags=TAGS)
def show_job(session: ScopedSession, actor: Actor, job_id: UUID) -> JobOut:
    """How a piece of background work stands."""
    job = job_state(session, job_id)
    is_asker = actor.account_id is not None and actor.account_id == job.created_by
    may_look = actor.can("core.audit.read", community_id=job.community_id) or actor.can(
        "core.job.read", community_id=job.community_id
    )
    if not is_asker and not may_look:
        raise NotFound(_("没有找到这项任务"))
    return _out(job)


@post("/jobs/{job_id:uuid}/cancel", needs="core.job.manage", status=200, tags=TAGS)
def cancel_job(session: ScopedSession, actor: Actor, job_id: UUID) -> JobOut:
    """End a job that waits or runs; a running one stops at its next step, and what that step wrote is undone."""
    find_job(session, job_id)
    cancel(session, actor, job_id)
    return _out(job_state(session, job_id))


@post("/jobs/{job_id:uuid}/replay", needs="core.job.manage", status=200, tags=TAGS)
def replay_job(session: ScopedSession, actor: Actor, job_id: UUID) -> JobOut:
    """Begin a parked, failed or cancelled job anew."""
    find_job(session, job_id)
    replay(session, actor, job_id)
    return _out(job_state(session, job_id))


@get("/schedules", needs="core.job.read", tags=TAGS)
def list_schedules(
    session: ScopedSession,
    request: Request,
    after: Annotated[str, Meta(max_length=400)] = "",
    limit: Limit = PAGE,
) -> Page[ScheduleOut]:
    """What runs by itself in the street, the next one first."""
    lines = schedule_lines(session, Tasks.of(request.app.state.site.plugins))
    items = [
        ScheduleOut(
            task=each.task,
            owner=each.owner,
            title=each.title,
            when=each.when,
            next_turn=each.next_turn,
            last_state=each.last_state,
            last_at=each.last_at,
            guesses=each.guesses,
        )
        for each in lines
    ]
    return page_of(items, after, limit, key=lambda each: each.task)


@post("/schedules/run", needs="core.job.manage", status=202, tags=TAGS)
def run_schedule(session: ScopedSession, actor: Actor, request: Request, data: RunIn) -> JobOut:
    """Have a scheduled task done now, beside its turns; while that waits or runs, the same job is the answer."""
    job_id = run_now(session, actor, Tasks.of(request.app.state.site.plugins), data.task)
    return _out(job_state(session, job_id))


def _out(job: JobState) -> JobOut:
    return JobOut(
        id=job.id,
        task=job.task,
        state=job.state,
        percent=job.percent,
        done=job.done,
        total=job.total,
        note=job.note,
        error=job.error if job.state == "failed" else "",
        result=dict(job.result) if job.result is not None else None,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


community_api = [list_background_jobs, show_job, cancel_job, replay_job]
street_api = [*community_api, list_schedules, run_schedule]
