"""What this room contributes: what it keeps about people, and for how long."""

from __future__ import annotations

from collections.abc import Sequence

from linli.events.retention import DATA_CLASSES, PERSONAL_DATA
from linli.plugins.contributions import DataClass, PersonalData
from linli.plugins.hookspecs import hookimpl


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
