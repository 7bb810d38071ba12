"""Doing background work in a test, at once and in this thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linli.house import House
from linli.kit.scope import Scope
from linli.plugins.registry import Plugins
from linli.tasks.registry import Tasks
from linli.tasks.runner import JobRunner
from linli.tasks.service import enqueue, job_state

__all__ = ["run_task", "run_waiting"]


def run_waiting(house: House, plugins: Plugins | None = None) -> int:
    """Do all the work that waits: jobs, handlers of events, messages. Returns how many jobs were begun."""
    return JobRunner(house, Tasks.of(plugins or Plugins.load()), pause=0.0).run_due()


def run_task(
    house: House, scope: Scope, name: str, args: Mapping[str, Any] | None = None, plugins: Plugins | None = None
) -> dict[str, Any]:
    """Do one piece of work, as if its time had come, and what it causes.

    Args:
        house: on whose database.
        scope: of the street for work that comes round daily; of a community for what somebody asks for there.
        name: of the task.
        args: for it.
        plugins: those that run; the installed ones where none are given.

    Returns:
        What the task gave back.

    Raises:
        AssertionError: it did not end well; says how.
    """
    owner = name.partition(".")[0]
    with house.database.unit_of_work(scope) as session:
        job_id = enqueue(session, name, args or {}, owner=owner)
    run_waiting(house, plugins)
    with house.database.unit_of_work(scope) as session:
        state = job_state(session, job_id)
    assert state.state == "done", f"{name}: {state.state} after {state.attempts} attempts: {state.error or state.note}"
    return dict(state.result or {})
