"""What this room contributes: the demo's work when a plugin is switched on."""

from __future__ import annotations

from collections.abc import Sequence

from linli.manifests import demo_plugins
from linli.plugins.contributions import TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.tasks.registry import specs_of


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(demo_plugins)
