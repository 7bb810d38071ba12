"""A thread that takes jobs from the table, one at a time, street by street, and does them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import case, func, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from linli.db.session import Database, ScopedSession
from linli.house import House
from linli.kit.errors import LinliError
from linli.kit.scope import Scope
from linli.kit.tidings import Tiding
from linli.plugins.containment import PluginFailed, reported
from linli.plugins.containment.calls import log_failure
from linli.plugins.gate import is_enabled
from linli.tasks.daily import plan_daily
from linli.tasks.models import Job
from linli.tasks.registry import LEASE, Task, Tasks
from linli.tasks.run import ClaimedJob, JobRun, JobStopped, RunnerStops
from linli.tasks.service import BELL

log = structlog.get_logger("linli.tasks")

#: Told in the transaction that parks a job, with its task's title (empty where this process does not know the task).
job_parked: Tiding[ScopedSession, Job, str] = Tiding()

#: Seconds before the second try; doubled with each further one.
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 900.0
_STREETS_AT_ONCE = 20
#: Seconds between looks at whether every street has its daily turns planned: a new street waits no longer.
_PLAN_EVERY = 600.0

_WITH_WORK = text("SELECT core.tenants_with_work(:limit)")
_ANSWER = text("SELECT core.answer_doorbell()")
_RING = text("SELECT core.ring_doorbell(clock_timestamp() + make_interval(secs => :pause))")

#: ``f(session, owner, community_id=…)``: whether the owner's work may be done there.
Gate = Callable[..., bool]


class JobRunner:
    """Polls the job table in a thread of its own; several of them, in any number of processes, share the work.

    Args:
        house: whose database is polled; new jobs of this process wake the thread at once.
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
        self._gate = gate
        self._poll = poll
        self._pause = pause
        self._bell = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._planned_at: float | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._stop.clear()
        self._database.info[BELL] = self._bell.set
        self._thread = threading.Thread(target=self._work, name="linli-jobs", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> bool:
        """Ask the thread to end at its job's next step.

        Returns:
            Whether it has ended within ``timeout`` seconds; otherwise its job is taken up again after its lease.
        """
        self._stop.set()
        self._bell.set()
        if self._database.info.get(BELL) == self._bell.set:
            del self._database.info[BELL]
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def run_due(self) -> int:
        """Do in this thread what is due now, round after round until nothing is; returns how many were begun."""
        begun = 0
        while now_begun := self._round():
            begun += now_begun
        return begun

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._plan()
                begun = self._round()
            except SQLAlchemyError as error:
                # The database is away; the jobs are not.
                log.warning("the job table cannot be read", error=type(error).__name__)
                begun = 0
            if not begun:
                self._bell.wait(self._poll)
                self._bell.clear()

    def _plan(self) -> None:
        if self._planned_at is None or time.monotonic() - self._planned_at >= _PLAN_EVERY:
            plan_daily(self._database, self._tasks)
            self._planned_at = time.monotonic()

    def _round(self) -> int:
        """At most one job of each street that has work, so that none waits for another's thousand."""
        with self._database.open_transaction() as connection:
            streets = list(connection.execute(_WITH_WORK, {"limit": _STREETS_AT_ONCE}).scalars())
        begun = 0
        for tenant_id in streets:
            if self._stop.is_set():
                break
            job = self._claim(tenant_id)
            if job is not None:
                begun += 1
                self._do(tenant_id, job)
        return begun

    def _claim(self, tenant_id: UUID) -> ClaimedJob | None:
        with self._database.unit_of_work(Scope.of_street(tenant_id)) as session:
            for parked in _park_the_exhausted(session):
                self._tell(session, parked)
            row = session.execute(_claim_statement(self._tasks)).one_or_none()
            if row is None:
                session.execute(_ANSWER)
                return None
            return ClaimedJob(*row)

    def _do(self, tenant_id: UUID, job: ClaimedJob) -> None:
        task = self._tasks.find(job.task)
        lease = task.lease if task else LEASE
        run = JobRun(self._database, tenant_id, job, lease=lease, stopping=self._stop.is_set)
        outcome = self._outcome(run, job, task)
        if outcome is None:
            return
        is_parked = outcome["state"] == "parked"
        if not run.end(outcome, lambda session: self._tell(session, job.id) if is_parked else None):
            return
        if outcome["state"] == "queued":
            self._ring(run.scope)
        elif task is not None and task.comes_round:
            plan_daily(self._database, self._tasks, [tenant_id])

    def _outcome(self, run: JobRun, job: ClaimedJob, task: Task | None) -> dict[str, Any] | None:
        """What to write of the attempt; ``None`` when the job is no longer ours."""
        try:
            with run.unit_of_work(read_only=True) as session:
                enabled = self._gate(session, job.owner, community_id=job.community_id)
            if not enabled:
                return _over("cancelled", error="plugin is off")
            if task is None:
                return self._again(job, "unknown task")
            return _over("done", result=task.handler(run))
        except RunnerStops:
            # Going down is nobody's fault and costs no try.
            return {"state": "queued", "attempts": job.attempt - 1, "run_after": func.clock_timestamp()}
        except JobStopped:
            return None
        except LinliError as error:
            return _over("failed", error=str(error))
        except (Exception, SystemExit) as error:
            if isinstance(error, PluginFailed):
                log_failure(error, error.__cause__ or error, job=str(job.id), attempt=job.attempt)
                reported(self._database, run.scope.tenant_id, error.report())
                return self._again(job, error.error_type)
            log.exception("job failed", job=str(job.id), task=job.task, attempt=job.attempt)
            return self._again(job, type(error).__name__)

    def _again(self, job: ClaimedJob, error: str) -> dict[str, Any]:
        if job.attempt >= job.max_attempts:
            return _over("parked", error=error)
        pause = min(self._pause * 2 ** (job.attempt - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.5)  # noqa: S311 no secret
        return {"state": "queued", "error": error, "run_after": _in_seconds(pause)}

    def _tell(self, session: ScopedSession, job_id: UUID) -> None:
        job = session.scalars(select(Job).where(Job.id == job_id)).one()
        task = self._tasks.find(job.task)
        try:
            with session.begin_nested():
                job_parked.tell(session, job, task.title if task else "")
        except Exception as error:
            # The job is parked whether or not somebody can be told.
            log.error("nobody could be told of a parked job", job=str(job_id), error=type(error).__name__)

    def _ring(self, scope: Scope) -> None:
        with self._database.unit_of_work(scope) as session:
            session.execute(_RING, {"pause": 0.0})


def _over(state: str, **values: Any) -> dict[str, Any]:
    return {"error": "", **values, "state": state, "dedup_key": None, "finished_at": func.clock_timestamp()}


def _in_seconds(seconds: Any) -> Any:
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def _claim_statement(tasks: Tasks) -> Any:
    waiting = (Job.state == "queued") & (Job.run_after <= func.clock_timestamp())
    abandoned = (Job.state == "running") & (Job.leased_until <= func.clock_timestamp())
    due = (
        select(Job.id)
        .where(or_(waiting, abandoned))
        .order_by(Job.run_after, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return (
        update(Job)
        .where(Job.id == due)
        .values(
            state="running",
            # Counted before it runs: what kills its process does so five times at most.
            attempts=Job.attempts + 1,
            leased_until=_in_seconds(case(tasks.leases(), value=Job.task, else_=LEASE)),
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
        )
        .execution_options(synchronize_session=False)
    )


def _park_the_exhausted(session: Session) -> list[UUID]:
    parked = session.scalars(
        update(Job)
        .where(
            Job.state == "running",
            Job.leased_until <= func.clock_timestamp(),
            Job.attempts >= Job.max_attempts,
        )
        .values(**_over("parked", error="the process died"), leased_until=None)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return list(parked)
