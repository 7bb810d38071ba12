"""The plugin under test, served on databases of its own: an orderly one, and one in which every table is planted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from litestar import Litestar
from litestar.testing import TestClient

from linli.access.roles import role_permissions
from linli.db.migrate import Lineage
from linli.house import House
from linli.kit.actor import SYSTEM
from linli.kit.messages import Domain
from linli.kit.scope import Scope
from linli.plugins.discovery import LoadedPlugin
from linli.plugins.registry import Plugins
from linli.testing.databases import MASTER, clone_of
from linli.testing.houses import open_test_house
from linli.testing.intruder import Intruder
from linli.testing.planted import PLACES, Place, Planted, plant
from linli.testing.site import Route, routes_of
from linli.testing.visitor import Visitor, furnish
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD, CommunityWorld, StreetWorld


def street_of(place: Place) -> StreetWorld:
    """The street of a place of the test world."""
    return WORLD.here if place.tenant_id == WORLD.here.id else WORLD.there


def community_of(place: Place) -> CommunityWorld:
    """The community of a place; of a whole street its first."""
    return street_of(place).communities[(int(place.key[-1]) or 1) - 1]


@dataclass
class Stage:
    """Where one plugin is put to the test.

    Attributes:
        name: the plugin's.
        plugins: all that run here; the one under test may be a broken copy.
        superuser_url: of the server.
        template: the migrated template database.
    """

    name: str
    plugins: Plugins
    superuser_url: str
    template: str
    _stack: ExitStack = field(default_factory=ExitStack)
    _messages: dict[Path, frozenset[str]] = field(default_factory=dict)

    @property
    def plugin(self) -> LoadedPlugin:
        return self.plugins[self.name]

    @property
    def schema(self) -> str:
        return f"plugin_{self.name}"

    @property
    def lineage(self) -> Lineage | None:
        return self.plugin.lineage

    def own(self, kind: str) -> list[Any]:
        """What the plugin contributes to one registry, e.g. ``permissions``."""
        return [each.item for each in getattr(self.plugins, kind) if each.owner == self.name]

    @cached_property
    def house(self) -> House:
        """On a database in which nothing is amiss."""
        return self.fresh_house()

    def fresh_house(self) -> House:
        """On one more clone of the template."""
        url = self._stack.enter_context(clone_of(self.superuser_url, self.template))
        house = open_test_house(url, MASTER)
        self._stack.callback(house.close)
        return house

    @cached_property
    def client(self) -> TestClient[Litestar]:
        """The application in good order. It does no work by itself."""
        return self._stack.enter_context(serving(self.house, self.plugins, works=False))

    @cached_property
    def planted(self) -> Planted:
        """A row of every table in every place; checks and triggers are out of the way there."""
        return plant(self.superuser)

    @cached_property
    def _planted_house(self) -> House:
        return self.fresh_house()

    @cached_property
    def superuser(self) -> psycopg.Connection:
        """Sees all of the planted database."""
        address = self._planted_house.addresses.superuser or ""
        return self._stack.enter_context(psycopg.connect(address, autocommit=True))

    @cached_property
    def intruder(self) -> Intruder:
        """Speaks to the planted database as the runtime role."""
        house, _rows = self._planted_house, self.planted
        connection = self._stack.enter_context(psycopg.connect(house.addresses.app, autocommit=True))
        return Intruder(connection, house.signer)

    @cached_property
    def visitor(self) -> Visitor:
        """Speaks to the application on the planted database as anybody."""
        house, planted = self._planted_house, self.planted
        furnish(house, self.superuser, planted)
        client = self._stack.enter_context(serving(house, self.plugins, works=False))
        return Visitor(client, house, self.superuser, planted)

    @cached_property
    def routes(self) -> list[Route]:
        """The plugin's own."""
        return [each for each in routes_of(self.client.app) if each.owner == self.name]

    @property
    def domain(self) -> Domain:
        """The plugin's messages and catalogues."""
        folder = self.plugin.folder
        return Domain(folder.name, folder, folder.parent)

    @property
    def messages(self) -> frozenset[str]:
        """Each message of the plugin; read once in a folder, for its sources are parsed for it."""
        domain = self.domain
        if domain.package not in self._messages:
            self._messages[domain.package] = frozenset(each for each, _path, _line in domain.messages())
        return self._messages[domain.package]

    @cached_property
    def roles(self) -> Mapping[str, frozenset[str]]:
        """Role to its permissions, the plugins' included."""
        return role_permissions(self.plugins)

    def people(self, place: Place) -> list[tuple[UUID, frozenset[str]]]:
        """The accounts of the test world that have a business in a place, and what each may do there."""
        street, community = street_of(place), community_of(place)
        held: list[tuple[UUID, tuple[str, ...]]] = [
            (street.administrator, ("street_administrator",)),
            (community.administrator, ("community_administrator",)),
            (community.steward, ("building_steward",)),
            (community.resident_account, ("resident", "owner")),
            (street.auditor, ("auditor",)),
        ]
        return [(who, frozenset().union(*(self.roles.get(role, frozenset()) for role in roles))) for who, roles in held]

    def holder(self, route: Route, place: Place) -> UUID | None:
        """Somebody who may use a route in a place, whoever usually works there first; ``None`` when nobody may."""
        usual = route.account(place)
        people = sorted(self.people(place), key=lambda each: each[0] != usual)
        needs = route.handler.needs
        return next((who for who, held in people if needs is None or needs in held), None)

    def stranger(self, route: Route, place: Place) -> UUID | None:
        """Somebody at home in a place who may not use a route; ``None`` when every role may."""
        needs = route.handler.needs
        # From the end: whoever has the least business there is asked first.
        return next((who for who, held in reversed(self.people(place)) if needs and needs not in held), None)

    def browser(self) -> Browser:
        """Of the orderly application."""
        self.client.cookies.clear()
        return Browser(self.client, self.house)

    def api(self) -> Api:
        """Of the orderly application."""
        return Api(self.client, self.house)

    def fill_demo(self) -> None:
        """Let the plugin fill the first community of the first street, as the demo does."""
        street = (Scope.of_street(WORLD.here.id), None)
        scopes = (street, (PLACES["here1"].scope, PLACES["here1"].community_id), street)
        for demo in self.own("demo_data"):
            for scope, community_id in scopes:
                with self.house.database.unit_of_work(scope) as session:
                    demo.fill(session, SYSTEM, community_id)

    @cached_property
    def filled(self) -> None:
        """The orderly database with demo rows in the first community of the first street; done once."""
        self.fill_demo()

    def close(self) -> None:
        self._stack.close()


@contextmanager
def open_stage(superuser_url: str, template: str, name: str, plugins: Plugins | None = None) -> Iterator[Stage]:
    """Put a plugin to the test.

    Args:
        superuser_url: of the server.
        template: the template database; holds the tables of the installed plugins.
        name: of the plugin.
        plugins: what runs; the installed ones where none are given.
    """
    stage = Stage(name, plugins or Plugins.load(), superuser_url, template)
    try:
        yield stage
    finally:
        stage.close()
