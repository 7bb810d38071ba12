"""The plugins' routes: each plugin is mounted by itself, and what cannot be mounted is that plugin's fault alone."""

from __future__ import annotations

from collections.abc import Iterable

from litestar import Router

from linli.plugins.discovery import PluginsRefused, fault_of
from linli.plugins.manifest import ManifestFault
from linli.plugins.registry import Plugins
from linli.web.mount import mount
from linli.web.routing import Portal
from linli.web.site import Site

_LEVELS = {"street": Portal.STREET_API, "community": Portal.COMMUNITY_API}


def mount_plugins(site: Site) -> list[Router]:
    """A router for each plugin and portal; plugins that do not fit are put aside, or the start is refused.

    Their names are no part of an address of the core's: ``RESERVED_NAMES``.

    Args:
        site: whose plugins are mounted; afterwards it serves those that fit.

    Raises:
        PluginsRefused: one does not fit, and this installation does not put broken plugins aside.
    """
    mounted: dict[str, list[Router]] = {}
    faults: dict[str, str] = {}
    for name in site.plugins.names:
        try:
            mounted[name] = [
                mount(site, portal, handlers, owner=name) for portal, handlers in _declared(site.plugins, name)
            ]
        except (Exception, SystemExit) as error:
            faults[name] = f"{type(error).__name__}: {error}"
    if faults and site.house.settings.plugin_failure == "refuse":
        raise PluginsRefused([fault_of(site.plugins[name], ManifestFault(why)) for name, why in faults.items()])
    site.serve(site.plugins.without(faults))
    return [router for name in site.plugins.names for router in mounted[name]]


def _declared(plugins: Plugins, name: str) -> Iterable[tuple[Portal, Iterable[object]]]:
    for pages in plugins.pages:
        if pages.owner == name:
            yield Portal(pages.item.portal), pages.item.handlers
    for api in plugins.routes:
        if api.owner == name:
            yield _LEVELS[api.item.level], api.item.handlers
