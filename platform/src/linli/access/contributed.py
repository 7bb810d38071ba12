"""What this room contributes: the core's permissions and roles, and the acts on administrators' roles."""

from __future__ import annotations

from collections.abc import Sequence

from linli.access.acts import ACTS
from linli.access.permissions import CORE_PERMISSIONS
from linli.access.retention import DATA_CLASSES, PERSONAL_DATA
from linli.access.roles import BUILT_IN_ROLES
from linli.access.searching import search_staff
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.plugins.contributions import Act, DataClass, Found, Permission, PersonalData, Role, SearchProvider
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


def _in_console(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    return _staff(session, actor, words, limit, "staff")


def _in_community(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    return _staff(session, actor, words, limit, "roles")


def _staff(session: ScopedSession, actor: Actor, words: str, limit: int, base: str) -> Sequence[Found]:
    found = search_staff(session, actor, words, limit)
    return [Found(each.name, f"{base}/people/{each.account_id}", each.held) for each in found]


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    name, title, needs = "core.staff", "工作人员", "core.staff.read"
    return [
        SearchProvider(name=name, title=title, portal="console", find=_in_console, needs=needs, order=50),
        SearchProvider(name=name, title=title, portal="admin", find=_in_community, needs=needs, order=50),
    ]
