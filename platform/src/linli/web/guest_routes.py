"""The plugins' routes: each plugin is mounted by itself, and what cannot be mounted is that plugin's fault alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litestar import Router

from linli.plugins.discovery import PluginsRefused, fault_of
from linli.plugins.registry import Plugins
from linli.web.mount import mount
from linli.web.place import PREFIXES
from linli.web.routing import Handler, Portal
from linli.web.site import Site

_LEVELS = {"street": Portal.STREET_API, "community": Portal.COMMUNITY_API}


def mount_plugins(site: Site, core: Mapping[Portal, Iterable[Handler]]) -> list[Router]:
    """A router for each plugin and portal; plugins that do not fit are put aside, or the start is refused.

    Args:
        site: whose plugins are mounted; afterwards it serves those that fit.
        core: the core's own handlers, none of whose addresses may be taken.

    Raises:
        PluginsRefused: one does not fit, and this installation does not put broken plugins aside.
    """
    taken = _taken(core)
    mounted: dict[str, list[Router]] = {}
    faults: dict[str, str] = {}
    for name in site.plugins.names:
        try:
            mounted[name] = _routers(site, name, taken)
        except (Exception, SystemExit) as error:
            faults[name] = str(error) if isinstance(error, AddressTaken) else f"{type(error).__name__}: {error}"
    if faults and site.house.settings.plugin_failure == "refuse":
        raise PluginsRefused([fault_of(site.plugins[name], AddressTaken(why)) for name, why in faults.items()])
    site.serve(site.plugins.without(faults))
    return [router for name in site.plugins.names for router in mounted[name]]


class AddressTaken(ValueError):
    """A plugin's addresses would stand where the core's stand."""


def _routers(site: Site, name: str, taken: Mapping[Portal, frozenset[str]]) -> list[Router]:
    routers = []
    for portal, handlers in _declared(site.plugins, name):
        if name in taken[portal]:
            raise AddressTaken(f"its name is part of an address of the core: {PREFIXES[portal]}/{name}; rename it")
        routers.append(mount(site, portal, handlers, owner=name))
    return routers


def _declared(plugins: Plugins, name: str) -> Iterable[tuple[Portal, Iterable[object]]]:
    for pages in plugins.pages:
        if pages.owner == name:
            yield Portal(pages.item.portal), pages.item.handlers
    for api in plugins.routes:
        if api.owner == name:
            yield _LEVELS[api.item.level], api.item.handlers


def _taken(core: Mapping[Portal, Iterable[Handler]]) -> dict[Portal, frozenset[str]]:
    """The first parts of the core's paths below each portal."""
    return {
        portal: frozenset(handler.path.split("/")[1] for handler in core.get(portal, ()) if handler.path != "/")
        for portal in Portal
    }
