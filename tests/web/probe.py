"""A plugin "probe" of a test's own handlers, beside the core and alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from linli.house import House
from linli.plugins.contributions import Api, Pages
from linli.plugins.discovery import LoadedPlugin
from linli.plugins.manifest import PluginManifest
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.plugins.registry import Owned, Plugins
from linli.sdk import SDK_VERSION
from linli.testing.world import WORLD, CommunityWorld

NAME = "probe"


def probing(*, pages: Iterable[Any] = (), routes: Iterable[Any] = ()) -> Plugins:
    """The core and the probe with these pages of the administration and operations of the community."""
    manifest = PluginManifest(name=NAME, title="探针", description="只为试验。", sdk=SDK_VERSION)
    plugin = LoadedPlugin(manifest, sys.modules[__name__], "linli-probe", "1.0.0", Path(__file__).parent)
    return replace(
        Plugins.core(),
        plugins=(plugin,),
        pages=(Owned(NAME, Pages("admin", tuple(pages))),),
        routes=(Owned(NAME, Api("community", tuple(routes))),),
        _by_name={NAME: plugin},
    )


def switch_on(house: House, communities: Iterable[CommunityWorld]) -> None:
    """Let every street use the probe and switch it on in these communities."""
    for street in WORLD.streets:
        with house.owner.unit_of_work(street.scope) as session:
            session.add(PluginAllowance(plugin=NAME))
    for community in communities:
        with house.owner.unit_of_work(community.scope) as session:
            session.add(PluginEnablement(community_id=community.id, plugin=NAME))
