"""What this room contributes: numbers are kept by the hour, and tidied by night."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.contributions import TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.showing import tasks
from linli.tasks.registry import specs_of


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)
