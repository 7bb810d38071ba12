"""What this room contributes: rosters in the background, whole numbers as an act, the register of people."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.contributions import Act, DataClass, PersonalData, TaskSpec
from linli.plugins.hookspecs import hookimpl
from linli.residents import tasks
from linli.residents.retention import DATA_CLASSES, PERSONAL_DATA
from linli.residents.roster.leave import ACTS
from linli.tasks.registry import specs_of


@hookimpl
def register_acts() -> Sequence[Act]:
    return ACTS


@hookimpl
def register_tasks() -> Sequence[TaskSpec]:
    return specs_of(tasks)


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
