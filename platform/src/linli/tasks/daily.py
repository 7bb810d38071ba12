"""Work that comes round every day: its next turn is a waiting job in every street, planned anew when it has ended."""

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


def plan_daily(database: Database, tasks: Tasks, tenants: Iterable[UUID] | None = None) -> int:
    """Have each daily task wait for its next turn; where it waits or runs already, nothing happens.

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
            if task.daily_at is not None and (task.owner == "core" or task.owner in allowed):
                enqueue(
                    session,
                    task.name,
                    owner=task.owner,
                    dedup_key=f"daily:{task.name}",
                    run_after=next_turn(task.daily_at, now()),
                )
                planned += 1
    return planned
