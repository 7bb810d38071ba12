"""Finding places: names by pinyin, doors as people write them down."""

from __future__ import annotations

import pytest

from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.ids import new_id
from linli.tenancy.models import Building, Compound
from linli.tenancy.searching import (
    DoorQuery,
    door_of,
    search_buildings,
    search_communities,
    search_compounds,
    search_dwellings,
)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("3-2-501", DoorQuery("", "3号楼", "2单元", "501")),
        ("３－２－５０１", DoorQuery("", "3号楼", "2单元", "501")),
        ("3/2/501", DoorQuery("", "3号楼", "2单元", "501")),
        ("3 2 501", DoorQuery("", "3号楼", "2单元", "501")),
        ("3#2-501", DoorQuery("", "3号楼", "2单元", "501")),
        ("3号楼2单元501室", DoorQuery("", "3号楼", "2单元", "501")),
        ("三号楼二单元501", DoorQuery("", "三号楼", "二单元", "501")),
        ("一号院 3-2-501", DoorQuery("一号院", "3号楼", "2单元", "501")),
        ("劲松1区5-3-201", DoorQuery("劲松1区", "5号楼", "3单元", "201")),
        ("3-501", DoorQuery("", "3号楼", "", "501")),
        ("3号楼501", DoorQuery("", "3号楼", "", "501")),
        ("3号楼2单元", DoorQuery("", "3号楼", "2单元", "")),
        ("2单元501", DoorQuery("", "", "2单元", "501")),
        ("a座1201", DoorQuery("", "A座", "", "1201")),
        ("A-1201", DoorQuery("", "A", "", "1201")),
        ("501", DoorQuery("", "", "", "501")),
        ("3", DoorQuery("", "3号楼", "", "")),
        ("3-2-50a", DoorQuery("", "3号楼", "2单元", "50A")),
    ],
)
def test_a_door_is_read(words, meant) -> None:
    assert door_of(words) == meant


@pytest.mark.parametrize("words", ["", " ", "刘佳丽", "ljl", "1-2-3-4", "19900001234", "三", "-"])
def test_what_names_no_door(words) -> None:
    assert door_of(words) is None


@pytest.fixture
def here(world):
    return world.here.communities[0]


@pytest.fixture
def second(open_session, here):
    """A compound called 朝阳里 with a building called 东塔; its id."""
    compound = Compound(id=new_id(), community_id=here.id, name="朝阳里", address="朝阳路 5 号")
    with open_session(here.scope) as session:
        session.add(compound)
        session.flush()
        session.add(Building(community_id=here.id, compound_id=compound.id, name="东塔", sort_key="东塔"))
    return compound.id


def narrow(here, compound_id) -> Actor:
    rights = frozenset({"core.compound.read", "core.dwelling.read"})
    return Actor(account_id=new_id(), grants=(Grant("x", here.id, compound_id),), permissions={"x": rights})


class TestDoors:
    @pytest.mark.parametrize(
        ("words", "doors"),
        [
            ("1-1-101", ["101"]),
            ("1号楼 1单元 201", ["201"]),
            ("1-201", ["201"]),
            ("1-1-2", ["201"]),
            ("201", ["201"]),
            ("2-1-101", []),
            ("1-2-101", []),
            ("测试 1-1-101", ["101"]),
            ("没有这个院 1-1-101", []),
        ],
    )
    def test_found_by(self, open_session, here, words, doors) -> None:
        with open_session(here.scope) as session:
            compound = session.get(Compound, (here.tenant_id, here.compound)).name
            words = words.replace("测试", compound)
            assert [each.door for each, _name in search_dwellings(session, SYSTEM, words, 8)] == doors

    def test_a_building_alone_lists_its_doors_in_their_order(self, open_session, here) -> None:
        with open_session(here.scope) as session:
            found = [each.door for each, _name in search_dwellings(session, SYSTEM, "1号楼", 2)]
            assert found == ["101", "201"]

    def test_only_within_reach(self, open_session, here, second, world) -> None:
        with open_session(here.scope) as session:
            assert search_dwellings(session, narrow(here, second), "1-1-101", 8) == []
            assert len(search_dwellings(session, narrow(here, here.compound), "1-1-101", 8)) == 1
        with open_session(world.here.scope) as session:
            found = search_dwellings(session, SYSTEM, "1-1-101", 8)
            assert {each.community_id for each, _name in found} == {each.id for each in world.here.communities}


class TestNames:
    @pytest.mark.parametrize("words", ["朝阳里", "cyl", "chaoyangli", "阳里", "朝yl", "ＣＹＬ"])
    def test_a_compound(self, open_session, here, second, words) -> None:
        with open_session(here.scope) as session:
            assert [each.id for each in search_compounds(session, SYSTEM, words, 8)][:1] == [second]
            assert search_compounds(session, narrow(here, here.compound), words, 8) == []

    @pytest.mark.parametrize("words", ["东塔", "dt", "朝阳里东塔", "cyldt", "朝阳里 dt"])
    def test_a_building(self, open_session, here, second, words) -> None:
        with open_session(here.scope) as session:
            assert [each.name for each in search_buildings(session, SYSTEM, words, 8)] == ["东塔"]
            assert search_buildings(session, narrow(here, here.compound), words, 8) == []

    @pytest.mark.parametrize("words", ["1", "1#", "1号楼", "１号楼", "一号楼"])
    def test_a_building_by_its_number(self, open_session, here, words) -> None:
        with open_session(here.scope) as session:
            assert [each.id for each in search_buildings(session, SYSTEM, words, 8)] == [here.building]

    def test_a_community_of_this_street_alone(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            found = search_communities(session, "shequ", 8)
            assert {each.id for each in found} == {each.id for each in world.here.communities}
            assert [each.id for each in search_communities(session, world.here.communities[1].code, 8)] == [
                world.here.communities[1].id
            ]
        with open_session(world.here.communities[0].scope) as session:
            assert [each.id for each in search_communities(session, "shequ", 8)] == [world.here.communities[0].id]
