"""Doing jobs: the next one of a street, its gate, its handler, what comes of it. Whoever calls brings the thread."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import func, select

from linli.db.session import Database, LastRank, ScopedSession, before_commit
from linli.kit.errors import Invalid, LinliError
from linli.kit.scope import Scope
from linli.kit.tidings import Tiding
from linli.plugins.containment import PluginFailed, reported
from linli.plugins.containment.calls import log_failure
from linli.plugins.gate import is_enabled
from linli.tasks.bells import answer, ring, tenants_with_work
from linli.tasks.claiming import claim, in_seconds, over, park_the_exhausted
from linli.tasks.models import Job
from linli.tasks.registry import LEASE, Task, Tasks
from linli.tasks.run import ClaimedJob, JobGivenUp, JobPostponed, JobRun, JobStopped, JobUnreadable, RunnerStops
from linli.tasks.shares import Shares, Unshared
from linli.tasks.turns import plan_turns

log = structlog.get_logger("linli.tasks")

#: Told in the transaction that parks a job, with its task's title (empty where this process does not know the task).
job_parked: Tiding[ScopedSession, Job, str] = Tiding()

#: Seconds before the second try; doubled with each further one.
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 900.0
_STREETS_AT_ONCE = 20

#: ``f(session, owner, community_id=…)``: whether the owner's work may be done there.
Gate = Callable[..., bool]


class Watch(Protocol):
    """Ends this process when a job is silent for longer than its lease."""

    def alive(self, lease: int) -> None:
        """The job has so many seconds from now on."""
        ...

    def over(self) -> None:
        """No job is under way."""
        ...


class Unwatched:
    """Where there is one process for everything, nothing can be ended but all of it."""

    def alive(self, lease: int) -> None:
        pass

    def over(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that was taken, in its street; ``more`` is due there.

    ``fills`` its owner's share: who is told of more meanwhile may have had to leave it.
    """

    tenant_id: UUID
    job: ClaimedJob
    more: bool
    fills: bool = False


