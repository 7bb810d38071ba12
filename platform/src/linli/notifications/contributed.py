"""What this room contributes: the core's kinds of messages, and the work of sending them."""

from __future__ import annotations

from collections.abc import Sequence

from linli.notifications import delivery
from linli.notifications.kinds import CORE_KINDS
from linli.notifications.retention import DATA_CLASSES, PERSONAL_DATA
from linli.plugins.contributions import DataClass, NotificationType, PersonalData, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.tasks.registry import specs_of


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return CORE_KINDS


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(delivery)


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
