"""Finding residents as people type them, and only those whom the reader may see."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text
from tests.residents.actors import community_administrator

from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.ids import new_id
from linli.residents.models import Household, HouseholdMember, Resident
from linli.residents.schemas import ResidentCreate, ResidentUpdate
from linli.residents.searching import search_residents
from linli.residents.service import create_resident, update_resident


@pytest.fixture
def people(open_session, here) -> dict[str, UUID]:
    """Some people by their names, entered as the portal enters them."""
    found = {}
    with open_session(here.scope) as session:
        for n, name in enumerate(("刘佳丽", "李佳", "单田芳", "曾小贤", "解放", "欧阳娜娜", "张三", "Anna Li")):
            data = ResidentCreate(name=name, phone=f"1990000888{n}")
            found[name] = create_resident(session, SYSTEM, here.id, data).id
    return found


def names(session, words: str, actor: Actor = SYSTEM, limit: int = 8) -> list[str]:
    return [each.name for each in search_residents(session, actor, words, limit)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("刘佳丽", ["刘佳丽"]),
        ("佳丽", ["刘佳丽"]),
        ("丽", ["刘佳丽"]),
        ("ljl", ["刘佳丽"]),
        ("ＬＪＬ", ["刘佳丽"]),
        ("liujia", ["刘佳丽"]),
        ("liu jia li", ["刘佳丽"]),
        ("jl", ["刘佳丽"]),
        ("jiali", ["刘佳丽"]),
        ("li佳", ["李佳", "刘佳丽"]),
        ("刘jl", ["刘佳丽"]),
        ("lj丽", ["刘佳丽"]),
        ("佳l", ["刘佳丽"]),
        ("stf", ["单田芳"]),
        ("dtf", ["单田芳"]),
        ("shantian", ["单田芳"]),
        ("zengxiao", ["曾小贤"]),
        ("xiefang", ["解放"]),
        ("娜娜", ["欧阳娜娜"]),
        ("nana", ["欧阳娜娜"]),
        ("anna", ["Anna Li"]),
        ("19900008886", ["张三"]),
        ("8886", ["张三"]),
        ("888", []),
        ("王", []),
        ("l", []),
        ("%", []),
        ("", []),
    ],
)
def test_found_by(open_session, here, people, words, found) -> None:
    with open_session(here.scope) as session:
        assert names(session, words) == found


def test_a_changed_name_and_phone_are_found_the_old_ones_not(open_session, here, people) -> None:
    with open_session(here.scope) as session:
        version = session.get(Resident, (here.tenant_id, people["张三"])).version
        update_resident(
            session, SYSTEM, people["张三"], ResidentUpdate(version=version, name="仇英", phone="19900001234")
        )
    with open_session(here.scope) as session:
        assert names(session, "zs") == []
        assert names(session, "8886") == []
        assert names(session, "qy") == names(session, "chouy") == names(session, "1234") == ["仇英"]


def test_who_was_erased_or_merged_is_gone(open_session, here, people) -> None:
    with open_session(here.scope) as session:
        session.execute(text("UPDATE core.resident SET erased_at = now() WHERE id = :id"), {"id": people["刘佳丽"]})
        session.execute(
            text("UPDATE core.resident SET merged_into = :other WHERE id = :id"),
            {"id": people["李佳"], "other": people["张三"]},
        )
    with open_session(here.scope) as session:
        assert names(session, "佳") == []
        assert names(session, "张三") == ["张三"]


class TestReach:
    def test_a_door_leads_to_those_who_live_there(self, open_session, here) -> None:
        with open_session(here.scope) as session:
            assert names(session, "1-1-101") == ["测试居民1"]
            assert names(session, "1号楼1单元102") == []

    def test_who_works_for_one_compound_finds_nobody_of_the_others(
        self, open_session, here, people, second_compound
    ) -> None:
        compound, _building, dwelling = second_compound
        with open_session(here.scope) as session:
            household = Household(id=new_id(), community_id=here.id, dwelling_id=dwelling)
            session.add(household)
            session.flush()
            session.add(HouseholdMember(household_id=household.id, resident_id=people["刘佳丽"], community_id=here.id))
        narrow = Actor(
            account_id=new_id(),
            grants=(Grant("x", here.id, compound),),
            permissions={"x": frozenset({"core.resident.read"})},
        )
        with open_session(here.scope) as session:
            assert names(session, "ljl", narrow) == names(session, "8880", narrow) == ["刘佳丽"]
            assert names(session, "zs", narrow) == names(session, "8886", narrow) == []
            assert names(session, "19900008886", narrow) == names(session, "csjm", narrow) == []
            assert names(session, "1-1-101", narrow) == []

    def test_who_may_not_read_residents_finds_none(self, open_session, here, people) -> None:
        nobody = Actor(account_id=new_id(), grants=(Grant("x", here.id),), permissions={"x": frozenset()})
        with open_session(here.scope) as session:
            assert names(session, "ljl", nobody) == []
            assert names(session, "ljl", community_administrator(here)) == ["刘佳丽"]

    def test_other_communities_and_streets_are_not_there(self, open_session, world, people) -> None:
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session:
                assert names(session, "ljl") == names(session, "19900008880") == names(session, "8880") == []
        with open_session(world.here.scope) as session:
            assert names(session, "ljl") == ["刘佳丽"], "the street sees all of its communities"


def test_three_queries_find_and_show_them(open_session, here, people, assert_queries) -> None:
    with open_session(here.scope) as session, assert_queries(session, 3):
        assert len(search_residents(session, SYSTEM, "测试", 8)) == len(here.residents)


def test_no_more_than_asked_for(open_session, here, people) -> None:
    with open_session(here.scope) as session:
        assert len(names(session, "csjm", limit=2)) == 2
