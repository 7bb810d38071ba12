"""Threads that take jobs from the table and do them, one for each queue: where there is no Redis, and in tests."""

from __future__ import annotations

import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from linli.db.session import Database
from linli.house import House
from linli.plugins.gate import is_enabled
from linli.tasks.bells import BELL, Ring
from linli.tasks.registry import QUEUES, Tasks
from linli.tasks.turns import plan_turns
from linli.tasks.work import FIRST_PAUSE, Gate, JobWork

log = structlog.get_logger("linli.tasks")

#: Seconds between looks at whether every street has its turns planned: a new street waits no longer.
PLAN_EVERY = 600.0


class JobRunner:
    """Polls the job table in threads of its own; several of them, in any number of processes, share the work.

    Args:
        house: whose database is polled; new jobs of this process wake the threads at once.
        tasks: what this process can do; the core's tasks where none are given.
        gate: asked again when a job runs.
        poll: seconds between looks while nothing rings.
        pause: seconds before the second try.
    """

    def __init__(
        self,
        house: House,
        tasks: Tasks | None = None,
        *,
        gate: Gate = is_enabled,
        poll: float = 2.0,
        pause: float = FIRST_PAUSE,
    ) -> None:
        self._database: Database = house.database
        self._tasks = tasks or Tasks()
        self._poll = poll
        self._stop = threading.Event()
        self._bells = {queue: threading.Event() for queue in QUEUES}
        self._works = {
            queue: JobWork(self._database, self._tasks, gate=gate, pause=pause, stopping=self._stop.is_set)
            for queue in QUEUES
        }
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to poll."""
        self._stop.clear()
        self._database.info[BELL] = self.wake
        self._threads = [
            threading.Thread(target=self._work, args=(queue,), name=f"linli-jobs-{queue}", daemon=True)
            for queue in QUEUES
        ]
        for each in self._threads:
            each.start()

    def wake(self, ring: Ring) -> None:
        """Look after a queue at once."""
        self._bells[ring.queue].set()

    def stop(self, timeout: float = 2.0) -> bool:
        """Ask the threads to end at their jobs' next step.

        Returns:
            Whether they have ended within ``timeout`` seconds; otherwise their jobs are taken up again after the lease.
        """
        self._stop.set()
        for bell in self._bells.values():
            bell.set()
        if self._database.info.get(BELL) == self.wake:
            del self._database.info[BELL]
        deadline = time.monotonic() + timeout
        for each in self._threads:
            each.join(max(0.0, deadline - time.monotonic()))
        return not any(each.is_alive() for each in self._threads)

    def run_due(self) -> int:
        """Do in this thread what is due now, round after round until nothing is; returns how many were begun."""
        begun = 0
        while now_begun := sum(work.round(queue) for queue, work in self._works.items()):
            begun += now_begun
        return begun

    def _work(self, queue: str) -> None:
        bell, work = self._bells[queue], self._works[queue]
        planned_at: float | None = None
        while not self._stop.is_set():
            try:
                if queue == QUEUES[0] and (planned_at is None or time.monotonic() - planned_at >= PLAN_EVERY):
                    plan_turns(self._database, self._tasks)
                    planned_at = time.monotonic()
                begun = work.round(queue)
            except SQLAlchemyError as error:
                # The database is away; the jobs are not.
                log.warning("the job table cannot be read", error=type(error).__name__)
                begun = 0
            if not begun:
                bell.wait(self._poll)
                bell.clear()
