"""The whole surface on which the core calls plugins: hooks run once, at start-up, and return frozen values.

A plugin implements those that it needs, as functions of its ``plugin.py`` marked with ``linli.sdk.hookimpl``.
An error in one is put to its plugin's account and never keeps another plugin from loading.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from linli.plugins.contributions import (
    Act,
    Api,
    Card,
    DataClass,
    DemoData,
    EventHandler,
    NavigationItem,
    NotificationType,
    Pages,
    Permission,
    PersonalData,
    RecordWords,
    RulePack,
    TaskSpec,
)
from linli.settings.spec import SettingSpec

PROJECT = "linli"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_permissions() -> Iterable[Permission]:
    """The rights that the plugin's handlers need, each with the roles that hold it by default.

    Every name starts with the plugin's own. Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_pages() -> Iterable[Pages]:
    """The plugin's pages, one ``Pages`` for each portal.

    They answer where the plugin is switched on (elsewhere 404) to those who hold the permission that each declares
    (others 403); a plugin cannot opt out of either. Since SDK 1.0.
    """
    raise NotImplementedError


@hookspec
def register_routes() -> Iterable[Api]:
    """The plugin's endpoints of the JSON API, behind the same two guards as its pages. Since SDK 1.0."""
    raise NotImplementedError


@hookspec
def register_navigation() -> Iterable[NavigationItem]:
    """Entries of the portals' menus. Since SDK 1.0."""
    raise NotImplementedError


@hookspec
def register_cards() -> Iterable[Card]:
    """Cards on the portals' first pages. One that raises is left out, and the page comes without it. Since SDK 1.0."""
    raise NotImplementedError


@hookspec
def register_settings() -> Iterable[SettingSpec]:
    """Typed settings, which the portals show as a form and manifests may set. Since SDK 1.0."""
    raise NotImplementedError


@hookspec
def register_tasks() -> Iterable[TaskSpec]:
    """Background work. A job runs only where the plugin is switched on when it runs. Since SDK 1.0."""
    raise NotImplementedError


@hookspec
def register_event_handlers() -> Iterable[EventHandler]:
    """What to do when something has happened here or in another plugin.

    A handler is called after the commit of what caused the event, at least once, where the plugin is on. Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_notifications() -> Iterable[NotificationType]:
    """The kinds of message that the plugin sends with ``linli.sdk.notify``. Since SDK 1.1."""
    raise NotImplementedError


@hookspec
def register_personal_data() -> Iterable[PersonalData]:
    """What the plugin keeps about people, for their export and their erasure.

    A plugin that refers to residents or accounts and does not say so leaves data behind. Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_retention() -> Iterable[DataClass]:
    """Data that is deleted after a time, each class with its period and its source. Since SDK 1.1."""
    raise NotImplementedError


@hookspec
def register_acts() -> Iterable[Act]:
    """Acts that can take two people: one asks, another approves. The street chooses which of them do.

    The plugin's service calls ``linli.sdk.require_approved`` at the head of the function that does the act; where a
    second person is needed, the portal or the API then asks for the approval by itself. Since SDK 1.1.
    """
    raise NotImplementedError


@hookspec
def register_record_words() -> Iterable[RecordWords]:
    """What the plugin's acts are called in the record, for people who read it; one item. Since SDK 1.1."""
    raise NotImplementedError


@hookspec
def register_rules() -> Iterable[RulePack]:
    """Rule packs: files of values for a city or another place, and rules of the plugin's own.

    A pack counts in the streets that allow the plugin, and only within its jurisdiction; values of the core's rules for
    the whole country are the core's. A value that another owner has for the same place, rank and day is refused, naming
    both. Since SDK 1.2.
    """
    raise NotImplementedError


@hookspec
def register_demo_data() -> Iterable[DemoData]:
    """What the demo street shows of the plugin. Since SDK 1.0."""
    raise NotImplementedError


#: Hook to the type of what it returns; the order in which the core calls them.
CONTRIBUTIONS: dict[str, type] = {
    "register_permissions": Permission,
    "register_pages": Pages,
    "register_routes": Api,
    "register_navigation": NavigationItem,
    "register_cards": Card,
    "register_settings": SettingSpec,
    "register_tasks": TaskSpec,
    "register_event_handlers": EventHandler,
    "register_notifications": NotificationType,
    "register_personal_data": PersonalData,
    "register_retention": DataClass,
    "register_acts": Act,
    "register_record_words": RecordWords,
    "register_rules": RulePack,
    "register_demo_data": DemoData,
}
