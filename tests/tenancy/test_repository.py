"""Lists of places: pages, filters, and walls that no filter need remember."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.errors import Invalid
from linli.kit.ids import new_id
from linli.tenancy import repository
from linli.tenancy.models import Compound, Dwelling

READER = frozenset({"core.compound.read", "core.dwelling.read"})


@pytest.fixture
def own(world):
    return world.here.communities[0]


def reader(**place) -> Actor:
    return Actor(grants=(Grant("reader", **place),), permissions={"reader": READER})


def ids(page) -> set:
    return {row.id for row in page.items}


LISTS = {
    "compound": lambda session: repository.list_compounds(session, SYSTEM),
    "building": lambda session: repository.list_buildings(session, SYSTEM),
    "dwelling": lambda session: repository.list_dwellings(session, SYSTEM),
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_shows_its_own_community_and_no_other(open_session, world, kind) -> None:
    for community in [each for street in world.streets for each in street.communities]:
        own = set(community.dwellings) if kind == "dwelling" else {getattr(community, kind)}
        with open_session(community.scope) as session:
            assert ids(LISTS[kind](session)) == own


@pytest.mark.parametrize("kind", LISTS)
def test_a_street_sees_both_its_communities_and_no_other_street(open_session, world, kind) -> None:
    with open_session(world.here.scope) as session:
        seen = ids(LISTS[kind](session))
    for street in world.streets:
        for community in street.communities:
            one = community.dwellings[0] if kind == "dwelling" else getattr(community, kind)
            assert (one in seen) == (street is world.here)


def test_communities_are_listed_with_their_counts_in_the_scope_only(open_session, world, own) -> None:
    with open_session(world.here.scope) as session:
        rows = repository.list_communities(session).items
        assert [(community.code, summary and summary.dwellings) for community, summary in rows] == [
            (each.code, 4) for each in world.here.communities
        ]
        assert len(repository.list_communities(session, search=own.code).items) == 1
    with open_session(own.scope) as session:
        assert [row[0].id for row in repository.list_communities(session).items] == [own.id]


class TestGrants:
    def test_a_steward_sees_the_building_only(self, open_session, own) -> None:
        steward = reader(community_id=own.id, compound_id=own.compound, building_id=own.building)
        elsewhere = reader(community_id=own.id, compound_id=own.compound, building_id=new_id())
        with open_session(own.scope) as session:
            assert ids(repository.list_dwellings(session, steward)) == set(own.dwellings)
            assert ids(repository.list_dwellings(session, elsewhere)) == set()
            assert ids(repository.list_compounds(session, steward)) == set()

    def test_no_grant_no_rows(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert ids(repository.list_dwellings(session, Actor())) == set()

    def test_a_community_grant_in_the_street_sees_that_community(self, open_session, world, own) -> None:
        with open_session(world.here.scope) as session:
            assert ids(repository.list_dwellings(session, reader(community_id=own.id))) == set(own.dwellings)


class TestPages:
    @pytest.fixture
    def many(self, open_session, own) -> None:
        rows = [
            {
                "community_id": own.id,
                "compound_id": own.compound,
                "building_id": own.building,
                "door": f"X{n}",
                # Several rows share a key: the id decides between them.
                "sort_key": f"9/{n // 7:03d}",
                "label": f"9号楼 X{n}",
                "usage": "parking" if n % 2 else "residential",
            }
            for n in range(120)
        ]
        with open_session(own.scope) as session:
            session.execute(insert(Dwelling), rows)

    def test_each_row_comes_once_and_in_order(self, open_session, own, many) -> None:
        seen, cursor, pages = [], None, 0
        with open_session(own.scope) as session:
            while pages == 0 or cursor:
                page = repository.list_dwellings(session, SYSTEM, after=cursor)
                seen += [(row.sort_key, row.id) for row in page.items]
                cursor, pages = page.next, pages + 1
        assert (pages, len(seen), len(set(seen))) == (3, 124, 124)
        assert seen == sorted(seen)

    def test_filters_and_search(self, open_session, own, many) -> None:
        with open_session(own.scope) as session:
            parking = repository.list_dwellings(session, SYSTEM, usage="parking")
            assert {row.usage for row in parking.items} == {"parking"}
            assert parking.next is not None
            assert len(repository.list_dwellings(session, SYSTEM, search="x119").items) == 1
            assert repository.list_dwellings(session, SYSTEM, search="%").items == []
            assert len(repository.list_dwellings(session, SYSTEM, usage="residential", without_area=True).items) == 50

    @pytest.mark.parametrize("cursor", ["x", "!!!", "bnVsbA", "WzEsMl0", "é"])
    def test_a_made_up_cursor_is_refused_in_words(self, open_session, own, cursor) -> None:
        with open_session(own.scope) as session, pytest.raises(Invalid) as caught:
            repository.list_dwellings(session, SYSTEM, after=cursor)
        assert caught.value.errors[0].field == "after"

    def test_a_cursor_of_another_community_shows_nothing_of_it(self, open_session, world, many) -> None:
        first, second = world.here.communities
        with open_session(first.scope) as session:
            cursor = repository.list_dwellings(session, SYSTEM).next
        with open_session(second.scope) as session:
            assert ids(repository.list_dwellings(session, SYSTEM, after=cursor)) <= set(second.dwellings)


def test_archived_compounds_are_left_out_unless_asked_for(open_session, own) -> None:
    with open_session(own.scope) as session:
        session.execute(update(Compound).values(archived_at="2026-01-01T00:00:00Z"))
        assert repository.list_compounds(session, SYSTEM).items == []
        assert ids(repository.list_compounds(session, SYSTEM, with_archived=True)) == {own.compound}
