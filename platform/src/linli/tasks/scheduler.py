"""Plans turns, and rings again for what is due and nobody has taken. Any number of them at once do no more than one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from linli.db.session import Database
from linli.kit.scope import Scope
from linli.tasks.bells import Ring, answer, tenants_with_work
from linli.tasks.models import Job
from linli.tasks.registry import QUEUES, Tasks
from linli.tasks.runner import PLAN_EVERY
from linli.tasks.turns import plan_turns

log = structlog.get_logger("linli.tasks")

#: Seconds between looks for work that nobody was told of: what a lost ring costs at most.
SWEEP_EVERY = 5.0
#: Streets that are rung for at each look.
_STREETS = 100
#: Rings in a queue from which on no more are added: they suffice to keep all processes busy.
_ENOUGH = 50


class SweepingBell(Protocol):
    """What the sweeper rings."""

    def __call__(self, ring: Ring) -> None: ...

    def waiting(self, name: str) -> int | None:
        """How many rings wait; ``None`` where nobody can be reached."""
        ...


class Scheduler:
    """Looks after the clock for all streets.

    Args:
        database: the runtime role's door.
        tasks: whose schedules it keeps.
        bell: rung for what is due.
        sweep_every: seconds.
    """

    def __init__(
        self, database: Database, tasks: Tasks, bell: SweepingBell, *, sweep_every: float = SWEEP_EVERY
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._bell = bell
        self._sweep_every = sweep_every
        self._planned_at: float | None = None

    def run(self, stop: threading.Event, on_look: Callable[[], None] = lambda: None) -> None:
        """Look again and again until told to stop."""
        while not stop.is_set():
            try:
                self.look()
            except SQLAlchemyError as error:
                log.warning("the job table cannot be read", error=type(error).__name__)
            on_look()
            stop.wait(self._sweep_every)

    def look(self) -> int:
        """Plan where it is time to, and ring; returns how many rings were sent."""
        if self._planned_at is None or time.monotonic() - self._planned_at >= PLAN_EVERY:
            plan_turns(self._database, self._tasks)
            self._planned_at = time.monotonic()
        return sum(self.sweep(queue) for queue in QUEUES)

    def sweep(self, queue: str) -> int:
        """Ring for every street whose work of this queue is due."""
        waiting = self._bell.waiting(queue)
        if waiting is None or waiting >= _ENOUGH:
            return 0
        with self._database.open_transaction() as connection:
            streets = tenants_with_work(connection, queue, _STREETS)
        found = [ring for tenant_id in streets if (ring := self._due(tenant_id, queue)) is not None]
        for ring in found:
            self._bell(ring)
        return len(found)

    def _due(self, tenant_id: UUID, queue: str) -> Ring | None:
        waiting = (Job.state == "queued") & (Job.run_after <= func.clock_timestamp())
        abandoned = (Job.state == "running") & (Job.leased_until <= func.clock_timestamp())
        statement = select(Job.id).where(Job.queue == queue, or_(waiting, abandoned)).order_by(Job.run_after).limit(1)
        with self._database.unit_of_work(Scope.of_street(tenant_id)) as session:
            job_id = session.scalar(statement)
            if job_id is None:
                answer(session, queue)
                return None
        return Ring(tenant_id, job_id, queue)
