"""What this room contributes: requests of people about their data, and what is deleted in time."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.contributions import Act, DataClass, NotificationType, PersonalData, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.privacy import tasks
from linli.privacy.decisions import ACTS
from linli.privacy.retention import DATA_CLASSES, PERSONAL_DATA
from linli.privacy.telling import KINDS_TOLD
from linli.tasks.registry import specs_of


@hookimpl
def register_acts() -> Sequence[Act]:
    return ACTS


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return KINDS_TOLD


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
