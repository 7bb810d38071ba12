from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.isolation.intruder import Intruder
from tests.isolation.planted import Planted, plant

from linli.house import House


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
