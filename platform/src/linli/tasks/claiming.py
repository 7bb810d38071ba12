"""Taking a job from the table: one process gets it, for the time of its lease, and every try is counted before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from linli.tasks.models import Job
from linli.tasks.registry import LEASE, Tasks
from linli.tasks.run import ClaimedJob


def claim(
    session: Session, tasks: Tasks, queue: str, after_owner: str | None = None, without: Sequence[str] = ()
) -> ClaimedJob | None:
    """Take the job whose turn it is in this street; ``None`` where none is due.

    Args:
        session: of the street.
        tasks: for the lease of each.
        queue: whose jobs.
        after_owner: who was served last: the owners take turns, so that one with a thousand jobs keeps no other
            waiting.
        without: owners that have their share of the processes already.
    """
    waiting = (Job.state == "queued") & (Job.run_after <= func.clock_timestamp())
    abandoned = (Job.state == "running") & (Job.leased_until <= func.clock_timestamp())
    # What took its process down goes behind those that wait: it may do so again.
    since = func.coalesce(Job.leased_until, Job.run_after)
    turns: list[Any] = [] if after_owner is None else [Job.owner <= after_owner, Job.owner]
    due = (
        select(Job.id)
        .where(Job.queue == queue, or_(waiting, abandoned), *([Job.owner.not_in(without)] if without else []))
        .order_by(*turns, since, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = session.execute(
        update(Job)
        .where(Job.id == due)
        .values(
            state="running",
            # Counted before it runs: what kills its process does so five times at most.
            attempts=Job.attempts + 1,
            leased_until=in_seconds(case(tasks.leases(), value=Job.task, else_=LEASE)),
        )
        .returning(
            Job.id,
            Job.community_id,
            Job.task,
            Job.owner,
            Job.args,
            Job.attempts,
            Job.max_attempts,
            Job.done,
            Job.total,
            Job.created_by,
            Job.created_by_name,
            Job.queue,
            Job.lane_id,
            Job.consumer,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else ClaimedJob(*row)


def park_the_exhausted(session: Session) -> list[UUID]:
    """Set aside the jobs whose process died in their last try; returns their ids."""
    parked = session.scalars(
        update(Job)
        .where(
            Job.state == "running",
            Job.leased_until <= func.clock_timestamp(),
            Job.attempts >= Job.max_attempts,
        )
        .values(**over("parked", error="the process died"), leased_until=None)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return list(parked)


def over(state: str, **values: Any) -> dict[str, Any]:
    """The columns of a job that has ended."""
    return {"error": "", **values, "state": state, "dedup_key": None, "finished_at": func.clock_timestamp()}


def in_seconds(seconds: Any) -> Any:
    """So long after now, by the database's clock."""
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
