"""Writing what differs, through the same services as the portals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, select

from linli.db.session import ScopedSession
from linli.kit.ids import new_id
from linli.manifests.checks import PORTAL_SETTINGS
from linli.plugins.registry import Plugins
from linli.plugins.service import allow, disable, disallow, enable
from linli.settings.service import set_settings
from linli.tenancy.models import Community, CommunitySummary, Compound, Domain, Tenant
from linli.tenancy.places import create_compound, update_compound
from linli.tenancy.schemas import CompoundIn

if TYPE_CHECKING:
    from linli.manifests.applying import Difference


def write_changes(session: ScopedSession, plugins: Plugins, tenant: Tenant, differences: Sequence[Difference]) -> None:
    """Write every difference: the street first, then its communities, compounds, settings and plugins."""
    changed = [each for each in differences if each.what != "unchanged"]
    _write_street(session, tenant, changed)
    communities = {each.code: each for each in session.scalars(select(Community))}
    for code, values in _grouped(changed, "communities", 3).items():
        _write_community(session, communities, code, values)
    session.flush()
    for (code, name), values in _compounds(changed).items():
        _write_compound(session, communities[code].id, name, values)
    _write_settings(session, communities, changed)
    _write_plugins(session, plugins, communities, changed)


def _write_street(session: ScopedSession, tenant: Tenant, changed: Iterable[Difference]) -> None:
    for each in changed:
        if each.key in {("slug",), ("name",), ("district_name",)}:
            setattr(tenant, each.key[0], each.after)
        elif each.key == ("domains",):
            session.execute(delete(Domain).where(Domain.tenant_id == tenant.id))
            session.add_all(Domain(host=host, tenant_id=tenant.id) for host in each.after)
    session.flush()


def _grouped(changed: Iterable[Difference], table: str, depth: int) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for each in changed:
        if each.key[0] == table and len(each.key) == depth:
            groups.setdefault(each.key[1], {})[each.key[2]] = each.after
    return groups


def _compounds(changed: Iterable[Difference]) -> dict[tuple[str, str], dict[str, Any]]:
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for each in changed:
        if len(each.key) == 5 and each.key[2] == "compounds":
            groups.setdefault((each.key[1], each.key[3]), {})[each.key[4]] = each.after
    return groups


def _write_community(session: ScopedSession, known: dict[str, Community], code: str, values: dict[str, Any]) -> None:
    community = known.get(code)
    if community is None:
        known[code] = community = Community(id=new_id(), **values)
        session.add(community)
        session.flush()
        session.add(CommunitySummary(community_id=community.id))
        return
    for field, value in values.items():
        setattr(community, field, value)
    # A manifest that names a community says that it is there.
    community.status, community.vanished_at = "active", None


def _write_compound(session: ScopedSession, community_id: UUID, name: str, values: dict[str, Any]) -> None:
    query = select(Compound).where(Compound.community_id == community_id, Compound.name == name)
    compound = session.scalars(query).one_or_none()
    if compound is None:
        create_compound(session, session.actor, community_id, CompoundIn(**{"name": name, **values}))
        return
    fields = CompoundIn.__struct_fields__
    whole = {**{field: getattr(compound, field) for field in fields}, **values}
    update_compound(session, session.actor, compound.id, compound.version, CompoundIn(**whole))
    compound.archived_at = None


def _write_settings(session: ScopedSession, communities: dict[str, Community], changed: Iterable[Difference]) -> None:
    places: dict[tuple[str, UUID | None], dict[str, Any]] = {}
    for each in changed:
        if each.key == ("rule_set",):
            places.setdefault(("core", None), {})["rule_set"] = each.after
        elif "portal" in each.key[:-1]:
            community_id = communities[each.key[1]].id if each.key[0] == "communities" else None
            places.setdefault(("core", community_id), {})[PORTAL_SETTINGS[each.key[-1]]] = each.after
        elif each.key[0] == "plugins" and each.key[2] == "settings":
            places.setdefault((each.key[1], None), {})[each.key[3]] = each.after
    for (owner, community_id), values in places.items():
        set_settings(session, session.actor, owner, values, community_id=community_id, source="manifest")


def _write_plugins(
    session: ScopedSession, plugins: Plugins, communities: dict[str, Community], changed: Sequence[Difference]
) -> None:
    allowed = {each.key[1]: each.after for each in changed if each.key[0] == "plugins" and each.key[2] == "allowed"}
    lists = {each.key[1]: each for each in changed if each.key[0] == "plugins" and each.key[2] == "communities"}
    # What a plugin requires comes before it, and goes after it.
    for name in plugins.names:
        if allowed.get(name):
            allow(session, session.actor, plugins, name)
        for code in _only_in(lists.get(name), "after", "before"):
            enable(session, session.actor, plugins, name, community_id=communities[code].id)
    for name in reversed(plugins.names):
        for code in _only_in(lists.get(name), "before", "after"):
            disable(session, session.actor, plugins, name, community_id=communities[code].id)
        if allowed.get(name) is False:
            disallow(session, session.actor, plugins, name)


def _only_in(codes: Difference | None, one: str, other: str) -> list[str]:
    return [] if codes is None else sorted(set(getattr(codes, one) or ()) - set(getattr(codes, other) or ()))
