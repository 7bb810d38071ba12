"""Asking for background work and looking after it. A job is a row: it begins when its asker's transaction commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from linli.audit import record
from linli.kit.actor import Actor
from linli.kit.errors import Conflict, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.tasks.bells import ring
from linli.tasks.lanes import hold_lane, let_next, waits_behind
from linli.tasks.models import Job
from linli.tasks.registry import queue_of

WAITING = ("behind", "queued", "running")
PAGE = 50


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as its asker sees it.

    Attributes:
        state: ``queued``, ``running``, ``done``; ``failed`` when it ended with a message for the asker, ``parked`` when
            it ended after the last try and an operator must look, ``cancelled``; ``behind`` while one before it in its
            lane is not over.
        done: steps taken, of ``total``; 0 of 0 while nothing is known.
        error: in words for people when ``failed``; the kind of the fault otherwise.
        attempts: how often it was begun.
    """

    id: UUID
    task: str
    owner: str
    community_id: UUID | None
    state: str
    done: int
    total: int
    note: str
    result: Mapping[str, Any] | None
    error: str
    attempts: int
    created_by: UUID | None
    created_by_name: str
    created_at: datetime
    finished_at: datetime | None
    queue: str = "default"
    run_after: datetime | None = None
    max_attempts: int = 5
    turn: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state not in WAITING

    @property
    def percent(self) -> int:
        """Whole percents, 0 to 100; a finished job has 100."""
        if self.state == "done":
            return 100
        return min(self.done * 100 // self.total, 99) if self.total > 0 else 0


def enqueue(
    session: Session,
    task_name: str,
    args: Mapping[str, Any] | None = None,
    *,
    owner: str = "core",
    community_id: UUID | None = None,
    dedup_key: str | None = None,
    total: int = 0,
    max_attempts: int = 5,
    run_after: datetime | None = None,
) -> UUID:
    """Ask for background work on behalf of the session's actor; it begins after the commit, never after a rollback.

    Args:
        session: a unit of work of the place the work is for.
        task_name: ``<owner>.<verb>_<noun>``.
        args: JSON values; never personal data in clear.
        owner: ``core`` or the plugin, whose gate is asked again when the job runs.
        community_id: the scope's only community unless named; ``None`` in a street's scope is the whole street.
        dedup_key: while a job of this key waits or runs in the same place, that job is the answer: a second click
            starts nothing.
        total: steps, for the progress bar, where they are known already.
        max_attempts: tries before the job is parked.
        run_after: not before this moment.

    Returns:
        The job's id.

    Raises:
        ValueError: the task does not carry its owner's name.
    """
    if not task_name.startswith(f"{owner}."):
        raise ValueError(f"{task_name} is not a task of {owner}")
    actor: Actor = session.info["actor"]
    queue = queue_of(task_name)
    values: dict[str, Any] = {
        "community_id": community_id or session.info["scope"].community_id,
        "task": task_name,
        "owner": owner,
        "args": dict(args or {}),
        "queue": queue,
        "dedup_key": dedup_key,
        "total": total,
        "max_attempts": max_attempts,
        "created_by": actor.account_id,
        "created_by_name": actor.display_name,
    }
    if run_after is not None:
        values["run_after"] = run_after
    job_id = _insert(session, values)
    ring(session, job_id, queue, run_after)
    return job_id


def job_state(session: Session, job_id: UUID) -> JobState:
    """How a job stands.

    Raises:
        NotFound: there is none in this scope.
    """
    return state_of(_get(session, job_id))


def list_jobs(
    session: Session, *, states: Sequence[str] = (), after: tuple[datetime, UUID] | None = None
) -> list[JobState]:
    """The newest jobs of this scope first, at most fifty; the next page follows ``(created_at, id)`` of the last."""
    statement = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(PAGE)
    if states:
        statement = statement.where(Job.state.in_(states))
    if after is not None:
        statement = statement.where(tuple_(Job.created_at, Job.id) < after)
    return [state_of(job) for job in session.scalars(statement)]


def cancel(session: Session, actor: Actor, job_id: UUID, *, reason: str = "") -> None:  # noqa: ARG001 services name who acts
    """End a job that waits or runs; a running one stops at its next step, and what that step wrote is undone.

    A delivery of an event may be given up while it is parked, too; the next one of its lane then begins.

    Args:
        session: of the job's place.
        actor: who ends it.
        job_id: which.
        reason: kept with the job and in the record.

    Raises:
        NotFound: there is none in this scope.
        Conflict: it has ended already.
    """
    job = _get(session, job_id)
    if job.lane_id is not None:
        hold_lane(session, job.lane_id)
    states = WAITING if job.lane_id is None else (*WAITING, "parked")
    ended: dict[str, Any] = {"leased_until": None, "dedup_key": None, "finished_at": func.clock_timestamp()}
    if reason:
        ended["note"] = reason
    _end_or_begin(session, job, states, {"state": "cancelled", **ended})
    if job.lane_id is not None and job.consumer is not None:
        following = let_next(session, job.lane_id, job.consumer)
        if following is not None:
            ring(session, following, job.queue, None)
    _record(session, "core.job.cancel", job, reason)


def replay(session: Session, actor: Actor, job_id: UUID) -> None:  # noqa: ARG001 services name who acts
    """Let a parked, failed or cancelled job begin anew, with all its tries.

    A delivery that was given up waits until no other of its lane is under way.

    Raises:
        NotFound: there is none in this scope.
        Conflict: it waits, runs or is done.
    """
    job = _get(session, job_id)
    begun: dict[str, Any] = {
        "state": "queued",
        "attempts": 0,
        "error": "",
        "note": "",
        "finished_at": None,
        "run_after": func.clock_timestamp(),
    }
    if job.lane_id is not None and job.consumer is not None:
        hold_lane(session, job.lane_id)
        session.refresh(job)
        if job.state != "parked" and waits_behind(session, job.lane_id, job.consumer):
            begun["state"] = "behind"
    _end_or_begin(session, job, ("parked", "failed", "cancelled"), begun)
    if begun["state"] == "queued":
        ring(session, job.id, job.queue, None)
    _record(session, "core.job.replay", job)


def _insert(session: Session, values: dict[str, Any]) -> UUID:
    for _try in range(3):
        job_id = new_id()
        statement = insert(Job).values(id=job_id, **values).on_conflict_do_nothing().returning(Job.id)
        if session.scalar(statement) is not None:
            return job_id
        same = select(Job.id).where(
            Job.dedup_key == values["dedup_key"], Job.community_id.is_not_distinct_from(values["community_id"])
        )
        if (waiting := session.scalar(same)) is not None:
            return waiting
        # The other one ended between the two statements: its key is free again.
    raise Conflict


def _get(session: Session, job_id: UUID) -> Job:
    job = session.scalar(select(Job).where(Job.id == job_id).execution_options(populate_existing=True))
    if job is None:
        raise NotFound(_("没有找到这项任务"))
    return job


def _end_or_begin(session: Session, job: Job, states: Sequence[str], values: dict[str, Any]) -> None:
    # Judged by the row as it is now: a runner may have moved it since it was read.
    changed = session.execute(
        update(Job).where(Job.id == job.id, Job.state.in_(states)).values(**values).returning(Job.id),
        execution_options={"synchronize_session": False},
    ).first()
    if changed is None:
        _ended()
    session.expire(job)


def _ended() -> NoReturn:
    raise Conflict(_("这项任务的状态已经改变，请刷新后重试"))


def _record(session: Session, action: str, job: Job, reason: str = "") -> None:
    record(session, action, ("job", job.id), community_id=job.community_id, after={"task": job.task}, reason=reason)


def state_of(job: Job) -> JobState:
    """The row as people see it."""
    return JobState(
        id=job.id,
        task=job.task,
        owner=job.owner,
        community_id=job.community_id,
        state=job.state,
        done=job.done,
        total=job.total,
        note=job.note,
        result=job.result,
        error=job.error,
        attempts=job.attempts,
        created_by=job.created_by,
        created_by_name=job.created_by_name,
        created_at=job.created_at,
        finished_at=job.finished_at,
        queue=job.queue,
        run_after=job.run_after,
        max_attempts=job.max_attempts,
        turn=job.turn,
    )
