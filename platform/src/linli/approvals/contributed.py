"""What this room contributes: what requests for approval keep about people."""

from __future__ import annotations

from collections.abc import Sequence

from linli.approvals.retention import DATA_CLASSES, PERSONAL_DATA
from linli.plugins.contributions import DataClass, PersonalData
from linli.plugins.hookspecs import hookimpl


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
