"""One name everywhere, every permission used and held, events named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from linli.db.base import CATALOGUES, REFERABLE
from linli.plugins.discovery import LoadedPlugin
from linli.plugins.events import Event, check_event
from linli.testing.contract.stage import Stage

#: Fields that would carry somebody's data through every consumer of an event.
_PERSONAL = re.compile(r"(^|_)(name|phone|email|address|id_number|birthday|born_on|password|body|text)($|_)")


def modules_of(plugin: LoadedPlugin) -> Iterator[ModuleType]:
    """Every module of a plugin's package but its revisions."""
    package = import_module(plugin.module.__name__.partition(".")[0])
    yield package
    for found in walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in found.name:
            yield import_module(found.name)


def faults_of_names(stage: Stage) -> list[str]:
    """Where another name is used than the plugin's own."""
    plugin, name = stage.plugin, stage.name
    package = plugin.module.__name__.partition(".")[0]
    wanted = f"linli-{name.replace('_', '-')}"
    faults = []
    if plugin.distribution.replace("_", "-").lower() != wanted:
        faults.append(f"the distribution is called {plugin.distribution}: call it {wanted} in pyproject.toml")
    if package != f"linli_{name}":
        faults.append(f"the package is called {package}: call it linli_{name}")
    for kind in ("templates", "static", "documents"):
        folder = plugin.folder / kind
        strange = sorted(each.name for each in folder.iterdir() if each.name != name) if folder.is_dir() else []
        if strange:
            faults.append(f"{kind}/{', '.join(strange)}: everything lies in {kind}/{name}/")
    catalogues = plugin.folder.glob("locale/*/LC_MESSAGES/*.po")
    faults += [f"{each.name}: call the catalogue {package}.po" for each in catalogues if each.stem != package]
    list(modules_of(plugin))
    known = {stage.schema, "core.tenant", *(f"core.{each}" for each in REFERABLE)}
    for metadata in (each for each in CATALOGUES if each.schema == stage.schema):
        strange = [each for each in metadata.tables.values() if not {each.schema, each.fullname} & known]
        faults += [f"table {table.fullname}: lies outside {stage.schema}" for table in strange]
    return faults


def faults_of_permissions(stage: Stage) -> list[str]:
    """Permissions that nobody holds or nothing needs, and handlers that need what is not the plugin's or the core's."""
    declared = {each.name for each in stage.own("permissions")}
    needed = {route.handler.needs for route in stage.routes}
    needed |= {
        each.needs for kind in ("navigation", "cards", "notifications", "obligations") for each in stage.own(kind)
    }
    needed |= {name for each in stage.own("acts") for name in (each.asks, each.approves)}
    sources = "".join(path.read_text("utf-8") for path in stage.plugin.folder.rglob("*.py"))
    faults = []
    for each in stage.own("permissions"):
        if not each.roles:
            faults.append(f"{each.name}: no role holds it by default; name some in roles=")
        if each.name not in needed and sources.count(f'"{each.name}"') < 1:
            faults.append(f"{each.name}: nothing needs it")
    allowed = {*declared, *stage.plugin.manifest.requires}
    for route in stage.routes:
        owner = (route.handler.needs or "core.").partition(".")[0]
        if owner not in ("core", stage.name) and owner not in allowed:
            faults.append(f"{route.name}: needs {route.handler.needs} of a plugin that the manifest does not require")
    return faults


def events_of(stage: Stage) -> list[type[Event]]:
    """The kinds of event that the plugin's package defines."""
    found = {
        each
        for module in modules_of(stage.plugin)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Event) and each is not Event
    }
    package = stage.plugin.module.__name__.partition(".")[0]
    return sorted((each for each in found if each.__module__.partition(".")[0] == package), key=lambda each: each.NAME)


def faults_of_events(stage: Stage) -> list[str]:
    """Events named otherwise than ``<plugin>.<Noun><PastVerb>``, or that carry people's data."""
    faults = []
    for kind in events_of(stage):
        try:
            check_event(kind)
        except ValueError as error:
            faults.append(str(error))
            continue
        if not kind.NAME.startswith(f"{stage.name}."):
            faults.append(f"{kind.__name__}: its NAME must start with {stage.name}.")
        personal = [name for name in kind.__struct_fields__ if _PERSONAL.search(name)]
        if personal:
            faults.append(
                f"{kind.NAME}: {', '.join(personal)}: an event carries ids, days and numbers, no data in clear"
            )
        if not (kind.__doc__ or "").strip():
            faults.append(f"{kind.NAME}: say in its docstring what happened; consumers read it")
        if not kind.TITLE.strip():
            faults.append(f"{kind.NAME}: give it a TITLE; people read it in the list of deliveries")
    return faults
