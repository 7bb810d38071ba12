"""Which kinds of push somebody may use, and what a chosen set of communities would see of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Invalid, LinliError, NotFound
from linli.kit.text import gettext as _
from linli.obligations.models import ObligationRecord
from linli.plugins.containment import PUSH, PluginFailed, call
from linli.plugins.gate import CORE, is_on
from linli.plugins.pushing import Foreseen, Push, declared_pushes
from linli.plugins.repository import enablements
from linli.tenancy.overview import CommunityLine, community_lines

T = TypeVar("T")

#: Communities of one push at most; a street has a few dozen.
MOST = 500
#: Which communities: all, those that are ticked, those with overdue duties, those with a plugin on.
WHOM: dict[str, str] = {
    "all": "全部社区",
    "chosen": "下面选中的社区",
    "overdue": "有逾期履职事项的社区",
    "no_plugin": "没有启用相关插件的社区除外",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A community, and what a push would do there."""

    id: UUID
    name: str
    code: str
    foreseen: Foreseen


def kinds_for(actor: Actor, allowed: Collection[str]) -> list[tuple[str, Push]]:
    """Owner and kind of each that somebody may use, of the core and of plugins that the street allows."""
    return [each for each in declared_pushes().values() if is_on(each[0], allowed) and actor.can(each[1].needs)]


def find_kind(actor: Actor, allowed: Collection[str], name: str) -> tuple[str, Push]:
    """Owner and kind; raises ``NotFound`` where there is none that the actor may use."""
    found = next((each for each in kinds_for(actor, allowed) if each[1].name == name), None)
    if found is None:
        raise NotFound(_("没有这种下发"))
    return found


def wanted_communities(session: ScopedSession, owner: str, whom: str, chosen: Collection[UUID]) -> list[CommunityLine]:
    """The communities that a form names, by code.

    Raises:
        Invalid: none is left.
    """
    lines = community_lines(session, state="active", limit=MOST).items
    if whom == "chosen":
        lines = [line for line in lines if line.id in chosen]
    elif whom == "overdue":
        late = set(
            session.scalars(
                select(ObligationRecord.community_id)
                .where(ObligationRecord.is_shown, ObligationRecord.state == "overdue")
                .distinct()
            )
        )
        lines = [line for line in lines if line.id in late]
    elif whom == "no_plugin" and owner != CORE:
        on = _where_on(session, owner)
        lines = [line for line in lines if line.id in on]
    if not lines:
        raise Invalid.one("communities", _("没有选中任何社区"), _("至少一个"))
    return list(lines)


def lines_by_id(session: ScopedSession, ids: Collection[UUID]) -> list[CommunityLine]:
    """Communities by id, in the order of their codes; those that are gone are left out."""
    wanted = set(ids)
    return [line for line in community_lines(session, state="active", limit=MOST).items if line.id in wanted]


def foresee(
    session: ScopedSession, actor: Actor, owner: str, kind: Push, communities: Sequence[CommunityLine], data: Any
) -> list[Line]:
    """What would happen in each community; those where the plugin is off or the actor may not are refused.

    Raises:
        Invalid: the form has a fault.
        Conflict: the plugin could not say.
    """
    ids = [each.id for each in communities]
    answer = asked(session, owner, kind, lambda: dict(kind.preview(session, actor, ids, data)))
    on = None if owner == CORE else _where_on(session, owner)
    found = []
    for each in communities:
        told = answer.get(each.id, Foreseen("", _("插件没有说明会做什么")))
        if on is not None and each.id not in on:
            told = Foreseen(told.text, _("这个社区没有启用这个插件"))
        elif not actor.can(kind.needs, community_id=each.id):
            told = Foreseen(told.text, _("您在这个社区没有权限"))
        found.append(Line(each.id, each.name, each.code, told))
    return found


def _where_on(session: ScopedSession, owner: str) -> set[UUID]:
    return {row.community_id for row in enablements(session) if row.plugin == owner}


def asked(session: ScopedSession, owner: str, kind: Push, work: Callable[[], T]) -> T:
    """Call a push's code: the core's as it is, a plugin's contained.

    Raises:
        LinliError: what the code means to say.
        PluginFailed: a plugin's code broke.
    """
    if owner == CORE:
        return work()
    return call(session, owner, PUSH, work, where=kind.name, expected=(LinliError,))


def data_of(kind: Push, payload: Mapping[str, Any]) -> Any:
    """The data of a push from what was kept."""
    return msgspec.convert(payload, kind.data, strict=False)


def payload_of(data: msgspec.Struct) -> dict[str, Any]:
    """The data of a push as JSON values."""
    found: dict[str, Any] = msgspec.to_builtins(data)
    return found


__all__ = [
    "MOST",
    "WHOM",
    "Line",
    "PluginFailed",
    "asked",
    "data_of",
    "find_kind",
    "foresee",
    "kinds_for",
    "lines_by_id",
    "payload_of",
    "wanted_communities",
]
