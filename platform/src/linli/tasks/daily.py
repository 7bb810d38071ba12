"""Work that comes round daily or hourly: its next turn is a waiting job in every street, planned anew at its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select, text

from linli.db.session import Database
from linli.kit.clock import SHANGHAI, now
from linli.kit.scope import Scope
from linli.tasks.registry import Task, Tasks
from linli.tasks.service import enqueue
from linli.tenancy.models import Tenant

_KNOWN = text("SELECT plugin FROM core.plugin_allowance")


def next_turn(at: time, after: datetime) -> datetime:
    """The first moment after this one at which the clock in Asia/Shanghai shows this time."""
    local = after.astimezone(SHANGHAI)
    turn = datetime.combine(local.date(), at, SHANGHAI)
    return turn if turn > local else turn + timedelta(days=1)


def turn_of(task: Task, after: datetime) -> datetime | None:
    """When a task's next turn is; ``None`` for work that somebody asks for."""
    if task.daily_at is not None:
        return next_turn(task.daily_at, after)
    if task.hourly_at is None:
        return None
    turn = after.replace(minute=task.hourly_at, second=0, microsecond=0)
    return turn if turn > after else turn + timedelta(hours=1)


def plan_daily(database: Database, tasks: Tasks, tenants: Iterable[UUID] | None = None) -> int:
    """Have each task that comes round wait for its next turn; where it waits or runs already, nothing happens.

    Args:
        database: the runtime role's door.
        tasks: what this process can do.
        tenants: for these streets only; for every active one where none are named.

    Returns:
        How many turns wait now.
    """
    daily = tasks.daily
    if not daily:
        return 0
    if tenants is None:
        with database.open_transaction() as connection:
            tenants = list(connection.scalars(select(Tenant.id).where(Tenant.status == "active")))
    return sum(_plan(database, daily, tenant_id) for tenant_id in tenants)


def _plan(database: Database, daily: tuple[Task, ...], tenant_id: UUID) -> int:
    planned = 0
    with database.unit_of_work(Scope.of_street(tenant_id)) as session:
        allowed = set(session.scalars(_KNOWN))
        for task in daily:
            turn = turn_of(task, now())
            if turn is not None and (task.owner == "core" or task.owner in allowed):
                enqueue(
                    session,
                    task.name,
                    owner=task.owner,
                    dedup_key=f"daily:{task.name}",
                    run_after=turn,
                )
                planned += 1
    return planned
