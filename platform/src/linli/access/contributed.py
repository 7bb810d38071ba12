"""What this room contributes: the core's permissions and roles, and the acts on administrators' roles."""

from __future__ import annotations

from collections.abc import Sequence

from linli.access.acts import ACTS
from linli.access.permissions import CORE_PERMISSIONS
from linli.access.retention import DATA_CLASSES, PERSONAL_DATA
from linli.access.roles import BUILT_IN_ROLES
from linli.plugins.contributions import Act, DataClass, Permission, PersonalData, Role
from linli.plugins.hookspecs import hookimpl


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return CORE_PERMISSIONS


@hookimpl
def register_roles() -> Sequence[Role]:
    return BUILT_IN_ROLES


@hookimpl
def register_acts() -> Sequence[Act]:
    return ACTS


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return PERSONAL_DATA


@hookimpl
def register_retention() -> Sequence[DataClass]:
    return DATA_CLASSES
