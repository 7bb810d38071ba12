"""What this room contributes: the sweep of the attachments, and what they keep about people."""

from __future__ import annotations

from collections.abc import Sequence

from linli.files import tasks
from linli.files.retention import DATA_CLASSES, PERSONAL_DATA
from linli.plugins.contributions import DataClass, PersonalData, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.tasks.registry import specs_of


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
