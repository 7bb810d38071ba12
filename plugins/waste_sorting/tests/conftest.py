"""The community in which the tests work, stations for it, slots, and people who book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from linli.sdk import SYSTEM, Actor, Grant, ScopedSession, today
from linli.testing.world import CommunityWorld
from linli_waste_sorting.bookings.models import Booking, Slot
from linli_waste_sorting.bookings.permissions import BOOKING_PERMISSIONS
from linli_waste_sorting.bookings.schemas import BookingWrite, SlotCreate, Thing
from linli_waste_sorting.bookings.service import book
from linli_waste_sorting.bookings.slots import create_slots
from linli_waste_sorting.models import Station
from linli_waste_sorting.schemas import StationCreate
from linli_waste_sorting.service import create_station


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
def slot_data() -> Callable[..., SlotCreate]:
    """A slot of the compound in a week, for ten, from nine to eleven."""

    def make(community: CommunityWorld, **fields: Any) -> SlotCreate:
        given = {
            "compound_id": community.compound,
            "category": "bulky",
            "day": today() + timedelta(days=7),
            "opens": time(9),
            "closes": time(11),
            "capacity": 10,
            **fields,
        }
        return SlotCreate(**given)

    return make


@pytest.fixture
def make_slots(slot_data) -> Callable[..., list[Slot]]:
    """Sets up slots in a community's compound."""

    def make(session: ScopedSession, community: CommunityWorld, **fields: Any) -> list[Slot]:
        return create_slots(session, SYSTEM, community.id, slot_data(community, **fields))

    return make


@pytest.fixture
def resident() -> Callable[..., Actor]:
    """Somebody who lives in one of a community's households; the first is the one with the account."""
    allowed = {"resident": frozenset(each.name for each in BOOKING_PERMISSIONS if "resident" in each.roles)}

    def make(community: CommunityWorld, household: int = 0) -> Actor:
        return Actor(
            account_id=community.resident_account if household == 0 else community.residents[household],
            display_name=f"测试居民{household + 1}",
            grants=(Grant("resident", community_id=community.id),),
            permissions=allowed,
            resident_ids=(community.residents[household],),
            household_ids=(community.households[household],),
        )

    return make


@pytest.fixture
def make_booking(resident) -> Callable[..., Booking]:
    """Books a slot for the dwelling of one of a community's households."""

    def make(
        session: ScopedSession, community: CommunityWorld, slot: Slot, household: int = 0, **fields: Any
    ) -> Booking:
        given = {
            "slot_id": slot.id,
            "dwelling_id": community.dwellings[household],
            "things": [Thing(name="沙发", pieces=1), Thing(name="床垫", pieces=2)],
            **fields,
        }
        return book(session, resident(community, household), community.id, BookingWrite(**given))

    return make