class JobWork:
    """Takes jobs and does them, one at a time, each street and each owner in its turn.

    Args:
        database: the runtime role's door.
        tasks: what this process can do.
        gate: asked again when a job runs.
        pause: seconds before the second try.
        stopping: whether this process is going down.
        watch: what ends the process where a handler never comes back.
        shares: what the processes beside this one are working for.
    """

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        *,
        gate: Gate = is_enabled,
        pause: float = FIRST_PAUSE,
        stopping: Callable[[], bool] = lambda: False,
        watch: Watch | None = None,
        shares: Shares | None = None,
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._gate = gate
        self._pause = pause
        self._stopping = stopping
        self._watch = watch or Unwatched()
        self._shares = shares or Unshared()
        #: Who was served last in a street's queue.
        self._served: dict[tuple[UUID, str], str] = {}

    def streets(self, queue: str, limit: int = _STREETS_AT_ONCE) -> list[UUID]:
        """Whose work is due."""
        with self._database.open_transaction() as connection:
            return tenants_with_work(connection, queue, limit)

    def round(self, queue: str) -> int:
        """At most one job of each street that has work, so that none waits for another's thousand."""
        begun = 0
        for tenant_id in self.streets(queue):
            if self._stopping():
                break
            taken = self.take_from(tenant_id, queue)
            if taken is not None:
                begun += 1
                self.do(taken)
        return begun

    def take(self, queue: str) -> Taken | None:
        """The job whose turn it is in the whole installation; ``None`` where none is due."""
        for tenant_id in self.streets(queue):
            if (taken := self.take_from(tenant_id, queue)) is not None:
                return taken
        return None

    def take_from(self, tenant_id: UUID, queue: str) -> Taken | None:
        """The job whose turn it is in this street."""
        key = (tenant_id, queue)
        more: list[bool] = []
        with self._shares.taking() as without:
            with self._database.unit_of_work(Scope.of_street(tenant_id)) as session:
                for parked in park_the_exhausted(session):
                    self._tell(session, parked)
                job = claim(session, self._tasks, queue, self._served.get(key), without)
                before_commit(session, "answer", lambda ending: more.append(answer(ending, queue)), rank=LastRank.BELL)
            fills = job is not None and self._shares.hold(job.owner)
        if job is None:
            self._served.pop(key, None)
            return None
        self._served[key] = job.owner
        return Taken(tenant_id, job, any(more), fills)

    def do(self, taken: Taken) -> None:
        """Call the handler, and write what came of it."""
        job, tenant_id = taken.job, taken.tenant_id
        task = self._tasks.find(job.task)
        lease = task.lease if task else LEASE
        run = JobRun(self._database, tenant_id, job, lease=lease, stopping=self._stopping, alive=self._watch.alive)
        self._watch.alive(lease)
        try:
            outcome = self._outcome(run, job, task)
        finally:
            self._watch.over()
            self._shares.free()
        if outcome is None:
            return

        def also(session: ScopedSession) -> None:
            if outcome["state"] == "parked":
                self._tell(session, job.id)
            elif outcome["state"] == "queued":
                # Looked after again at once, which sets when its turn is.
                ring(session, job.id, job.queue, None)

        if run.end(outcome, also) and outcome["state"] != "queued" and task is not None and task.schedule is not None:
            plan_turns(self._database, self._tasks, [tenant_id])

    def _outcome(self, run: JobRun, job: ClaimedJob, task: Task | None) -> dict[str, Any] | None:
        """What to write of the attempt; ``None`` when the job is no longer ours."""
        try:
            with run.unit_of_work(read_only=True) as session:
                enabled = self._gate(session, job.owner, community_id=job.community_id)
            if not enabled:
                return over("cancelled", error="plugin is off")
            if task is None:
                return self._again(job, "unknown task")
            return over("done", result=task.handler(run))
        except RunnerStops:
            # Going down is nobody's fault and costs no try.
            return {"state": "queued", "attempts": job.attempt - 1, "run_after": func.clock_timestamp()}
        except JobStopped:
            return None
        except (JobPostponed, JobGivenUp, JobUnreadable) as error:
            return self._as_told(job, error)
        except LinliError as error:
            if job.lane_id is not None:
                # Nobody asked for a delivery who could read the words and do something about it.
                log.exception("delivery refused", job=str(job.id), task=job.task, attempt=job.attempt)
                return self._again(job, type(error).__name__)
            return over("failed", error=error.in_full() if isinstance(error, Invalid) else str(error))
        except (Exception, SystemExit) as error:
            if isinstance(error, PluginFailed):
                log_failure(error, error.__cause__ or error, job=str(job.id), attempt=job.attempt)
                reported(self._database, run.scope.tenant_id, error.report())
                return self._again(job, error.error_type)
            log.exception("job failed", job=str(job.id), task=job.task, attempt=job.attempt)
            return self._again(job, type(error).__name__)

    def _as_told(self, job: ClaimedJob, error: JobPostponed | JobGivenUp | JobUnreadable) -> dict[str, Any]:
        """What a handler itself says of its attempt."""
        if isinstance(error, JobGivenUp):
            return over(error.state, error=error.error)
        if isinstance(error, JobPostponed):
            if job.attempt >= job.max_attempts:
                return over("parked", error=error.error)
            return {"state": "queued", "error": error.error, "run_after": in_seconds(error.pause)}
        log.error("job cannot be read", job=str(job.id), task=job.task, reason=str(error))
        return self._again(job, str(error)) if error.may_pass else over("parked", error=str(error))

    def _again(self, job: ClaimedJob, error: str) -> dict[str, Any]:
        if job.attempt >= job.max_attempts:
            return over("parked", error=error)
        pause = min(self._pause * 2 ** (job.attempt - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.5)  # noqa: S311 no secret
        return {"state": "queued", "error": error, "run_after": in_seconds(pause)}

    def _tell(self, session: ScopedSession, job_id: UUID) -> None:
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
        task = self._tasks.find(job.task)
        try:
            with session.begin_nested():
                job_parked.tell(session, job, task.title if task else "")
        except Exception as error:
            # The job is parked whether or not somebody can be told.
            log.error("nobody could be told of a parked job", job=str(job_id), error=type(error).__name__)
