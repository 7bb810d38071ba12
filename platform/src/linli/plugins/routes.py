"""Plugins in the API: what the street allows, and what is on in a community."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct, convert

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.plugins import service
from linli.plugins.health import health_of, resume
from linli.plugins.manifest import CATEGORIES
from linli.plugins.profile import profile_of
from linli.plugins.registry import Plugins
from linli.plugins.repository import allowed_plugins, enablements, known_versions
from linli.web.results import Page, page_of
from linli.web.routing import delete, get, post, put


class PluginOut(Struct):
    """A plugin and where it is switched on, within what the caller's place can see."""

    name: str
    title: str
    description: str
    category: str
    category_title: str
    version: str
    requires: list[str]
    per_compound: Annotated[bool, Meta(description="may be switched on for single compounds")]
    is_allowed: Annotated[bool, Meta(description="the street lets its communities use it")]
    communities: Annotated[list[UUID], Meta(description="where it is on as a whole")]
    compounds: Annotated[list[UUID], Meta(description="where it is on by itself")]


class FailureOut(Struct):
    """One call that failed: its type and the plugin's own names, without a word of the data that it met."""

    at: datetime
    error: str
    kind: str
    where: str


class PartOut(Struct):
    """One part of a plugin in this street: `calls` inside the core's pages, its own `pages`, its `jobs`."""

    part: str
    title: str
    state: Annotated[str, Meta(description="`ok`, `open`: left out for now, `tried`: the next answer decides")]
    open_until: Annotated[datetime | None, Meta(description="when it is tried again by itself")]
    failures: int
    slowest_ms: Annotated[int, Meta(description="of the calls that took longer than their budget; 0 when none did")]
    slowest_at: datetime | None
    slowest_kind: str
    slowest_where: str
    budget_ms: int
    errors: list[FailureOut]


class PluginHealthOut(Struct):
    """How a plugin fares in this street."""

    name: str
    title: str
    state: Annotated[str, Meta(description="`ok`, `tried`, `open`, or `fault`: it does not run at all")]
    version: str
    migrated_version: Annotated[str, Meta(description="that the database was last migrated for")]
    warning: Annotated[str, Meta(description="what its authors should see to soon")]
    is_migrated: Annotated[bool, Meta(description="its tables are as its code wants them")]
    parts: list[PartOut]


class AskedPermissionOut(Struct):
    """A right that the plugin brings."""

    code: str
    title: str
    roles: Annotated[list[str], Meta(description="titles of roles that hold it unless the street decides otherwise")]


class KeptAboutPeopleOut(Struct):
    """Personal data that the plugin keeps."""

    title: str
    purpose: str
    basis: str


class KeptForOut(Struct):
    """A class of the plugin's data with its period."""

    name: str
    title: str
    days: Annotated[int | None, Meta(description="unless the street chose otherwise; null for ever")]
    source: str


class AdditionOut(Struct):
    """What the plugin adds of one kind."""

    kind: str
    titles: Annotated[list[str], Meta(description="of each, or how many where they have none")]


class PluginProfileOut(Struct):
    """What a plugin asks for, keeps and adds."""

    name: str
    title: str
    description: str
    category: str
    category_title: str
    version: str
    sdk: Annotated[str, Meta(description="the version of the SDK that it was written for")]
    distribution: str
    licence: str
    author: str
    homepage: str
    requires: Annotated[list[str], Meta(description="titles of the plugins that it cannot do without")]
    needed_by: Annotated[list[str], Meta(description="titles of the plugins that cannot do without it")]
    permissions: list[AskedPermissionOut]
    core_permissions: Annotated[list[str], Meta(description="titles of rights of the core that its pages ask for")]
    personal: list[KeptAboutPeopleOut]
    kept: list[KeptForOut]
    adds: list[AdditionOut]
    settings: Annotated[int, Meta(description="how many settings it has")]
    tables: Annotated[bool, Meta(description="it has tables of its own")]


def _plugins(request: Request) -> Plugins:
    return request.app.state.site.plugins


@get("/plugins", needs="core.plugin.read", tags=["plugins"])
def list_plugins(session: ScopedSession, request: Request, after: After = "", limit: Limit = PAGE) -> Page[PluginOut]:
    """Every plugin that is installed, and where it is on"""
    rows, allowed, versions = enablements(session), allowed_plugins(session), known_versions(session)
    items = []
    for manifest in _plugins(request).manifests:
        mine = [row for row in rows if row.plugin == manifest.name]
        version = versions.get(manifest.name)
        items.append(
            PluginOut(
                name=manifest.name,
                title=_(manifest.title),
                description=_(manifest.description),
                category=manifest.category,
                category_title=_(CATEGORIES[manifest.category]),
                version=version.version if version else "",
                requires=list(manifest.requires),
                per_compound=manifest.per_compound,
                is_allowed=manifest.name in allowed,
                communities=[row.community_id for row in mine if row.compound_id is None],
                compounds=[row.compound_id for row in mine if row.compound_id is not None],
            )
        )
    return page_of(items, after, limit, key=lambda plugin: plugin.name)


