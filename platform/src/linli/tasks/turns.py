"""Work that comes round: the next turn of each schedule is a waiting job in every street, planned anew at its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from linli.db.session import Database, ScopedSession
from linli.kit.clock import SHANGHAI, now
from linli.kit.ids import new_id
from linli.kit.scope import Scope
from linli.plugins.schedules import IsWorkday
from linli.tasks.bells import ring
from linli.tasks.models import Job
from linli.tasks.registry import Task, Tasks
from linli.tenancy.models import Tenant
from linli.tenancy.workdays import workday_rule

_KNOWN = text("SELECT plugin FROM core.plugin_allowance")
#: How far ahead a turn can lie: a working day of the month after next.
_AHEAD = timedelta(days=100)


def turn_key(task_name: str) -> str:
    """The key under which a task's next turn waits, one in each street."""
    return f"daily:{task_name}"


def calendar_here(session: ScopedSession) -> IsWorkday:
    """The calendar for the turns that come next."""
    first = now().astimezone(SHANGHAI).date().replace(day=1)
    return workday_rule(session, first, first + _AHEAD)


def turn_of(task: Task, after: datetime, is_workday: IsWorkday) -> datetime | None:
    """When a task's next turn is; ``None`` for work that somebody asks for."""
    return None if task.schedule is None else task.schedule.next_turn(after, is_workday)


def plan_turns(database: Database, tasks: Tasks, tenants: Iterable[UUID] | None = None) -> int:
    """Have each task that comes round wait for its next turn; may be done by any number of processes at once.

    A turn that is overdue stays as it is and is taken once. Where a schedule or the calendar has changed, the waiting
    turn moves.

    Args:
        database: the runtime role's door.
        tasks: what this process can do.
        tenants: for these streets only; for every active one where none are named.

    Returns:
        How many turns were planned or moved.
    """
    scheduled = tasks.scheduled
    if not scheduled:
        return 0
    if tenants is None:
        with database.open_transaction() as connection:
            tenants = list(connection.scalars(select(Tenant.id).where(Tenant.status == "active")))
    return sum(_plan(database, scheduled, tenant_id) for tenant_id in tenants)


def allowed_owners(session: ScopedSession) -> set[str]:
    """Whose schedules run in this street."""
    return {"core", *session.scalars(_KNOWN)}


def _plan(database: Database, scheduled: tuple[Task, ...], tenant_id: UUID) -> int:
    with database.unit_of_work(Scope.of_street(tenant_id)) as session:
        allowed, calendar = allowed_owners(session), calendar_here(session)
        waiting = _waiting(session, scheduled)
        return sum(
            _plan_one(session, each, waiting.get(turn_key(each.name)), calendar)
            for each in scheduled
            if each.owner in allowed
        )


def _waiting(session: ScopedSession, scheduled: tuple[Task, ...]) -> dict[str, Any]:
    keys = [turn_key(each.name) for each in scheduled]
    rows = session.execute(
        select(Job.id, Job.dedup_key, Job.state, Job.run_after, Job.turn).where(
            Job.dedup_key.in_(keys), Job.community_id.is_(None)
        )
    )
    return {row.dedup_key: row for row in rows}


def _plan_one(session: ScopedSession, task: Task, waiting: Any, calendar: IsWorkday) -> int:
    turn = turn_of(task, now(), calendar)
    if turn is None:
        return 0
    if waiting is None:
        # Taken already, by a process whose clock is ahead of ours, say: then the one after it is next.
        return _insert(session, task, turn) or _insert(session, task, turn_of(task, turn, calendar) or turn)
    is_ahead = waiting.state == "queued" and waiting.turn is not None and waiting.run_after > now()
    if is_ahead and waiting.turn != turn and waiting.run_after == waiting.turn:
        taken = select(Job.id).where(Job.task == task.name, Job.turn == turn, Job.community_id.is_(None)).exists()
        moved = session.scalar(
            update(Job)
            .where(Job.id == waiting.id, Job.state == "queued", ~taken)
            .values(turn=turn, run_after=turn, queue=task.queue)
            .returning(Job.id),
            execution_options={"synchronize_session": False},
        )
        if moved is not None:
            ring(session, moved, task.queue, turn)
            return 1
    return 0


def _insert(session: ScopedSession, task: Task, turn: datetime) -> int:
    job_id = new_id()
    made = insert(Job).values(
        id=job_id,
        task=task.name,
        owner=task.owner,
        queue=task.queue,
        dedup_key=turn_key(task.name),
        turn=turn,
        run_after=turn,
        created_by_name=session.actor.display_name,
    )
    if session.scalar(made.on_conflict_do_nothing().returning(Job.id)) is None:
        return 0
    ring(session, job_id, task.queue, turn)
    return 1


def last_turns(session: ScopedSession) -> dict[str, Any]:
    """For each task that has had a turn here, the last job of it that is over."""
    rows = session.execute(
        select(Job.task, Job.id, Job.state, Job.finished_at)
        .where(Job.turn.is_not(None), Job.finished_at.is_not(None))
        .ext(distinct_on(Job.task))
        .order_by(Job.task, Job.turn.desc())
    )
    return {row.task: row for row in rows}


def next_turns(session: ScopedSession) -> dict[str, datetime]:
    """When the waiting turn of each task is due."""
    rows = session.execute(
        select(Job.task, func.min(Job.run_after).label("due"))
        .where(Job.turn.is_not(None), Job.state == "queued")
        .group_by(Job.task)
    )
    return {row.task: row.due for row in rows}
