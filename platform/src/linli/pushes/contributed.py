"""What this room contributes: the work of pushing down, and rules as something that is pushed."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.contributions import Push, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.pushes import tasks
from linli.pushes.of_rules import RULES
from linli.tasks.registry import specs_of


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)


@hookimpl
def register_pushes() -> Sequence[Push]:
    return [RULES]
