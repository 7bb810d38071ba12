"""What the pages around all rooms contribute: the portals' menus, and what idempotency keeps."""

from __future__ import annotations

from collections.abc import Sequence

from linli.plugins.contributions import DataClass, NavigationItem, PersonalData
from linli.plugins.hookspecs import hookimpl
from linli.web.navigation import CORE_NAVIGATION
from linli.web.retention import DATA_CLASSES, PERSONAL_DATA


@hookimpl
def register_navigation() -> Sequence[NavigationItem]:
    return [each.declared for each in CORE_NAVIGATION]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
