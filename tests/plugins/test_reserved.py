"""A plugin's name is the first part of its addresses, templates and commands: none may be the core's already."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import linli
from linli.app import DOMAINS
from linli.cli import _COMMANDS
from linli.plugins.manifest import NAME, RESERVED_NAMES
from linli.web.routing import Portal

_PORTALS = (Portal.CONSOLE, Portal.ADMIN, Portal.RESIDENT, Portal.STREET_API, Portal.COMMUNITY_API)


def addresses() -> set[str]:
    paths = [
        handler.path
        for name in DOMAINS
        for portal in _PORTALS
        for handler in getattr(import_module(name), portal.value, ())
    ]
    return {path.strip("/").split("/")[0] for path in paths}


def test_no_plugin_can_stand_in_the_place_of_the_core() -> None:
    folders = {each.name for each in (Path(linli.__file__).parent / "web" / "templates").iterdir() if each.is_dir()}
    taken = {name for name in addresses() | folders | set(_COMMANDS) if NAME.fullmatch(name)}
    assert taken - RESERVED_NAMES == set()
