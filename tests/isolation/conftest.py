from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from linli.house import House
from linli.testing.intruder import Intruder
from linli.testing.planted import Planted, plant
from linli.testing.site import Route, routes_of
from linli.testing.visitor import Visitor, furnish
from linli.testing.web import serving

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def superuser(module_house: House) -> Iterator[psycopg.Connection]:
    """Sees everything: to plant, and to look at what became of it."""
    with psycopg.connect(module_house.addresses.superuser or "", autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def planted(superuser: psycopg.Connection) -> Planted:
    """A row of every table in every place of this module's clone."""
    return plant(superuser)


@pytest.fixture(scope="module")
def _runtime(module_house: House, planted: Planted) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_house.addresses.app, autocommit=True) as connection:
        yield connection


@pytest.fixture
def intruder(_runtime: psycopg.Connection, module_house: House, record_property) -> Iterator[Intruder]:
    """Speaks to the planted database as the runtime role."""
    intruder = Intruder(_runtime, module_house.signer)
    yield intruder
    record_property("attacks", intruder.tries)


@pytest.fixture(scope="module")
def served(module_house: House, planted: Planted, superuser: psycopg.Connection) -> Iterator[TestClient[Litestar]]:
    """The application on the planted database.

    It does no work by itself: the daily turns that it plans when it starts would look like an attacker's doing.
    """
    furnish(module_house, superuser, planted)
    with serving(module_house, works=False) as client:
        yield client


@pytest.fixture(scope="module")
def routes(served: TestClient[Litestar]) -> list[Route]:
    """Every declared route of the running application."""
    return routes_of(served.app)


@pytest.fixture(scope="module")
def uncontracted(routes: list[Route]) -> list[Route]:
    """The routes that no contract attacks: `PluginContract` does what F1, F6 to F8, F13 and F14 do to its plugin's."""
    judged = {each.parents[1].name for each in REPOSITORY.glob("plugins/*/tests/test_contract.py")}
    return [each for each in routes if each.owner not in judged]


@pytest.fixture(scope="module")
def _visitor(
    served: TestClient[Litestar], module_house: House, superuser: psycopg.Connection, planted: Planted
) -> Visitor:
    return Visitor(served, module_house, superuser, planted)


@pytest.fixture
def visitor(_visitor: Visitor, record_property) -> Iterator[Visitor]:
    """Speaks to the application as anybody."""
    before = _visitor.tries
    yield _visitor
    record_property("attacks", _visitor.tries - before)
