"""The community in which the tests work, and stations for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linli.sdk import SYSTEM, ScopedSession
from linli.testing.world import CommunityWorld
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
