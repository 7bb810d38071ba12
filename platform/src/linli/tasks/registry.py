"""Which pieces of background work this process can do; the core's own are declared by decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from linli.plugins.containment import EVENT, TASK, contained_job
from linli.plugins.contributions import QUEUES, QueueName, TaskSpec
from linli.plugins.events import BoundHandler
from linli.plugins.gate import CORE
from linli.plugins.schedules import Schedule
from linli.tasks.run import JobStopped, JobUnreadable, RunnerStops

if TYPE_CHECKING:
    from linli.plugins.registry import Plugins
    from linli.tasks.run import JobRun

__all__ = ["LEASE", "QUEUES", "JobHandler", "QueueName", "Schedule", "Task", "Tasks", "queue_of", "task"]

#: Seconds that a step may take where the task says nothing.
LEASE = 60

#: Returns what is kept as the job's result, or ``None``. Must bear being run twice.
JobHandler = Callable[["JobRun"], "dict[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work that jobs ask for.

    Attributes:
        name: ``<owner>.<verb>_<noun>``.
        handler: does the work; called again after a failure, a crash or a restart.
        title: for the list of jobs, in Chinese; a message of the catalogue.
        lease: seconds that one step may take; a process silent for longer counts as dead, and is ended.
        schedule: when it runs by itself in every street, in the street's scope; ``None`` for work that somebody asks
            for.
        queue: ``slow`` for work of minutes, which processes of its own do.
    """

    name: str
    handler: JobHandler
    title: str = ""
    lease: int = LEASE
    schedule: Schedule | None = None
    queue: QueueName = "default"

    @property
    def owner(self) -> str:
        """``core`` or the plugin."""
        return self.name.partition(".")[0]


_core: dict[str, Task] = {}
#: Of every task that this process knows, so that a job goes where its kind is done.
_queues: dict[str, QueueName] = {}


def task(
    name: str,
    *,
    title: str = "",
    lease: int = LEASE,
    schedule: Schedule | None = None,
    queue: QueueName = "default",
) -> Callable[[JobHandler], JobHandler]:
    """Declare a piece of the core's own background work: ``@task("core.check_roster")``.

    Raises:
        ValueError: the name is not ``core.<verb>_<noun>``, or is taken.
    """
    if not name.startswith("core."):
        raise ValueError(f"{name}: a task of the core is called core.<verb>_<noun>; plugins use register_tasks")

    def declare(handler: JobHandler) -> JobHandler:
        if name in _core:
            raise ValueError(f"{name} is declared twice: {_core[name].handler} and {handler}")
        _core[name] = Task(name, handler, title, lease, schedule, queue)
        _queues[name] = queue
        return handler

    return declare


def specs_of(*modules: ModuleType) -> list[TaskSpec]:
    """The work that these modules of the core declare, as they contribute it."""
    names = {module.__name__ for module in modules}
    return [
        TaskSpec(each.name, each.handler, each.title, each.lease, schedule=each.schedule, queue=each.queue)
        for each in _core.values()
        if each.handler.__module__ in names
    ]


def queue_of(name: str) -> QueueName:
    """Where jobs of this task wait; ``default`` for a task that this process does not know."""
    return _queues.get(name, "default")


@dataclass(frozen=True, slots=True)
class Tasks:
    """What one process can do."""

    by_name: Mapping[str, Task] = field(default_factory=lambda: _core)

    @classmethod
    def of(cls, plugins: Plugins) -> Tasks:
        """The core's tasks and those of the plugins.

        Raises:
            ValueError: a plugin's task does not carry the plugin's name.
        """
        from linli.events.delivery import delivery_to

        # What ends a job without being a fault of whoever does it.
        expected = (JobStopped, RunnerStops, JobUnreadable)
        found: dict[str, Task] = {}
        for owned in plugins.tasks:
            item = owned.item
            if not item.name.startswith(f"{owned.owner}."):
                raise ValueError(f"{item.name} must be called {owned.owner}.<verb>_<noun>")
            handler = item.handler
            if owned.owner != CORE:
                handler = contained_job(owned.owner, TASK, item.name, handler, expected=expected)
            found[item.name] = Task(item.name, handler, item.title, item.lease, item.when, item.queue)
        for owned in plugins.event_handlers:
            each = BoundHandler(owned.owner, owned.item)
            handler = contained_job(owned.owner, EVENT, each.task, delivery_to(each), expected=expected)
            found[each.task] = Task(each.task, handler, each.title)
        _queues.update({each.name: each.queue for each in found.values()})
        return cls(found)

    @property
    def scheduled(self) -> tuple[Task, ...]:
        """Those that run by themselves."""
        return tuple(each for each in self.by_name.values() if each.schedule is not None)

    def find(self, name: str) -> Task | None:
        """The task of this name; ``None`` when this process does not know it."""
        return self.by_name.get(name)

    def leases(self) -> dict[str, int]:
        """The lease of each task in seconds."""
        return {each.name: each.lease for each in self.by_name.values()} or {"": LEASE}
