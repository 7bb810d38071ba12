"""Which pieces of background work this process can do; the core's own are declared by decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

from linli.plugins.containment import EVENT, TASK, contained_job
from linli.plugins.contributions import TaskSpec
from linli.plugins.events import BoundHandler
from linli.tasks.run import JobStopped, RunnerStops

if TYPE_CHECKING:
    from linli.plugins.registry import Plugins
    from linli.tasks.run import JobRun

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
        lease: seconds that one step may take; a process silent for longer counts as dead.
        daily_at: the time of day (Asia/Shanghai) at which it runs in every street, in the street's scope; ``None`` for
            work that somebody asks for.
        hourly_at: the minute of every hour at which it runs in every street; not together with ``daily_at``.
    """

    name: str
    handler: JobHandler
    title: str = ""
    lease: int = LEASE
    daily_at: time | None = None
    hourly_at: int | None = None

    @property
    def comes_round(self) -> bool:
        """Whether it runs by itself, day by day or hour by hour."""
        return self.daily_at is not None or self.hourly_at is not None

    @property
    def owner(self) -> str:
        """``core`` or the plugin."""
        return self.name.partition(".")[0]


_core: dict[str, Task] = {}


def task(
    name: str,
    *,
    title: str = "",
    lease: int = LEASE,
    daily_at: time | None = None,
    hourly_at: int | None = None,
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
        _core[name] = Task(name, handler, title, lease, daily_at, hourly_at)
        return handler

    return declare


def specs_of(*modules: ModuleType) -> list[TaskSpec]:
    """The work that these modules of the core declare, as they contribute it."""
    names = {module.__name__ for module in modules}
    return [
        TaskSpec(each.name, each.handler, each.title, each.lease, each.daily_at, each.hourly_at)
        for each in _core.values()
        if each.handler.__module__ in names
    ]


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
        found: dict[str, Task] = {}
        for owned in plugins.tasks:
            if not owned.item.name.startswith(f"{owned.owner}."):
                raise ValueError(f"{owned.item.name} must be called {owned.owner}.<verb>_<noun>")
            item = owned.item
            handler = contained_job(owned.owner, TASK, item.name, item.handler, expected=(JobStopped, RunnerStops))
            found[item.name] = Task(item.name, handler, item.title, item.lease, item.daily_at, item.hourly_at)
        for owned in plugins.event_handlers:
            each = BoundHandler(owned.owner, owned.item)
            handler = contained_job(owned.owner, EVENT, each.task, each.run, expected=(JobStopped, RunnerStops))
            found[each.task] = Task(each.task, handler, each.title)
        return cls(found)

    @property
    def daily(self) -> tuple[Task, ...]:
        """Those that run by themselves, once a day or once an hour."""
        return tuple(task for task in self.by_name.values() if task.comes_round)

    def find(self, name: str) -> Task | None:
        """The task of this name; ``None`` when this process does not know it."""
        return self.by_name.get(name)

    def leases(self) -> dict[str, int]:
        """The lease of each task in seconds."""
        return {task.name: task.lease for task in self.by_name.values()} or {"": LEASE}
