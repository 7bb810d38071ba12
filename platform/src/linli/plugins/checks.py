"""The rules that contributions obey before the core takes them over: one name everywhere, nothing declared twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from linli.access.roles import BUILT_IN_ROLES, OFFICE_READS, Level
from linli.kit.errors import Invalid
from linli.plugins.contributions import (
    API_LEVELS,
    CARD_GROUPS,
    CHANNELS,
    NAVIGATION_KINDS,
    PORTALS,
    QUEUES,
    Act,
    Api,
    Card,
    Command,
    DataClass,
    Disclosure,
    Endpoint,
    EventHandler,
    HealthCheck,
    Metric,
    NavigationItem,
    NotificationType,
    Pages,
    Permission,
    Push,
    RecordWords,
    Role,
    RosterColumn,
    SearchProvider,
    TaskSpec,
)
from linli.plugins.events import BoundHandler, check_event
from linli.plugins.gate import CORE
from linli.plugins.informing import AUDIENCES, PERIODS
from linli.plugins.manifest import ManifestFault
from linli.plugins.messages import check_notification
from linli.settings.spec import SettingSpec

_PART = r"[a-z][a-z0-9_]*"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Contributions = Mapping[str, Sequence[Any]]


@dataclass(slots=True)
class Known:
    """What the owners looked at before have declared, and others may refer to.

    Attributes:
        permissions: their names.
        roles: their codes.
        headers: titles and synonyms of roster columns, each with the field that it stands for.
    """

    permissions: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=lambda: {role.code for role in BUILT_IN_ROLES})
    headers: dict[str, str] = field(default_factory=dict)

    def learn(self, given: Contributions) -> None:
        """Take over what an owner declares, once it was found good."""
        self.permissions.update(item.name for item in given["register_permissions"])
        self.roles.update(item.code for item in given["register_roles"])
        self.headers.update(_headers(given["register_roster_columns"]))


def check_contributions(owner: str, given: Contributions, before: Known) -> None:
    """Look at everything that the core or one plugin contributes.

    Args:
        owner: ``core`` or the plugin's name.
        given: hook to what it returned, types already checked.
        before: what the owners loaded before declare.

    Raises:
        ManifestFault: naming the contribution, its fault and what is allowed.
    """
    roles = before.roles | {item.code for item in given["register_roles"]}
    own = _permissions(owner, given["register_permissions"], roles)
    known = {*before.permissions, *own}
    _pages(given["register_pages"], known)
    _routes(given["register_routes"], known)
    _navigation(given["register_navigation"], known)
    _cards(owner, given["register_cards"], known)
    _once("setting", (spec.key for spec in _all(given["register_settings"], SettingSpec)))
    _tasks(owner, given["register_tasks"])
    _handlers(owner, given["register_event_handlers"])
    _notifications(owner, given["register_notifications"], known)
    _retention(owner, given["register_retention"])
    _acts(owner, given["register_acts"], known)
    _words(given["register_record_words"])
    if owner != CORE:
        _roles(owner, given["register_roles"], known, roles)
    _metrics(owner, given["register_metrics"], known)
    _search(owner, given["register_search"], known)
    _disclosures(owner, given["register_disclosures"], given["register_pages"])
    _roster_columns(owner, given["register_roster_columns"], before.headers)
    _health_checks(owner, given["register_health_checks"])
    _pushes(owner, given["register_pushes"], known)
    _commands(given["register_commands"])


def _all(items: Sequence[Any], kind: type[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, kind)]


def _once(what: str, names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ManifestFault(f"{what} {name} is declared twice")
        seen.add(name)
    return seen


def _permissions(plugin: str, items: Sequence[Permission], roles: Collection[str]) -> set[str]:
    for item in items:
        if not re.fullmatch(rf"{plugin}\.{_PART}\.{_PART}", item.name):
            raise ManifestFault(f"permission {item.name}: must be called {plugin}.<noun>.<verb>")
        if unknown := item.roles - set(roles):
            raise ManifestFault(
                f"permission {item.name}: no role {', '.join(sorted(unknown))}; there are {', '.join(sorted(roles))}"
            )
    return _once("permission", (item.name for item in items))


def _needs(where: str, needs: str | None, known: Collection[str]) -> None:
    if needs is not None and needs not in known:
        raise ManifestFault(f"{where} needs {needs}, a permission that nobody declares")


def _place(where: str, place: str, allowed: Sequence[str]) -> None:
    if place not in allowed:
        raise ManifestFault(f"{where}: {place!r} is not one of {', '.join(allowed)}")


def _endpoints(place: str, handlers: Iterable[Endpoint], known: Collection[str]) -> list[str]:
    routes = []
    for handler in handlers:
        method, path = getattr(handler, "method", None), getattr(handler, "path", None)
        if method not in _METHODS or not isinstance(path, str):
            raise ManifestFault(f"{place}: {handler!r} was not made with get, post, put, patch or delete of linli.sdk")
        if not path.startswith("/") or ".." in path:
            raise ManifestFault(f"{place} {method} {path!r}: a path starts with / and is relative to the plugin")
        if getattr(handler, "is_deferred", False):
            # On the event loop one that blocks or exits would stop everybody; in a thread it stops itself alone.
            raise ManifestFault(f"{place} {method} {path}: a plugin's handler is a plain function, not async")
        _needs(f"{place} {method} {path}", handler.needs, known)
        # Two paths that differ in the names of their parameters alone would answer the same addresses.
        routes.append(f"{place} {method} {re.sub(r'{[^}]*}', '{}', path)}")
    return routes


def _pages(items: Sequence[Pages], known: Collection[str]) -> None:
    routes: list[str] = []
    for item in items:
        _place("pages", item.portal, PORTALS)
        routes += _endpoints(item.portal, item.handlers, known)
    _once("page", routes)


def _routes(items: Sequence[Api], known: Collection[str]) -> None:
    routes: list[str] = []
    for item in items:
        _place("routes", item.level, API_LEVELS)
        routes += _endpoints(item.level, item.handlers, known)
    _once("route", routes)


def _navigation(items: Sequence[NavigationItem], known: Collection[str]) -> None:
    for item in items:
        _place(f"navigation {item.title}", item.portal, PORTALS)
        _place(f"navigation {item.title}, kind", item.kind, NAVIGATION_KINDS)
        _needs(f"navigation {item.title}", item.needs, known)
        if item.quick and (item.portal != "admin" or item.kind != "act"):
            raise ManifestFault(f"navigation {item.title}: only an act of admin may be quick")
    _once("navigation entry", (f"{item.portal} /{item.path.strip('/')}" for item in items))


def _cards(plugin: str, items: Sequence[Card], known: Collection[str]) -> None:
    for item in items:
        _place(f"card {item.title}", item.portal, PORTALS)
        _needs(f"card {item.title}", item.needs, known)
        if plugin != CORE and not item.template.startswith(f"{plugin}/"):
            raise ManifestFault(f"card {item.title}: its template {item.template} must lie in {plugin}/")
        if item.group and (item.portal != "resident" or item.group not in CARD_GROUPS):
            groups = ", ".join(CARD_GROUPS)
            raise ManifestFault(f"card {item.title}: group {item.group!r}: for resident, one of {groups}")
        if item.todo is not None and item.portal == "console":
            raise ManifestFault(f"card {item.title}: todo is for admin and resident")


def _tasks(plugin: str, items: Sequence[TaskSpec]) -> None:
    for item in items:
        if not re.fullmatch(rf"{plugin}\.{_PART}", item.name):
            raise ManifestFault(f"task {item.name}: must be called {plugin}.<verb>_<noun>")
        if not isinstance(item.handler, Callable):
            raise ManifestFault(f"task {item.name}: its handler cannot be called")
        if item.schedule is not None and item.daily_at is not None:
            raise ManifestFault(f"task {item.name}: give schedule or daily_at, not both")
        if item.queue not in QUEUES:
            raise ManifestFault(f"task {item.name}: no queue {item.queue!r}; there are {', '.join(QUEUES)}")
    _once("task", (item.name for item in items))


def _handlers(plugin: str, items: Sequence[EventHandler]) -> None:
    for item in items:
        try:
            check_event(item.event)
        except (ValueError, TypeError, AttributeError) as error:
            raise ManifestFault(f"event handler {item.title or item.handle}: {error}") from error
    _once("event handler", (BoundHandler(plugin, item).task for item in items))


def _notifications(plugin: str, items: Sequence[NotificationType], known: Collection[str]) -> None:
    for item in items:
        _needs(f"notification {item.name}", item.needs, known)
        if not re.fullmatch(rf"{plugin}\.{_PART}", item.name):
            raise ManifestFault(f"notification {item.name}: must be called {plugin}.<noun>_<past verb>")
        if unknown := set(item.channels) - set(CHANNELS):
            raise ManifestFault(
                f"notification {item.name}: no channel {', '.join(sorted(unknown))}; there are {', '.join(CHANNELS)}"
            )
        try:
            check_notification(item)
        except ValueError as error:
            raise ManifestFault(str(error)) from error
    _once("notification", (item.name for item in items))


def _retention(plugin: str, items: Sequence[DataClass]) -> None:
    for item in items:
        if not re.fullmatch(rf"{plugin}\.{_PART}", item.name):
            raise ManifestFault(f"data class {item.name}: must be called {plugin}.<plural>")
        least, most = item.least_days, item.most_days
        if most is not None and most < least:
            raise ManifestFault(f"data class {item.name}: most_days {most} is below least_days {least}")
        if item.days is not None and (item.days < least or (most is not None and item.days > most)):
            raise ManifestFault(f"data class {item.name}: days {item.days} must lie between least_days and most_days")
        if item.days is None and most is not None:
            raise ManifestFault(f"data class {item.name}: for ever is more than most_days {most}")
    _once("data class", (item.name for item in items))


def _acts(plugin: str, items: Sequence[Act], known: Collection[str]) -> None:
    for item in items:
        if not re.fullmatch(rf"{plugin}\.{_PART}", item.name):
            raise ManifestFault(f"act {item.name}: must be called {plugin}.<verb>_<noun>")
        _needs(f"act {item.name} (asks)", item.asks, known)
        _needs(f"act {item.name} (approves)", item.approves, known)
        if not callable(item.perform):
            raise ManifestFault(f"act {item.name}: its perform cannot be called")
    _once("act", (item.name for item in items))


def _words(items: Sequence[RecordWords]) -> None:
    if len(items) > 1:
        raise ManifestFault("register_record_words: give one RecordWords with all the words")
    for words in items:
        for name, title in [*words.nouns.items(), *words.verbs.items(), *words.fields.items()]:
            if not re.fullmatch(_PART, name):
                raise ManifestFault(f"record words: {name!r} must be lower-case letters, digits and _")
            if not title.strip():
                raise ManifestFault(f"record words: {name} has no title")


def _named(plugin: str, what: str, name: str, shape: str) -> None:
    if not re.fullmatch(rf"{plugin}\.{_PART}", name):
        raise ManifestFault(f"{what} {name}: must be called {plugin}.{shape}")


def _callable(where: str, what: str, value: object) -> None:
    if not callable(value):
        raise ManifestFault(f"{where}: its {what} cannot be called")


def _roles(plugin: str, items: Sequence[Role], known: Collection[str], roles: Collection[str]) -> None:
    for item in items:
        if not re.fullmatch(rf"{plugin}_{_PART}", item.code):
            raise ManifestFault(f"role {item.code}: must be called {plugin}_<noun>")
        if not item.levels or item.levels - set(Level):
            raise ManifestFault(f"role {item.code}: levels are some of {', '.join(Level)}")
        for name in sorted(item.permissions):
            _needs(f"role {item.code}", name, known)
            if name.startswith("core.") and name not in OFFICE_READS:
                # What the core guards is given by the core's own roles: a plugin's installation widens nobody's reach.
                raise ManifestFault(
                    f"role {item.code}: may hold of the core {', '.join(sorted(OFFICE_READS))} alone, not {name}"
                )
        if item.gives_unheld:
            raise ManifestFault(f"role {item.code}: gives_unheld is for the core's roles alone")
        if not item.granted_by:
            raise ManifestFault(f"role {item.code}: granted_by is empty, so that nobody could give it")
        if unknown := item.granted_by - set(roles):
            raise ManifestFault(f"role {item.code}: no role {', '.join(sorted(unknown))}")
    _once("role", (item.code for item in items))


def _metrics(plugin: str, items: Sequence[Metric], known: Collection[str]) -> None:
    for item in items:
        where = f"metric {item.name}"
        _named(plugin, "metric", item.name, "<plural>")
        _place(where, item.level, API_LEVELS)
        _place(f"{where}, period", item.period, tuple(PERIODS))
        _needs(where, item.needs, known)
        _callable(where, "measure", item.measure)
        if item.measure_on is not None:
            _callable(where, "measure_on", item.measure_on)
    _once("metric", (item.name for item in items))


def _pushes(plugin: str, items: Sequence[Push], known: Collection[str]) -> None:
    for item in items:
        where = f"push {item.name}"
        _named(plugin, "push", item.name, "<noun>")
        _needs(where, item.needs, known)
        if plugin != CORE and not item.template.startswith(f"{plugin}/"):
            raise ManifestFault(f"{where}: its template {item.template} must lie in {plugin}/")
        for what in ("titled", "preview", "perform"):
            _callable(where, what, getattr(item, what))
    _once("push", (item.name for item in items))


def _search(plugin: str, items: Sequence[SearchProvider], known: Collection[str]) -> None:
    for item in items:
        where = f"search {item.name}"
        _named(plugin, "search", item.name, "<plural>")
        _place(where, item.portal, PORTALS)
        _needs(where, item.needs, known)
        _callable(where, "find", item.find)
    _once("search", (f"{item.name} of {item.portal}" for item in items))


def _disclosures(plugin: str, items: Sequence[Disclosure], pages: Sequence[Pages]) -> None:
    shown = {f"/{each.path.strip('/')}": each for page in pages if page.portal == "resident" for each in page.handlers}
    for item in items:
        where = f"disclosure {item.name}"
        _named(plugin, "disclosure", item.name, "<plural>")
        _place(f"{where}, audience", item.audience, tuple(AUDIENCES))
        if item.state is not None:
            _callable(where, "state", item.state)
        # The core's own pages are mounted by the assembly.
        handler = shown.get(f"/{item.path.strip('/')}")
        if plugin != CORE and handler is None:
            raise ManifestFault(f"{where}: its path {item.path!r} is no page of the plugin's resident portal")
        if handler is not None and item.audience == "public" and not getattr(handler, "public", False):
            raise ManifestFault(f"{where}: the page {item.path!r} is not declared with public=True")
    _once("disclosure", (item.name for item in items))


def _headers(items: Sequence[RosterColumn]) -> dict[str, str]:
    return {word: item.field for item in items for word in (item.title, *item.synonyms)}


def _roster_columns(plugin: str, items: Sequence[RosterColumn], taken: Mapping[str, str]) -> None:
    seen = dict(taken)
    for item in items:
        where = f"roster column {item.field}"
        for word in (item.title, *item.synonyms):
            if word in seen:
                raise ManifestFault(f"{where}: the header {word} means {seen[word]} already")
            seen[word] = item.field
        if plugin == CORE:
            continue
        _named(plugin, "roster column", item.field, "<noun>")
        _place(f"{where}, of", item.of, ("resident", "dwelling"))
        if item.required:
            raise ManifestFault(f"{where}: only the core's columns are required")
        _callable(where, "write", item.write)
        _callable(where, "show", item.show)
    _once("roster column", (item.field for item in items))


def _health_checks(plugin: str, items: Sequence[HealthCheck]) -> None:
    for item in items:
        _named(plugin, "health check", item.name, "<noun>")
        _callable(f"health check {item.name}", "check", item.check)
    _once("health check", (item.name for item in items))


def _commands(items: Sequence[Command]) -> None:
    for item in items:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", item.name):
            raise ManifestFault(f"command {item.name!r}: lower-case letters, digits and hyphens")
        if not isinstance(item.command, click.Command):
            raise ManifestFault(f"command {item.name}: its command was not made with click")
    _once("command", (item.name for item in items))


def told(error: Invalid) -> str:
    """Every fault of input in one line."""
    faults = [f"{each.field}: {each.message} {each.allowed}".strip() for each in error.errors]
    return "; ".join(faults) or error.message
