"""What a plugin can contribute: frozen values that its hooks return and the core keeps, tagged with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.settings.spec import SettingSpec

PortalName = Literal["console", "admin", "resident"]
ApiLevel = Literal["street", "community"]

PORTALS: tuple[PortalName, ...] = ("console", "admin", "resident")
API_LEVELS: tuple[ApiLevel, ...] = ("street", "community")


class Endpoint(Protocol):
    """What the decorators ``get``, ``post``, ``put``, ``patch`` and ``delete`` make of a function."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def needs(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Permission:
    """A right that roles give and handlers need.

    Attributes:
        name: ``<plugin>.<noun>.<verb>``.
        title: what the holder may do, in Chinese; a message of the catalogue.
        roles: names of the built-in roles that hold it unless a street decides otherwise.
    """

    name: str
    title: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages of one portal; the core mounts them below ``/<plugin>``.

    Attributes:
        portal: ``console`` (street), ``admin`` (community) or ``resident``; a page that anybody may read without
            signing in is a handler of ``resident`` declared with ``public=True``.
        handlers: made with the decorators of ``linli.sdk``.
    """

    portal: PortalName
    handlers: Sequence[Endpoint]


@dataclass(frozen=True, slots=True)
class Api:
    """Endpoints of the JSON API of the street or of a community; the core mounts them below ``/<plugin>``."""

    level: ApiLevel
    handlers: Sequence[Endpoint]


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An entry of a portal's menu, shown where the plugin is on and the permission is held.

    Attributes:
        portal: whose menu.
        title: in Chinese; a message of the catalogue.
        path: below the plugin's own pages; empty for its first page.
        needs: the permission to see it; ``None`` for everybody.
        order: the smaller stands further up; the core's own entries use 10, 20, 30 …
        icon: a name of the icon set; empty for none.
    """

    portal: PortalName
    title: str
    path: str = ""
    needs: str | None = None
    order: int = 100
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card on a portal's first page.

    Attributes:
        portal: whose first page.
        title: in Chinese; a message of the catalogue.
        template: of the plugin, e.g. ``notices/card.html``.
        data: called with session and actor; what the template shows beside ``place`` and ``actor``. One query or two:
            it runs with the page.
        needs: the permission to see it; ``None`` for everybody.
        order: the smaller stands further up.
    """

    portal: PortalName
    title: str
    template: str
    data: Callable[[ScopedSession, Actor], Mapping[str, Any]]
    needs: str | None = None
    order: int = 100


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A piece of background work.

    Attributes:
        name: ``<plugin>.<verb>_<noun>``.
        handler: called with the ``JobRun``; must bear being run twice.
        title: for the list of jobs, in Chinese; a message.
    """

    name: str
    handler: Callable[..., Any]
    title: str = ""


@dataclass(frozen=True, slots=True)
class DemoData:
    """Rows for the demo street.

    Attributes:
        fill: called with session, actor and ``None`` for the street itself, then with the id of each community where
            the plugin is on; must add nothing when it is called again.
    """

    fill: Callable[[ScopedSession, Actor, UUID | None], None]


__all__ = [
    "API_LEVELS",
    "PORTALS",
    "Api",
    "ApiLevel",
    "Card",
    "DemoData",
    "Endpoint",
    "NavigationItem",
    "Pages",
    "Permission",
    "PortalName",
    "SettingSpec",
    "TaskSpec",
]
