from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from linli.house import House
from linli.testing.planted import Planted, plant
from linli.testing.visitor import furnish
from linli.testing.web import Api, serving


@pytest.fixture(scope="module")
def planted(module_house: House) -> Planted:
    """The canaries of every place."""
    with psycopg.connect(module_house.addresses.superuser or "", autocommit=True) as connection:
        planted = plant(connection)
        furnish(module_house, connection, planted)
    return planted


@pytest.fixture(scope="module")
def served(module_house: House, planted: Planted) -> Iterator[TestClient[Litestar]]:
    """The application on the planted database."""
    with serving(module_house) as client:
        yield client


@pytest.fixture(scope="module")
def tokens(served: TestClient[Litestar], module_house: House, planted: Planted) -> dict[str, dict[str, str]]:
    """The header of an administrator of each street, by the street's code."""
    from linli.testing.world import WORLD

    return {
        street.code: Api(served, module_house).token_for(street.administrator, street.id).headers
        for street in WORLD.streets
    }
