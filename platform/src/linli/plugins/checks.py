"""The rules that contributions obey before the core takes them over: one name everywhere, nothing declared twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from linli.access.roles import ROLES
from linli.plugins.contributions import (
    API_LEVELS,
    CHANNELS,
    PORTALS,
    QUEUES,
    Act,
    Api,
    Card,
    DataClass,
    Endpoint,
    EventHandler,
    NavigationItem,
    NotificationType,
    Pages,
    Permission,
    RecordWords,
    TaskSpec,
)
from linli.plugins.events import BoundHandler, check_event
from linli.plugins.manifest import ManifestFault
from linli.plugins.messages import check_notification
from linli.settings.spec import SettingSpec

_PART = r"[a-z][a-z0-9_]*"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Contributions = Mapping[str, Sequence[Any]]


def check_contributions(plugin: str, given: Contributions, permissions: Collection[str]) -> None:
    """Look at everything that one plugin contributes.

    Args:
        plugin: its name.
        given: hook to what it returned, types already checked.
        permissions: names that the core and the plugins loaded before declare.

    Raises:
        ManifestFault: naming the contribution, its fault and what is allowed.
    """
    own = _permissions(plugin, given["register_permissions"])
    known = {*permissions, *own}
    _pages(given["register_pages"], known)
    _routes(given["register_routes"], known)
    _navigation(given["register_navigation"], known)
    _cards(plugin, given["register_cards"], known)
    _once("setting", (spec.key for spec in _all(given["register_settings"], SettingSpec)))
    _tasks(plugin, given["register_tasks"])
    _handlers(plugin, given["register_event_handlers"])
    _notifications(plugin, given["register_notifications"], known)
    _retention(plugin, given["register_retention"])
    _acts(plugin, given["register_acts"], known)
    _words(given["register_record_words"])


def _all(items: Sequence[Any], kind: type[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, kind)]


def _once(what: str, names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ManifestFault(f"{what} {name} is declared twice")
        seen.add(name)
    return seen


def _permissions(plugin: str, items: Sequence[Permission]) -> set[str]:
    for item in items:
        if not re.fullmatch(rf"{plugin}\.{_PART}\.{_PART}", item.name):
            raise ManifestFault(f"permission {item.name}: must be called {plugin}.<noun>.<verb>")
        if unknown := item.roles - set(ROLES):
            raise ManifestFault(
                f"permission {item.name}: no role {', '.join(sorted(unknown))}; the roles are {', '.join(ROLES)}"
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
        _needs(f"navigation {item.title}", item.needs, known)
    _once("navigation entry", (f"{item.portal} /{item.path.strip('/')}" for item in items))


def _cards(plugin: str, items: Sequence[Card], known: Collection[str]) -> None:
    for item in items:
        _place(f"card {item.title}", item.portal, PORTALS)
        _needs(f"card {item.title}", item.needs, known)
        if not item.template.startswith(f"{plugin}/"):
            raise ManifestFault(f"card {item.title}: its template {item.template} must lie in {plugin}/")


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
