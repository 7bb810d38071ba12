"""Who is at home where, and since when."""

from __future__ import annotations

from datetime import date, timedelta

from tests.residents.actors import community_administrator

from linli.kit.clock import today
from linli.residents.schemas import HouseholdCreate, MemberIn, OwnershipCreate
from linli.residents.service import add_owner, create_household
from linli.residents.stays import stays_at, stays_of, stays_of_account
from linli.testing.world import STARTED


def test_those_who_live_there_with_the_day_on_which_they_moved_in(open_session, here) -> None:
    with open_session(here.scope) as session:
        (stay,) = stays_at(session, [here.dwellings[0]])
        assert (stay.resident_id, stay.account_id, stay.since) == (here.residents[0], here.resident_account, STARTED)
        assert (stay.dwelling_id, stay.building_id) == (here.dwellings[0], here.building)
        assert stays_of(session, [here.residents[0]]) == [stay]


def test_an_owner_is_at_home_only_where_nobody_else_lives(open_session, here) -> None:
    admin, empty = community_administrator(here), here.dwellings[3]
    with open_session(here.scope, admin) as session:
        add_owner(session, admin, OwnershipCreate(dwelling_id=empty, resident_id=here.residents[0]))
        assert [each.resident_id for each in stays_at(session, [empty])] == [here.residents[0]]
        members = [MemberIn(resident_id=here.residents[3], moved_in_on=today() - timedelta(days=3))]
        create_household(session, admin, HouseholdCreate(dwelling_id=empty, tenure="lease", members=members))
        (lessee,) = stays_at(session, [empty])
        assert (lessee.resident_id, lessee.since) == (here.residents[3], today() - timedelta(days=3))
        assert [each.dwelling_id for each in stays_of(session, [here.residents[0]])] == [here.dwellings[0]]


def test_nobody_of_others_and_nothing_for_nobody(open_session, world, here) -> None:
    with open_session(here.scope) as session:
        assert stays_of(session, []) == []
        assert stays_at(session, []) == []
        assert stays_at(session, world.there.communities[0].dwellings) == []
        assert stays_at(session, world.here.communities[1].dwellings) == []


def test_a_stay_that_has_ended_is_none(open_session, here) -> None:
    from sqlalchemy import update

    from linli.residents.models import HouseholdMember, Ownership

    with open_session(here.scope) as session:
        gone = {HouseholdMember: "moved_out_on", Ownership: "ended_on"}
        for model, column in gone.items():
            session.execute(
                update(model).where(model.resident_id == here.residents[0]).values({column: date(2025, 6, 1)})
            )
        assert stays_of(session, [here.residents[0]]) == []
        assert stays_at(session, [here.dwellings[0]]) == []


def test_of_an_account_as_of_its_resident_and_of_nobody_elses(open_session, world, here) -> None:
    with open_session(here.scope) as session:
        assert stays_of_account(session, here.resident_account) == stays_of(session, [here.residents[0]])
        for account in (here.administrator, world.there.communities[0].resident_account):
            assert stays_of_account(session, account) == []
