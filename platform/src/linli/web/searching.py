"""Who can be asked when a portal is searched; ``linli.showing.search`` asks them."""

from __future__ import annotations

from collections.abc import Iterable

from linli.kit.actor import Actor
from linli.plugins.contributions import SearchProvider
from linli.plugins.gate import is_on
from linli.plugins.registry import Owned, Plugins
from linli.web.routing import Portal


def providers(plugins: Plugins, actor: Actor, portal: Portal, on: Iterable[str]) -> list[Owned[SearchProvider]]:
    """Those whom this reader may ask here, in order."""
    on, may = set(on), actor.can if portal is Portal.CONSOLE else actor.holds
    found = [
        each
        for each in plugins.search
        if each.item.portal == portal.value
        and is_on(each.owner, on)
        and (each.item.needs is None or may(each.item.needs))
    ]
    return sorted(found, key=lambda each: (each.item.order, each.owner, each.item.name))
