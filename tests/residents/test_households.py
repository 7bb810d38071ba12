"""Households and stays: moving in and out with dates, and a history that is never lost."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from tests.residents.actors import community_administrator, steward

from linli.kit.errors import Conflict, Invalid, NotFound
from linli.residents.models import HouseholdMember
from linli.residents.schemas import HouseholdCreate, HouseholdUpdate, MemberIn, MoveOut, ResidentCreate
from linli.residents.service import (
    create_household,
    create_resident,
    get_household,
    get_resident,
    households_of_dwelling,
    move_in,
    move_out,
    stays_of_resident,
    update_household,
)
from linli.tenancy.models import CommunitySummary

DAY = date(2026, 3, 1)


@pytest.fixture
def admin(here):
    return community_administrator(here)


class TestCreate:
    def test_lessees_are_a_household_beside_the_owners(self, open_session, here, admin) -> None:
        lessees = HouseholdCreate(
            dwelling_id=here.dwellings[0],
            tenure="lease",
            started_on=DAY,
            members=[MemberIn(resident_id=here.residents[3], relation="lessee")],
        )
        with open_session(here.scope, admin) as session:
            made = create_household(session, admin, lessees)
            assert [(m.resident_id, m.moved_in_on) for m in made.members] == [(here.residents[3], DAY)]
            tenures = {each.tenure for each in households_of_dwelling(session, admin, here.dwellings[0])}
        assert tenures == {"owner", "lease"}

    def test_nobody_moves_in_twice(self, open_session, here, admin) -> None:
        twice = [MemberIn(resident_id=here.residents[3])] * 2
        with open_session(here.scope, admin) as session, pytest.raises(Invalid):
            create_household(session, admin, HouseholdCreate(dwelling_id=here.dwellings[3], members=twice))

    @pytest.mark.parametrize("place", ["sibling", "street"])
    def test_people_and_dwellings_across_the_wall_do_not_exist(self, open_session, world, here, admin, place) -> None:
        other = world.here.communities[1] if place == "sibling" else world.there.communities[0]
        with open_session(here.scope, admin) as session:
            with pytest.raises(NotFound):
                create_household(session, admin, HouseholdCreate(dwelling_id=other.dwellings[0]))
            with pytest.raises(NotFound):
                get_household(session, admin, other.households[0])
            with pytest.raises(Invalid):
                move_in(session, admin, here.households[0], MemberIn(resident_id=other.residents[0]))
            assert get_household(session, admin, here.households[0]).id == here.households[0]

    def test_the_communitys_count_follows(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            create_household(session, admin, HouseholdCreate(dwelling_id=here.dwellings[3]))
        with open_session(here.scope, admin) as session:
            assert session.scalars(select(CommunitySummary.households)).one() == 4


@pytest.mark.requirement("REG-004")
def test_pets_are_registered_with_the_household(open_session, here, admin) -> None:
    with open_session(here.scope, admin) as session:
        before = get_household(session, admin, here.households[0])
        after = update_household(session, admin, before.id, HouseholdUpdate(version=before.version, pets="犬 1 只"))
        assert (after.pets, after.tenure) == ("犬 1 只", before.tenure)
        with pytest.raises(Conflict):
            update_household(session, admin, before.id, HouseholdUpdate(version=before.version, pets=""))


class TestMove:
    def test_a_move_out_closes_the_stay_and_keeps_it(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            left = move_out(session, admin, here.households[0], MoveOut(on=DAY))
            assert (left.ended_on, [member.moved_out_on for member in left.members]) == (DAY, [DAY])
            made = create_household(
                session,
                admin,
                HouseholdCreate(
                    dwelling_id=here.dwellings[3],
                    started_on=DAY,
                    members=[MemberIn(resident_id=here.residents[0], relation="head")],
                ),
            )
            assert made.members[0].relation == "head"
        with open_session(here.scope, admin) as session:
            history = stays_of_resident(session, admin, here.residents[0])
            lives = [door.label for door in get_resident(session, admin, here.residents[0]).doors if door.lives]
        assert [(stay.label[-3:], stay.moved_out_on) for stay in history] == [("401", None), ("101", DAY)]
        assert lives == ["1号楼 1单元 401"]

    def test_one_may_leave_and_the_others_stay(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            move_in(session, admin, here.households[0], MemberIn(resident_id=here.residents[3], moved_in_on=DAY))
            left = move_out(session, admin, here.households[0], MoveOut(on=DAY, resident_id=here.residents[0]))
            assert left.ended_on is None
            assert move_out(session, admin, here.households[0], MoveOut(on=DAY)).ended_on == DAY

    def test_the_last_day_is_not_before_the_first(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            with pytest.raises(Invalid):
                move_out(session, admin, here.households[0], MoveOut(on=date(2024, 12, 31)))
            assert move_out(session, admin, here.households[0], MoveOut(on=date(2025, 1, 1))).ended_on

    def test_an_ended_household_takes_nobody_in(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            move_out(session, admin, here.households[0], MoveOut(on=DAY))
            with pytest.raises(Conflict):
                move_in(session, admin, here.households[0], MemberIn(resident_id=here.residents[3]))
            with pytest.raises(Conflict):
                move_out(session, admin, here.households[0], MoveOut(on=DAY))

    def test_who_does_not_live_there_cannot_leave(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session, pytest.raises(NotFound):
            move_out(session, admin, here.households[0], MoveOut(on=DAY, resident_id=here.residents[3]))

    def test_coming_back_is_a_second_stay(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            move_in(session, admin, here.households[0], MemberIn(resident_id=here.residents[3], moved_in_on=DAY))
            move_out(session, admin, here.households[0], MoveOut(on=DAY, resident_id=here.residents[3]))
            move_in(
                session,
                admin,
                here.households[0],
                MemberIn(resident_id=here.residents[3], moved_in_on=date(2026, 5, 1)),
            )
            stays = session.scalars(
                select(HouseholdMember).where(HouseholdMember.resident_id == here.residents[3])
            ).all()
        assert len(stays) == 2


def test_a_steward_reaches_only_the_buildings_households(open_session, here, second_building) -> None:
    actor = steward(here, here.compound, second_building[0])
    with open_session(here.scope, actor) as session:
        assert households_of_dwelling(session, actor, second_building[1]) == []
        for refused in (
            lambda: households_of_dwelling(session, actor, here.dwellings[0]),
            lambda: get_household(session, actor, here.households[0]),
            lambda: move_out(session, actor, here.households[0], MoveOut(on=DAY)),
            lambda: stays_of_resident(session, actor, here.residents[0]),
        ):
            with pytest.raises(NotFound):
                refused()


def test_a_new_resident_joins_the_household_of_the_same_tenure(open_session, here, admin) -> None:
    with open_session(here.scope, admin) as session:
        create_resident(
            session,
            admin,
            here.id,
            ResidentCreate(name="配偶", dwelling_id=here.dwellings[0], tenure="owner", relation="spouse"),
        )
        create_resident(
            session, admin, here.id, ResidentCreate(name="租户", dwelling_id=here.dwellings[0], tenure="lease")
        )
        found = households_of_dwelling(session, admin, here.dwellings[0])
    assert sorted((each.tenure, len(each.members)) for each in found) == [("lease", 1), ("owner", 2)]
