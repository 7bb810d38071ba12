"""Processes that take a job at each ring of Redis. Which job that is, the database decides, not the ring."""

from __future__ import annotations

import logging
import mmap
from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID

import structlog
from billiard.process import current_process
from celery import signals
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from linli.house import House
from linli.kit.scope import Scope
from linli.plugins.gate import is_enabled
from linli.tasks.bells import BELL, Ring
from linli.tasks.broker import RING, RedisBell, make_broker, queue_name
from linli.tasks.models import Job
from linli.tasks.registry import Tasks
from linli.tasks.shares import PoolShares, Shares, Unshared
from linli.tasks.watchdog import Watchdog
from linli.tasks.work import FIRST_PAUSE, Gate, JobWork

log = structlog.get_logger("linli.tasks")

#: Opens what one process needs; called in each after it was forked, for connections cannot be shared.
Opening = Callable[[], tuple[House, Tasks]]


class RingAnswerer:
    """What one process does at a ring: one job, the one whose turn it is.

    Args:
        opening: called at the first ring, or before.
        redis_url: where it rings itself, so that a street's further jobs are taken by other processes meanwhile.
        queue: whose jobs.
        stopping: whether the pool is going down.
        gate: asked again when a job runs.
        pause: seconds before the second try.
        shares: what the pool's other processes are working for.
    """

    def __init__(
        self,
        opening: Opening,
        redis_url: str,
        queue: str,
        stopping: Callable[[], bool],
        *,
        gate: Gate = is_enabled,
        pause: float = FIRST_PAUSE,
        shares: Shares | None = None,
    ) -> None:
        self._opening = opening
        self._redis_url = redis_url
        self._queue = queue
        self._stopping = stopping
        self._gate = gate
        self._pause = pause
        self._shares = shares or Unshared()
        self._opened: tuple[House, JobWork, RedisBell] | None = None

    def open(self) -> tuple[House, JobWork, RedisBell]:
        """The doors of this process."""
        if self._opened is None:
            # Whoever had this place before may have died at work.
            self._shares.free()
            house, tasks = self._opening()
            bell = RedisBell(self._redis_url)
            house.database.info[BELL] = bell
            work = JobWork(
                house.database,
                tasks,
                gate=self._gate,
                pause=self._pause,
                stopping=self._stopping,
                watch=Watchdog(),
                shares=self._shares,
            )
            self._opened = house, work, bell
        return self._opened

    def close(self) -> None:
        """Give connections back."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened[2].close()

    def answer(self, tenant_id: UUID, job_id: UUID) -> bool:
        """Do the job whose turn it is; nothing where the ring names none that there is.

        Returns:
            Whether a job was done.
        """
        house, work, bell = self.open()
        if self._stopping():
            return False
        try:
            with house.database.unit_of_work(Scope.of_street(tenant_id), read_only=True) as session:
                if session.scalar(select(Job.id).where(Job.id == job_id, Job.queue == self._queue)) is None:
                    log.warning("a ring names no job of its street", tenant=str(tenant_id), job=str(job_id))
                    return False
            taken = work.take(self._queue)
            if taken is None:
                return False
            if taken.more:
                # Passed on before the work: others take what else waits there.
                bell(Ring(taken.tenant_id, taken.job.id, self._queue))
            work.do(taken)
            if taken.more and taken.fills:
                # Those who were told of it meanwhile had to leave it; now there is room again.
                bell(Ring(taken.tenant_id, taken.job.id, self._queue))
        except SQLAlchemyError as error:
            # The database is away; the jobs are not.
            log.warning("the job table cannot be read", error=type(error).__name__)
            return False
        return True


def serve_queue(
    redis_url: str, queue: str, *, processes: int, opening: Opening, log_level: int = logging.WARNING, **options: Any
) -> int:
    """Take jobs of one queue in so many processes until SIGTERM or SIGINT; returns the exit code.

    A process that its job takes down, or that is silent beyond a lease, is replaced.
    """
    app = make_broker(redis_url)
    # One byte that all processes see: told that the pool goes down, a job ends at its next step.
    ending = mmap.mmap(-1, 1)
    # The pool numbers its processes before it forks them; only they ask.
    shares = PoolShares(processes, lambda: getattr(current_process(), "index"))  # noqa: B009 unknown to its types
    answerer = RingAnswerer(opening, redis_url, queue, lambda: ending[0] == 1, shares=shares, **options)

    @app.task(name=RING)
    def answer_ring(tenant_id: str, job_id: str) -> None:
        try:
            ids = UUID(tenant_id), UUID(job_id)
        except ValueError:
            log.warning("a ring that nobody here has made")
            return
        answerer.answer(*ids)

    def begin(**_told: Any) -> None:
        try:
            answerer.open()
        except Exception as error:
            # Tried again at the first ring.
            log.warning("the doors cannot be opened yet", error=type(error).__name__)

    def end_soon(**_told: Any) -> None:
        ending[0] = 1

    signals.worker_process_init.connect(begin, weak=False)
    signals.worker_process_shutdown.connect(lambda **_told: answerer.close(), weak=False)
    signals.worker_shutting_down.connect(end_soon, weak=False)
    worker = app.Worker(
        hostname=f"{queue}@%h",
        queues=[queue_name(queue)],
        concurrency=processes,
        pool="prefork",
        loglevel=log_level,
        quiet=True,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
    )
    with closing(shares):
        worker.start()
    return worker.exitcode or 0
