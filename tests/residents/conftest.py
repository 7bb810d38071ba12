"""What the tests of the register share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import event
from tests.residents.actors import community_administrator
from tests.residents.rosters import Desk

from linli.kit.ids import new_id
from linli.tenancy.models import Building, Compound, Dwelling
from linli.tenancy.naming import label, sort_key


@pytest.fixture
def here(world):
    """The community in which the tests work."""
    return world.here.communities[0]


@pytest.fixture
def second_building(open_session, here) -> tuple[UUID, UUID]:
    """Another building of the same compound with one empty dwelling: ``(building, dwelling)``."""
    return add_building(open_session, here, here.compound)


@pytest.fixture
def second_compound(open_session, here) -> tuple[UUID, UUID, UUID]:
    """Another compound of the same community: ``(compound, building, dwelling)``."""
    compound = Compound(id=new_id(), community_id=here.id, name="二号院")
    with open_session(here.scope) as session:
        session.add(compound)
    return (compound.id, *add_building(open_session, here, compound.id))


def add_building(open_session: Callable, here, compound_id: UUID) -> tuple[UUID, UUID]:
    building, dwelling = new_id(), new_id()
    with open_session(here.scope) as session:
        session.add(Building(id=building, community_id=here.id, compound_id=compound_id, name="2号楼"))
        session.flush()
        session.add(
            Dwelling(
                id=dwelling,
                community_id=here.id,
                compound_id=compound_id,
                building_id=building,
                door="101",
                sort_key=sort_key("2号楼", "", "101"),
                label=label("2号楼", "", "101"),
            )
        )
    return building, dwelling


class Counter:
    """How many statements went to the database."""

    count = 0


@pytest.fixture
def count_queries():
    """``with count_queries(session) as counter``."""

    @contextmanager
    def counting(session):
        counter = Counter()
        connection = session.connection()

        def count(*_args) -> None:
            counter.count += 1

        event.listen(connection, "before_cursor_execute", count)
        try:
            yield counter
        finally:
            event.remove(connection, "before_cursor_execute", count)

    return counting


@pytest.fixture
def desk(open_session, here) -> Desk:
    """The community's administrator, importing into its compound."""
    return Desk(open_session, here.scope, community_administrator(here), here.compound)
