"""Which plugins the street allows, and where they are switched on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from litestar import Request

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.plugins import service
from linli.plugins.health import State, health_of, resume
from linli.plugins.manifest import CATEGORIES, PluginManifest
from linli.plugins.profile import profile_of
from linli.plugins.registry import Plugins
from linli.plugins.repository import CommunityState, allowed_plugins, enablements, known_versions, matrix
from linli.tenancy.models import Compound
from linli.tenancy.repository import list_compounds
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post


@dataclass(frozen=True, slots=True)
class PluginCard:
    """A plugin as the portals show it; ``on`` is the number of communities where it is on, ``state`` its health."""

    name: str
    title: str
    description: str
    category: str
    version: str
    requires: list[str]
    per_compound: bool
    is_allowed: bool
    on: int
    state: State = "ok"


@dataclass(frozen=True, slots=True)
class CompoundSwitch:
    """One compound and whether a plugin is on there by itself."""

    id: UUID
    name: str
    is_on: bool


def _plugins(request: Request) -> Plugins:
    return request.app.state.site.plugins


def _card(
    plugins: Plugins,
    manifest: PluginManifest,
    versions: dict[str, str],
    allowed: frozenset[str],
    on: int,
    state: State = "ok",
) -> PluginCard:
    titles = {each.name: _(each.title) for each in plugins.manifests}
    return PluginCard(
        name=manifest.name,
        title=_(manifest.title),
        description=_(manifest.description),
        category=_(CATEGORIES[manifest.category]),
        version=versions.get(manifest.name, ""),
        requires=[titles.get(name, name) for name in manifest.requires],
        per_compound=manifest.per_compound,
        is_allowed=manifest.name in allowed,
        on=on,
        state=state,
    )


def _versions(session: ScopedSession) -> dict[str, str]:
    return {name: row.version for name, row in known_versions(session).items()}


@get("/plugins", needs="core.plugin.read")
def show_street_plugins(
    session: ScopedSession, request: Request, q: str = "", category: str = "", state: str = ""
) -> View:
    """The gallery of every plugin, and what is on in each community."""
    plugins = _plugins(request)
    states = matrix(session)
    allowed, versions = allowed_plugins(session), _versions(session)
    health = health_of(session, plugins, request.app.state.site.aside)
    fares: dict[str, State] = {each.name: each.state for each in health}
    every = [
        _card(plugins, each, versions, allowed, _count(states, each.name), fares[each.name])
        for each in plugins.manifests
    ]
    of_category = {each.name for each in plugins.manifests if category in ("", each.category)}
    cards = [each for each in every if each.name in of_category and _is_wanted(each, q.strip(), state)]
    context = {
        "cards": cards,
        "shown": [each for each in every if each.is_allowed],
        "states": states,
        "paused": [each for each in health if each.state in ("open", "fault")],
        "categories": {each: _(CATEGORIES[each]) for each in _categories(plugins)},
        "standings": {"allowed": _("已允许"), "not_allowed": _("未允许"), "trouble": _("出了故障")},
        "is_filtered": bool(q.strip() or category or state),
    }
    return View("plugins/street.html", context, fragment="plugins/_gallery.html")


def _categories(plugins: Plugins) -> list[str]:
    return [each for each in CATEGORIES if any(each == manifest.category for manifest in plugins.manifests)]


def _is_wanted(card: PluginCard, words: str, standing: str) -> bool:
    if words and not any(words.casefold() in text.casefold() for text in (card.name, card.title, card.description)):
        return False
    standings = {"allowed": card.is_allowed, "not_allowed": not card.is_allowed, "trouble": card.state != "ok"}
    return standings.get(standing, True)


def _count(states: list[CommunityState], name: str) -> int:
    return sum(name in state.on or name in state.partly_on for state in states)


@get("/plugins/{name:str}", needs="core.plugin.read")
def show_street_plugin(session: ScopedSession, request: Request, name: str) -> View:
    """One plugin: what it asks and keeps, whether it is allowed, its switch in each community, how it fares."""
    plugins = _plugins(request)
    states, manifest = matrix(session), _found(plugins, name)
    health = next(each for each in health_of(session, plugins, request.app.state.site.aside) if each.name == name)
    card = _card(plugins, manifest, _versions(session), allowed_plugins(session), _count(states, name), health.state)
    context = {"card": card, "states": states, "health": health, "profile": profile_of(plugins, name)}
    return View("plugins/plugin.html", context)


def _found(plugins: Plugins, name: str) -> PluginManifest:
    if name not in plugins:
        raise NotFound(_("没有安装名为“{name}”的插件").format(name=name))
    return plugins[name].manifest


@get("/plugins/health", needs="core.plugin.read")
def show_plugin_health(session: ScopedSession, request: Request) -> View:
    """How every plugin fares in this street."""
    site = request.app.state.site
    return View("plugins/health.html", {"plugins": health_of(session, site.plugins, site.aside)})


@post("/plugins/{name:str}/resume", needs="core.plugin.allow")
def resume_plugin(session: ScopedSession, actor: Actor, request: Request, name: str) -> Redirect:
    """Let it through again at once."""
    done = resume(session, actor, _plugins(request), name)
    return Redirect("/plugins/health", message=_("已恢复使用") if done else _("它没有被停用，不需要恢复"))


@post("/plugins/{name:str}/allow", needs="core.plugin.allow")
def allow_plugin(session: ScopedSession, actor: Actor, request: Request, name: str) -> Redirect:
    """Let the communities use it."""
    service.allow(session, actor, _plugins(request), name)
    return Redirect(f"/plugins/{name}", message=_("已允许各社区使用"))


@post("/plugins/{name:str}/disallow", needs="core.plugin.allow")
def disallow_plugin(session: ScopedSession, actor: Actor, request: Request, name: str) -> Redirect:
    """Take it away from the communities; nothing that it stored is lost."""
    service.disallow(session, actor, _plugins(request), name)
    return Redirect(f"/plugins/{name}", message=_("已停止各社区使用，资料仍保留"))


@post("/plugins/{name:str}/communities/{community_id:uuid}/enable", needs="core.plugin.enable")
def enable_in_community(
    session: ScopedSession, actor: Actor, request: Request, name: str, community_id: UUID
) -> Redirect:
    """Switch it on in one community."""
    service.enable(session, actor, _plugins(request), name, community_id=community_id)
    return Redirect(f"/plugins/{name}", message=_("已启用"))


@post("/plugins/{name:str}/communities/{community_id:uuid}/disable", needs="core.plugin.enable")
def disable_in_community(
    session: ScopedSession, actor: Actor, request: Request, name: str, community_id: UUID
) -> Redirect:
    """Switch it off in one community."""
    service.disable(session, actor, _plugins(request), name, community_id=community_id)
    return Redirect(f"/plugins/{name}", message=_("已停用，资料仍保留"))


@get("/plugins", needs="core.plugin.read")
def show_plugins(session: ScopedSession, actor: Actor, request: Request, place: Place) -> View:
    """The plugins that the street allows, each with its switch for this community and for its compounds."""
    plugins, here = _plugins(request), _here(place)
    allowed, versions = allowed_plugins(session), _versions(session)
    rows = enablements(session, community_id=here)
    whole = {row.plugin for row in rows if row.compound_id is None}
    compounds: list[Compound] = list(list_compounds(session, actor, community_id=here).items)
    cards, switches = [], {}
    for manifest in plugins.manifests:
        if manifest.name not in allowed:
            continue
        single = {row.compound_id for row in rows if row.plugin == manifest.name and row.compound_id}
        card = _card(plugins, manifest, versions, allowed, 0)
        cards.append((card, manifest.name in whole, len(single)))
        if manifest.per_compound:
            switches[manifest.name] = [CompoundSwitch(each.id, each.name, each.id in single) for each in compounds]
    return View("plugins/community.html", {"cards": cards, "switches": switches})


@get("/plugins/{name:str}", needs="core.plugin.read")
def show_plugin(session: ScopedSession, request: Request, name: str) -> View:
    """What a plugin that the street allows asks and keeps, before it is switched on."""
    plugins = _plugins(request)
    allowed = allowed_plugins(session)
    manifest = _found(plugins, name)
    if name not in allowed:
        raise NotFound(_("街道没有允许使用“{title}”").format(title=_(manifest.title)))
    card = _card(plugins, manifest, _versions(session), allowed, 0)
    return View("plugins/profile.html", {"card": card, "profile": profile_of(plugins, name)})


def _here(place: Place) -> UUID:
    if place.community is None:
        raise NotFound
    return place.community.id


@post("/plugins/{name:str}/enable", needs="core.plugin.enable")
def enable_plugin(session: ScopedSession, actor: Actor, request: Request, place: Place, name: str) -> Redirect:
    """Switch it on in the whole community."""
    service.enable(session, actor, _plugins(request), name, community_id=_here(place))
    return Redirect("/plugins", message=_("已启用"))


@post("/plugins/{name:str}/disable", needs="core.plugin.enable")
def disable_plugin(session: ScopedSession, actor: Actor, request: Request, place: Place, name: str) -> Redirect:
    """Switch it off in the whole community."""
    service.disable(session, actor, _plugins(request), name, community_id=_here(place))
    return Redirect("/plugins", message=_("已停用，资料仍保留"))


@post("/plugins/{name:str}/compounds/{compound_id:uuid}/enable", needs="core.plugin.enable")
def enable_in_compound(
    session: ScopedSession, actor: Actor, request: Request, place: Place, name: str, compound_id: UUID
) -> Redirect:
    """Switch it on in one compound."""
    service.enable(session, actor, _plugins(request), name, community_id=_here(place), compound_id=compound_id)
    return Redirect("/plugins", message=_("已启用"))


@post("/plugins/{name:str}/compounds/{compound_id:uuid}/disable", needs="core.plugin.enable")
def disable_in_compound(
    session: ScopedSession, actor: Actor, request: Request, place: Place, name: str, compound_id: UUID
) -> Redirect:
    """Switch it off in one compound."""
    service.disable(session, actor, _plugins(request), name, community_id=_here(place), compound_id=compound_id)
    return Redirect("/plugins", message=_("已停用，资料仍保留"))


console = [
    show_street_plugins,
    show_street_plugin,
    show_plugin_health,
    resume_plugin,
    allow_plugin,
    disallow_plugin,
    enable_in_community,
    disable_in_community,
]
admin = [show_plugins, show_plugin, enable_plugin, disable_plugin, enable_in_compound, disable_in_compound]
