"""What this room contributes: the work that keeps the record and the keys in order."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.contributions import TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.tasks.registry import specs_of
from linli.upkeep import auditing, keys


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(auditing, keys)