@get("/plugins/{name:str}", needs="core.plugin.read", tags=["plugins"])
def get_plugin(session: ScopedSession, scope: Scope, request: Request, name: str) -> PluginProfileOut:
    """What a plugin asks for, keeps and adds; in a community only one that the street allows"""
    plugins = _plugins(request)
    if name not in plugins or (scope.community_id is not None and name not in allowed_plugins(session)):
        raise NotFound
    return convert(profile_of(plugins, name), PluginProfileOut, from_attributes=True)


@get("/plugins/health", needs="core.plugin.read", tags=["plugins"])
def list_plugin_health(
    session: ScopedSession, request: Request, after: After = "", limit: Limit = PAGE
) -> Page[PluginHealthOut]:
    """How every plugin fares in this street: its parts, what failed last, how slow it was"""
    site = request.app.state.site
    found = health_of(session, site.plugins, site.aside)
    items = [convert(each, PluginHealthOut, from_attributes=True) for each in found]
    return page_of(sorted(items, key=lambda each: each.name), after, limit, key=lambda plugin: plugin.name)


@post("/plugins/{name:str}/resume", needs="core.plugin.allow", status=204, tags=["plugins"])
def resume_plugin(session: ScopedSession, actor: Actor, request: Request, name: str) -> None:
    """Let a plugin that was left out through again at once; harmless where it was not"""
    resume(session, actor, _plugins(request), name)


@put("/plugins/{name:str}", needs="core.plugin.allow", status=204, tags=["plugins"])
def allow_plugin(session: ScopedSession, actor: Actor, request: Request, name: str) -> None:
    """Let the street's communities use a plugin and those that it requires"""
    service.allow(session, actor, _plugins(request), name)


@delete("/plugins/{name:str}", needs="core.plugin.allow", tags=["plugins"], also=(202,))
def disallow_plugin(
    session: ScopedSession,
    actor: Actor,
    request: Request,
    name: str,
    reason: Annotated[str, Meta(max_length=500)] = "",
) -> None:
    """Take a plugin away from the street's communities; its data stays"""
    if not service.disallow(session, actor, _plugins(request), name, reason=reason):
        raise NotFound


@put("/plugins/{name:str}", needs="core.plugin.enable", status=204, tags=["plugins"])
def enable_plugin(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    request: Request,
    name: str,
    compound_id: UUID | None = None,
) -> None:
    """Switch a plugin on in the community, or with `compound_id` in one compound"""
    here = _here(scope)
    service.enable(session, actor, _plugins(request), name, community_id=here, compound_id=compound_id)


@delete("/plugins/{name:str}", needs="core.plugin.enable", tags=["plugins"])
def disable_plugin(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    request: Request,
    name: str,
    compound_id: UUID | None = None,
) -> None:
    """Switch a plugin off in the community, or with `compound_id` in one compound; its data stays"""
    here = _here(scope)
    if not service.disable(session, actor, _plugins(request), name, community_id=here, compound_id=compound_id):
        raise NotFound


@put("/communities/{community_id:uuid}/plugins/{name:str}", needs="core.plugin.enable", status=204, tags=["plugins"])
def enable_in_community(session: ScopedSession, actor: Actor, request: Request, community_id: UUID, name: str) -> None:
    """Switch a plugin on in one community of the street"""
    service.enable(session, actor, _plugins(request), name, community_id=community_id)


@delete("/communities/{community_id:uuid}/plugins/{name:str}", needs="core.plugin.enable", tags=["plugins"])
def disable_in_community(session: ScopedSession, actor: Actor, request: Request, community_id: UUID, name: str) -> None:
    """Switch a plugin off in one community of the street; its data stays"""
    if not service.disable(session, actor, _plugins(request), name, community_id=community_id):
        raise NotFound


def _here(scope: Scope) -> UUID:
    if scope.community_id is None:
        raise NotFound
    return scope.community_id


street_api = [
    list_plugins,
    get_plugin,
    list_plugin_health,
    resume_plugin,
    allow_plugin,
    disallow_plugin,
    enable_in_community,
    disable_in_community,
]
community_api = [list_plugins, get_plugin, enable_plugin, disable_plugin]
