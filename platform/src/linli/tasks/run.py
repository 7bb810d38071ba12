"""What a task's handler is given: its arguments, units of work in its scope, and a place to tell its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from linli.db.session import Database, ScopedSession, before_commit, hands_off
from linli.kit.actor import Actor
from linli.kit.scope import Scope
from linli.tasks.bells import ring
from linli.tasks.lanes import hold_lane, let_next
from linli.tasks.models import Job

#: What lets the next one of a lane begin; a parked job does not.
_OVER = ("done", "failed", "cancelled")


class JobStopped(Exception):
    """The job was cancelled, or another process has taken it over: the handler ends here and writes nothing more."""


class RunnerStops(Exception):
    """This process is going down: the handler ends here, and the job is taken up again by the next one."""


class JobUnreadable(Exception):
    """The job's arguments mean nothing to this process. Its text is shown to people as it is.

    Attributes:
        may_pass: another process, of a newer version, may understand them: it is tried again.
    """

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class JobPostponed(Exception):
    """The attempt came to nothing: another one after so many seconds, or parked where it was the last.

    Attributes:
        error: why, as ``error_words`` of the jobs' wording puts it for people.
    """

    def __init__(self, error: str, *, pause: float) -> None:
        super().__init__(error)
        self.error = error
        self.pause = pause


class JobGivenUp(Exception):
    """No further attempt makes sense by itself: ``parked`` for somebody to look at, or ``cancelled``."""

    def __init__(self, error: str, *, state: str = "cancelled") -> None:
        super().__init__(error)
        self.error = error
        self.state = state


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """The row of a job at the moment this process took it."""

    id: UUID
    community_id: UUID | None
    task: str
    owner: str
    args: Mapping[str, Any]
    #: Also the fence: whoever takes the job next counts one further, and this one's writes are refused.
    attempt: int
    max_attempts: int
    done: int
    total: int
    created_by: UUID | None
    created_by_name: str
    queue: str = "default"
    #: Of a delivery: its place in order.
    lane_id: UUID | None = None
    consumer: str | None = None


class JobRun:
    """One attempt at a job.

    Attributes:
        args: what ``enqueue`` was given.
        done: how far the attempt before this one came, as it told by ``progress``: where to go on.
        scope: the job's community, or its whole street.
        actor: the system, under the name of whoever asked.
    """

    def __init__(
        self,
        database: Database,
        tenant_id: UUID,
        job: ClaimedJob,
        *,
        lease: int,
        stopping: Callable[[], bool],
        alive: Callable[[int], None] = lambda _lease: None,
    ) -> None:
        self._database = database
        self._job = job
        self._lease = lease
        self._stopping = stopping
        #: Told the lease whenever it begins anew.
        self._alive = alive
        self.id = job.id
        self.args = job.args
        self.done = job.done
        self.attempt = job.attempt
        self.max_attempts = job.max_attempts
        #: Of a delivery: who is told, one event after the other; ``None`` for every other job.
        self.consumer = job.consumer
        self.info = database.info
        self.scope = (
            Scope.of_street(tenant_id)
            if job.community_id is None
            else Scope.of_communities(tenant_id, job.community_id)
        )
        self.actor = Actor(account_id=job.created_by, display_name=job.created_by_name or "系统", system=True)

    @contextmanager
    def unit_of_work(self, *, read_only: bool = False) -> Iterator[ScopedSession]:
        """One step: a transaction in the job's scope, kept only while the job is still this process's.

        A step must end within the task's lease.

        Raises:
            JobStopped: the job was cancelled or taken over; the step is undone.
            RunnerStops: this process is going down; the step was not begun.
        """
        self._go_on()
        with self._database.unit_of_work(self.scope, self.actor, read_only=read_only) as session:
            if not read_only:
                before_commit(session, "job", self._keep)
            with hands_off(session):
                yield session

    @contextmanager
    def street_unit_of_work(self) -> Iterator[ScopedSession]:
        """A transaction over the whole street in a community's job, for the few acts that a community cannot judge.

        It is not fenced: the job's row lies in the community. What happens inside must bear being done twice.

        Raises:
            RunnerStops: this process is going down; the step was not begun.
        """
        self._go_on()
        with self._database.unit_of_work(Scope.of_street(self.scope.tenant_id), self.actor) as session:
            yield session

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Tell how far the work is; also says that this process is alive.

        Args:
            done: steps taken so far.
            total: of how many; unchanged when ``None``.
            note: what is being done, in words for people.

        Raises:
            JobStopped, RunnerStops: as for ``unit_of_work``.
        """
        self._go_on()
        values: dict[str, Any] = {"done": done, "note": note}
        if total is not None:
            values["total"] = total
        with self._database.unit_of_work(self.scope, self.actor) as session:
            self._keep(session, **values)
        self.done = done

    def cancelled(self) -> bool:
        """Whether the job is no longer this process's to do."""
        with self._database.unit_of_work(self.scope, self.actor, read_only=True) as session:
            return session.scalar(select(Job.id).where(*self._mine())) is None

    def end(self, values: dict[str, Any], then: Callable[[ScopedSession], None] | None = None) -> bool:
        """Write the end of this attempt; false when the job is no longer this process's.

        Args:
            values: the columns as they are then.
            then: what belongs to the same transaction.
        """
        job = self._job
        is_over = values["state"] in _OVER
        with self._database.unit_of_work(self.scope, self.actor) as session:
            if is_over and job.lane_id is not None:
                hold_lane(session, job.lane_id)
            is_ours = self._write(session, {"leased_until": None, **values})
            if is_ours and is_over and job.lane_id is not None and job.consumer is not None:
                following = let_next(session, job.lane_id, job.consumer)
                if following is not None:
                    ring(session, following, job.queue, None)
            if is_ours and then is not None:
                then(session)
            return is_ours

    def _mine(self) -> tuple[Any, ...]:
        return Job.id == self.id, Job.state == "running", Job.attempts == self.attempt

    def _go_on(self) -> None:
        if self._stopping():
            raise RunnerStops

    def _keep(self, session: Session, **values: Any) -> None:
        renewed = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, self._lease)
        if not self._write(session, {"leased_until": renewed, **values}):
            raise JobStopped
        self._alive(self._lease)

    def _write(self, session: Session, values: dict[str, Any]) -> bool:
        statement = update(Job).where(*self._mine()).values(**values).returning(Job.id)
        return session.scalar(statement, execution_options={"synchronize_session": False}) is not None
