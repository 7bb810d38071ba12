"""A resident's own home: everything of theirs, nothing of anybody else's."""

from __future__ import annotations

from tests.residents.actors import community_administrator, resident

from linli.kit.actor import PUBLIC
from linli.residents.homes import homes_at
from linli.residents.schemas import HouseholdCreate, MemberIn, OwnershipCreate
from linli.residents.service import add_owner, create_household, my_home


def test_one_sees_ones_dwellings_household_and_shares(open_session, here) -> None:
    me = resident(here, here.residents[0])
    with open_session(here.scope, me) as session:
        home = my_home(session, me)
    assert [each.id for each in home.residents] == [here.residents[0]]
    (dwelling,) = home.dwellings
    assert (dwelling.label, dwelling.compound_name, dwelling.lives, dwelling.owns) == (
        "1号楼 1单元 101",
        "一号院",
        True,
        True,
    )
    assert [owner.owner_name for owner in dwelling.owners] == ["测试居民1"]
    assert [member.name for household in dwelling.households for member in household.members] == ["测试居民1"]


def test_an_owner_who_lets_sees_the_dwelling_but_not_the_lessees(open_session, here) -> None:
    admin, me = community_administrator(here), resident(here, here.residents[0])
    with open_session(here.scope, admin) as session:
        add_owner(session, admin, OwnershipCreate(dwelling_id=here.dwellings[3], resident_id=here.residents[0]))
        create_household(
            session,
            admin,
            HouseholdCreate(
                dwelling_id=here.dwellings[3], tenure="lease", members=[MemberIn(resident_id=here.residents[3])]
            ),
        )
    with open_session(here.scope, me) as session:
        let = my_home(session, me).dwellings[1]
    assert (let.label, let.lives, let.owns, let.households) == ("1号楼 1单元 401", False, True, [])


def test_a_lessee_sees_their_household_but_not_the_owners(open_session, here) -> None:
    admin, me = community_administrator(here), resident(here, here.residents[3])
    with open_session(here.scope, admin) as session:
        create_household(
            session,
            admin,
            HouseholdCreate(
                dwelling_id=here.dwellings[0], tenure="lease", members=[MemberIn(resident_id=here.residents[3])]
            ),
        )
    with open_session(here.scope, me) as session:
        (dwelling,) = my_home(session, me).dwellings
    assert (dwelling.lives, dwelling.owns, dwelling.owners) == (True, False, [])
    assert [member.name for household in dwelling.households for member in household.members] == ["测试居民4"]


def test_visitors_and_people_of_other_communities_have_no_home_here(open_session, world, here) -> None:
    other = world.here.communities[1]
    stranger = resident(other, other.residents[0])
    with open_session(here.scope, stranger) as session:
        assert my_home(session, stranger).residents == []
        assert my_home(session, PUBLIC).dwellings == []
    with open_session(other.scope, stranger) as session:
        assert len(my_home(session, stranger).dwellings) == 1


def test_where_dwellings_are_is_told_of_those_within_the_scope(open_session, here, world) -> None:
    other = world.here.communities[1].dwellings[0]
    with open_session(here.scope) as session:
        found = homes_at(session, [here.dwellings[0], other])
        assert homes_at(session, []) == {}
    assert {key: (each.compound_id, each.building_id) for key, each in found.items()} == {
        here.dwellings[0]: (here.compound, here.building)
    }
