"""The community in which the tests work, stations for it, and what is taken away from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from linli.sdk import SYSTEM, Actor, ScopedSession, today
from linli.testing.world import CommunityWorld
from linli_waste_sorting.models import Station
from linli_waste_sorting.schemas import StationCreate
from linli_waste_sorting.service import create_station
from linli_waste_sorting.weights.carriers import create_carrier
from linli_waste_sorting.weights.contracts import create_contract
from linli_waste_sorting.weights.models import Carrier, Collection, Contract
from linli_waste_sorting.weights.schemas import CarrierWrite, CollectionCreate, ContractWrite
from linli_waste_sorting.weights.service import create_collection


@pytest.fixture
def own(world) -> CommunityWorld:
    """A community in which the plugin is on."""
    return world.here.communities[0]


@pytest.fixture
def make_station() -> Callable[..., Station]:
    """Sets up a station in a community's compound."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> Station:
        given = {"name": "1号站", "place": "南门", "compound_id": community.compound, **fields}
        return create_station(session, SYSTEM, community.id, StationCreate(**given))

    return make


@pytest.fixture
def make_carrier() -> Callable[..., Carrier]:
    """Writes down a carrier of a community."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> Carrier:
        return create_carrier(session, SYSTEM, community.id, CarrierWrite(**{"name": "环卫中心", **fields}))

    return make


@pytest.fixture
def make_contract() -> Callable[..., Contract]:
    """Writes down a contract about kitchen and other waste that holds today."""

    def make(session: ScopedSession, community: CommunityWorld, carrier: Carrier, **fields: Any) -> Contract:
        given = {
            "carrier_id": carrier.id,
            "number": "清运1号",
            "categories": ["kitchen", "other"],
            "compound_ids": [community.compound],
            "destination": "处理厂",
            "starts_on": today() - timedelta(days=300),
            "ends_on": today() + timedelta(days=300),
            **fields,
        }
        return create_contract(session, SYSTEM, community.id, ContractWrite(**given))

    return make


@pytest.fixture
def note(make_carrier) -> Callable[..., Collection]:
    """Notes what was taken away today, by a carrier that is made when there is none."""

    def write(
        session: ScopedSession,
        community: CommunityWorld,
        kg: str | None = "10",
        *,
        actor: Actor = SYSTEM,
        **fields: Any,
    ) -> Collection:
        if "carrier_id" not in fields:
            known = session.query(Carrier).filter(Carrier.closed_at.is_(None)).first()
            fields["carrier_id"] = (known or make_carrier(session, community)).id
        given = {
            "compound_id": community.compound,
            "category": "kitchen",
            "day": today(),
            "destination": "处理厂",
            "kg": Decimal(kg) if kg is not None else None,
            **fields,
        }
        return create_collection(session, actor, community.id, CollectionCreate(**given))

    return write


@pytest.fixture
def days_ago() -> Callable[[int], date]:
    """The day so many days before today."""
    return lambda days: today() - timedelta(days=days)


@pytest.fixture
def empty_ledger(module_house) -> Iterator[None]:
    """Takes away what a test of pages or of the API has noted: they commit, and share the module's database."""
    yield
    tables = ("ledger_report", "collection", "contract_compound", "contract", "carrier")
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        connection.execute("TRUNCATE " + ", ".join(f"plugin_waste_sorting.{each}" for each in tables))
