"""What a manifest can say about a street office, as flat keys: as it is in the database, and as a manifest wants it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.manifests.checks import PORTAL_SETTINGS
from linli.manifests.reading import given
from linli.manifests.schemas import CommunitySection, Manifest, PortalSection
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.settings.catalogue import check_written
from linli.settings.models import Setting
from linli.tenancy.models import Community, Compound, Domain, Tenant
from linli.tenancy.naming import tidy

#: ``("communities", "110105017036", "portal", "theme")``
Key = tuple[str, ...]
State = dict[Key, Any]

COMMUNITY_FIELDS = ("code", "slug", "name", "register_name", "office_phone", "office_address")
COMPOUND_FIELDS = ("name", "kind", "is_old", "condition", "address", "built_year", "management")
_PORTAL_KEYS = {setting: key for key, setting in PORTAL_SETTINGS.items()}


def read_state(session: ScopedSession, tenant: Tenant) -> State:
    """Everything that a manifest could name of this street, as it is now; six queries."""
    state: State = {
        ("slug",): tenant.slug,
        ("name",): tenant.name,
        ("district_name",): tenant.district_name,
        ("domains",): sorted(session.scalars(select(Domain.host).where(Domain.tenant_id == tenant.id))),
    }
    codes = _read_communities(session, state)
    _read_compounds(session, state, codes)
    _read_settings(session, state, codes)
    _read_plugins(session, state, codes)
    return state


def _read_communities(session: ScopedSession, state: State) -> dict[Any, str]:
    communities = session.scalars(select(Community).where(Community.status == "active").order_by(Community.code)).all()
    for community in communities:
        for field in COMMUNITY_FIELDS:
            state["communities", community.code, field] = getattr(community, field)
    return {community.id: community.code for community in communities}


def _read_compounds(session: ScopedSession, state: State, codes: dict[Any, str]) -> None:
    query = select(Compound).where(Compound.archived_at.is_(None)).order_by(Compound.name)
    for compound in session.scalars(query):
        if code := codes.get(compound.community_id):
            for field in COMPOUND_FIELDS:
                state["communities", code, "compounds", compound.name, field] = getattr(compound, field)


def _read_settings(session: ScopedSession, state: State, codes: dict[Any, str]) -> None:
    for setting in session.scalars(select(Setting).where(Setting.compound_id.is_(None), Setting.secret_ct.is_(None))):
        place: Key = ()
        if setting.community_id is not None:
            if setting.community_id not in codes:
                continue
            place = ("communities", codes[setting.community_id])
        if setting.owner == "core" and setting.key in _PORTAL_KEYS:
            state[*place, "portal", _PORTAL_KEYS[setting.key]] = setting.value
        elif setting.owner == "core" and setting.key == "rule_set" and not place:
            state["rule_set",] = setting.value
        elif setting.owner != "core" and not place:
            state["plugins", setting.owner, "settings", setting.key] = setting.value


def _read_plugins(session: ScopedSession, state: State, codes: dict[Any, str]) -> None:
    for plugin in session.scalars(select(PluginAllowance.plugin)):
        state["plugins", plugin, "allowed"] = True
        state["plugins", plugin, "communities"] = []
    rows = session.execute(
        select(PluginEnablement.plugin, PluginEnablement.community_id).where(PluginEnablement.compound_id.is_(None))
    )
    for plugin, community_id in rows:
        key = ("plugins", plugin, "communities")
        if community_id in codes and key in state:
            state[key] = sorted([*state[key], codes[community_id]])


def wanted_state(manifest: Manifest, codes: Iterable[str]) -> State:
    """The keys that a manifest names, with the values as the database would hold them.

    Args:
        manifest: without faults.
        codes: of the street's active communities, for a plugin that is to be on in all of them.
    """
    state: State = {
        (name,): value for name in ("slug", "name", "district_name", "rule_set") if (value := getattr(manifest, name))
    }
    if manifest.domains is not UNSET:
        state["domains",] = sorted(set(manifest.domains))
    _want_portal(state, (), manifest.portal)
    for community in manifest.communities or []:
        _want_community(state, community)
    every = sorted({*codes, *(community.code for community in manifest.communities or [])})
    for name, plugin in (manifest.plugins or {}).items():
        state["plugins", name, "allowed"] = plugin.allowed
        if plugin.communities is not UNSET:
            state["plugins", name, "communities"] = (
                every if plugin.communities == "all" else sorted(set(plugin.communities))
            )
        for key, value in check_written(name, plugin.settings or {}).items():
            state["plugins", name, "settings", key] = value
    return state


def _want_portal(state: State, place: Key, portal: Any) -> None:
    if isinstance(portal, PortalSection):
        for key, value in given(portal).items():
            setting = PORTAL_SETTINGS[key]
            state[*place, "portal", key] = check_written("core", {setting: value})[setting]


def _want_community(state: State, community: CommunitySection) -> None:
    place = ("communities", community.code)
    for field in COMMUNITY_FIELDS:
        if (value := getattr(community, field)) is not UNSET:
            state[*place, field] = value.strip()
    _want_portal(state, place, community.portal)
    for compound in community.compounds or []:
        name = tidy(compound.name)
        for field, value in {**given(compound), "name": name}.items():
            state[*place, "compounds", name, field] = value
