"""What this room contributes: judging every night, the words of reminders, numbers of days, what residents may read."""

from __future__ import annotations

from collections.abc import Sequence

from linli.obligations import tasks
from linli.obligations.reminding import KINDS
from linli.obligations.settings import OBLIGATION_SETTINGS
from linli.plugins.contributions import Disclosure, NotificationType, SettingSpec, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.tasks.registry import specs_of


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)


@hookimpl
def register_notifications() -> Sequence[NotificationType]:
    return KINDS


@hookimpl
def register_settings() -> Sequence[SettingSpec]:
    return OBLIGATION_SETTINGS


@hookimpl
def register_disclosures() -> Sequence[Disclosure]:
    return [
        Disclosure(
            name="core.obligations",
            title="小区履职情况",
            description="按规定应当定期做的事，您的小区做了没有。",
            path="/duties",
            audience="residents",
            order=30,
        )
    ]
