"""Allowing a plugin for a street, switching it on and off in a community or a compound. What it stored stays."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from linli.approvals import require_approved
from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.plugins import repository
from linli.plugins.manifest import PluginManifest
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.plugins.registry import Plugins
from linli.tenancy.models import Community, Compound

_ALLOW = "core.plugin.allow"
_ENABLE = "core.plugin.enable"
#: The act that takes two people where the street says so; ``Plugins.activate`` registers it.
DISALLOW = "core.disallow_plugin"
#: Where ``Database.info`` keeps who is told of what was switched on: called with the session, the names and the
#: community, in the transaction that switches on. Only the demo wants to know.
SWITCHED_ON = "switched_on"
#: What one plugin requires of another is read and then relied on: changes of one street wait for each other.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('plugins:' || sec.tenant_id(), 0))")


def allow(session: Session, actor: Actor, plugins: Plugins, plugin: str) -> tuple[str, ...]:
    """Let the street's communities use a plugin, and those that it requires.

    Returns:
        The names that were newly allowed; empty when there was nothing to do.

    Raises:
        NotFound: no such plugin runs here.
        Conflict: the database has no tables for it or for one that it requires.
        Forbidden: the actor does not hold ``core.plugin.allow``.
    """
    _require(actor.can(_ALLOW))
    session.execute(_LOCK)
    allowed = repository.allowed_plugins(session)
    _require_set_up(session, plugins, _with_required(plugins, plugin))
    fresh = [name for name in _with_required(plugins, plugin) if name not in allowed]
    for name in fresh:
        session.add(PluginAllowance(plugin=name, allowed_by=actor.account_id))
        record(session, "core.plugin.allow", ("plugin", name))
    session.flush()
    return tuple(fresh)


def disallow(session: ScopedSession, actor: Actor, plugins: Plugins, plugin: str, *, reason: str = "") -> bool:
    """Take a plugin away from the street's communities at once; where it was on is kept for the day it comes back.

    Returns:
        Whether it was allowed before.

    Raises:
        Conflict: another allowed plugin requires it; names it.
        Forbidden: the actor does not hold ``core.plugin.allow``.
        ApprovalRequired: it takes a second person here.
    """
    _require(actor.can(_ALLOW))
    session.execute(_LOCK)
    row = repository.allowance(session, plugin)
    if row is None:
        return False
    _refuse_while_needed(plugins, plugin, repository.allowed_plugins(session))
    require_approved(session, actor, DISALLOW, {"plugin": plugin}, subject=("plugin", plugin), reason=reason)
    session.delete(row)
    session.flush()
    record(session, "core.plugin.disallow", ("plugin", plugin))
    return True


def enable(
    session: Session,
    actor: Actor,
    plugins: Plugins,
    plugin: str,
    *,
    community_id: UUID,
    compound_id: UUID | None = None,
) -> tuple[str, ...]:
    """Switch a plugin on, with those that it requires, in a community or in one of its compounds.

    Returns:
        The names that were newly switched on; empty when there was nothing to do.

    Raises:
        NotFound: no such plugin runs here, or there is no such place.
        Conflict: the street does not allow it or one that it requires, or the database has no tables for one of them.
        Invalid: it works for whole communities only, and a compound was named.
        Forbidden: the actor does not hold ``core.plugin.enable`` there.
    """
    _require(actor.can(_ENABLE, community_id=community_id, compound_id=compound_id))
    wanted = _with_required(plugins, plugin)
    _require_place(session, community_id, compound_id)
    if compound_id is not None and not plugins[plugin].manifest.per_compound:
        raise Invalid.one("compound_id", _("这个插件只能在整个社区启用"))
    session.execute(_LOCK)
    allowed = repository.allowed_plugins(session)
    if missing := [name for name in wanted if name not in allowed]:
        raise Conflict(_("街道还没有允许使用：{names}").format(names=_titles(plugins, missing)))
    _require_set_up(session, plugins, wanted)
    fresh: list[str] = []
    for name in wanted:
        # What a compound's plugin requires may work for whole communities only.
        place = compound_id if plugins[name].manifest.per_compound else None
        everywhere = repository.enablement(session, name, community_id, None)
        if everywhere or repository.enablement(session, name, community_id, place):
            continue
        row = PluginEnablement(plugin=name, community_id=community_id, compound_id=place, enabled_by=actor.account_id)
        session.add(row)
        session.flush()
        _note(session, "core.plugin.enable", name, community_id, place)
        fresh.append(name)
    if fresh and (told := session.info.get(SWITCHED_ON)) is not None:
        told(session, fresh, community_id)
    return tuple(fresh)


def disable(
    session: Session,
    actor: Actor,
    plugins: Plugins,
    plugin: str,
    *,
    community_id: UUID,
    compound_id: UUID | None = None,
) -> bool:
    """Switch a plugin off at a place, at once; its data stays and is there again when it is switched on.

    Returns:
        Whether it was on at exactly this place.

    Raises:
        NotFound: there is no such place.
        Conflict: another plugin that is on in the community requires it; names it.
        Forbidden: the actor does not hold ``core.plugin.enable`` there.
    """
    _require(actor.can(_ENABLE, community_id=community_id, compound_id=compound_id))
    _require_place(session, community_id, compound_id)
    session.execute(_LOCK)
    row = repository.enablement(session, plugin, community_id, compound_id)
    if row is None:
        return False
    others = [each for each in repository.enablements(session, community_id=community_id) if each is not row]
    still_here = {each.compound_id for each in others if each.plugin == plugin}
    if None not in still_here:
        needing = {each.plugin for each in others if each.compound_id not in still_here and _overlap(each, row)}
        _refuse_while_needed(plugins, plugin, needing)
    session.delete(row)
    session.flush()
    _note(session, "core.plugin.disable", plugin, community_id, compound_id)
    return True


def _overlap(one: PluginEnablement, other: PluginEnablement) -> bool:
    return one.compound_id is None or other.compound_id is None or one.compound_id == other.compound_id


def _require(permitted: bool) -> None:
    if not permitted:
        raise Forbidden


def _require_place(session: Session, community_id: UUID, compound_id: UUID | None) -> None:
    tenant_id = session.info["scope"].tenant_id
    # Communities are visible throughout the street; the scope says which of them this unit of work may touch.
    if not session.info["scope"].covers(community_id) or session.get(Community, (tenant_id, community_id)) is None:
        raise NotFound(_("没有找到这个社区"))
    if compound_id is not None:
        compound = session.get(Compound, (tenant_id, compound_id))
        if compound is None or compound.community_id != community_id:
            raise NotFound(_("没有找到这个小区"))


def _require_set_up(session: Session, plugins: Plugins, wanted: Iterable[str]) -> None:
    known = repository.known_versions(session)
    if lacking := [name for name in wanted if plugins[name].lineage is not None and name not in known]:
        message = _("“{names}”的数据表还没有建立，请平台管理员先运行 linli db upgrade")
        raise Conflict(message.format(names=_titles(plugins, lacking)))


def _with_required(plugins: Plugins, plugin: str) -> list[str]:
    if plugin not in plugins:
        raise NotFound(_("没有安装名为“{name}”的插件").format(name=plugin))
    wanted = {plugin}
    # In dependency order what a plugin requires stands before it: one walk backwards finds all.
    for manifest in reversed(plugins.manifests):
        if manifest.name in wanted:
            wanted.update(manifest.requires)
    return [name for name in plugins.names if name in wanted]


def _refuse_while_needed(plugins: Plugins, plugin: str, among: Iterable[str]) -> None:
    needing = [name for name in among if name in plugins and plugin in plugins[name].manifest.requires]
    if needing:
        raise Conflict(_("“{names}”需要这个插件，请先停用它们").format(names=_titles(plugins, sorted(needing))))


def _titles(plugins: Plugins, names: Iterable[str]) -> str:
    known: dict[str, PluginManifest] = {manifest.name: manifest for manifest in plugins.manifests}
    return listed(_(known[name].title) if name in known else name for name in names)


def _note(session: Session, action: str, plugin: str, community_id: UUID, compound_id: UUID | None) -> None:
    after = {"compound": str(compound_id)} if compound_id else None
    record(session, action, ("plugin", plugin), community_id=community_id, after=after)
