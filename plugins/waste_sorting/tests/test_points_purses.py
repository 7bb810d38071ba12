"""Purses: one for a household, for all who live there, and not for those who come after."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from linli.sdk import SYSTEM, Actor, Conflict, Grant, NotFound, today
from linli_waste_sorting.points import purses
from linli_waste_sorting.points.codes import phone_code
from linli_waste_sorting.points.models import Entry, Purse


def move_in(session, own, n: int, days_ago: int) -> Actor:
    """Let the fourth resident, who lived and owned nowhere, live in a dwelling since some days."""
    session.execute(
        text(
            "INSERT INTO core.household_member (community_id, household_id, resident_id, relation, moved_in_on) "
            "VALUES (:c, :h, :r, 'other', :day)"
        ),
        {
            "c": own.id,
            "h": own.households[n],
            "day": today() - timedelta(days=days_ago),
            "r": own.residents[3],
        },
    )
    return Actor(
        account_id=own.residents[3],
        grants=(Grant("resident", community_id=own.id),),
        resident_ids=(own.residents[3],),
        household_ids=(own.households[n],),
    )


def move_out(session, own, n: int) -> None:
    session.execute(
        text("UPDATE core.household_member SET moved_out_on = :day WHERE resident_id = :r"),
        {"day": today() - timedelta(days=1), "r": own.residents[n]},
    )
    session.execute(
        text("UPDATE core.ownership SET ended_on = :day WHERE resident_id = :r"),
        {
            "day": today() - timedelta(days=1),
            "r": own.residents[n],
        },
    )


def looked_at(session, row: Purse, days_ago: int) -> None:
    row.kept_on = today() - timedelta(days=days_ago)
    session.flush()


class TestHouseholds:
    def test_all_who_live_there_see_and_use_the_same(self, open_session, own, purse, gain, at_home) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 10)
            mate = move_in(session, own, 0, 5)
            for actor in (at_home(own), mate):
                [(stay, mine)] = purses.own_held(session, actor, own.id)
                assert (stay.dwelling_id, mine.id) == (own.dwellings[0], purse(session, own).id)
            assert [mine for _stay, mine in purses.own_held(session, at_home(own, 1), own.id)] == [None]

    def test_who_moves_in_later_goes_on_with_the_same(self, open_session, own, purse, gain) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 10)
            first = purse(session, own)
            looked_at(session, first, 1)
            move_in(session, own, 0, 3)
            purse(session, own)
            move_out(session, own, 0)
            assert purse(session, own).id == first.id, "somebody was there all the time"

    @pytest.mark.parametrize(("days", "is_same"), [(3, True), (4, True), (2, False)])
    def test_when_all_have_gone_the_next_ones_begin_anew(self, open_session, own, purse, gain, days, is_same) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 10)
            first = purse(session, own)
            looked_at(session, first, 3)
            later = move_in(session, own, 0, days)
            move_out(session, own, 0)
            [(_stay, shown)] = purses.own_held(session, later, own.id)
            assert (shown is not None) == is_same, "not shown either, before anything is written"
            after = purse(session, own)
            assert (after.id == first.id) == is_same
            session.refresh(first)
            assert (first.balance, first.closed_at is None) == ((10, True) if is_same else (0, False))
            kinds = session.scalars(select(Entry.kind).order_by(Entry.id)).all()
            assert kinds == (["earn"] if is_same else ["earn", "expire"])

    def test_nobody_at_home_has_none_and_the_old_one_waits(self, open_session, own, purse, gain) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 10)
            first = purse(session, own)
            looked_at(session, first, 2)
            move_out(session, own, 0)
            assert purses.purse_at(session, own.id, own.dwellings[0]) is None
            assert purses.keep(session, [first], today()) == 0
            assert (first.balance, first.kept_on) == (10, today() - timedelta(days=2))

    def test_of_a_household_that_is_gone_the_code_leads_nowhere(self, open_session, own, purse) -> None:
        with open_session(own.scope) as session:
            mine = purse(session, own)
            looked_at(session, mine, 3)
            move_in(session, own, 0, 1)
            move_out(session, own, 0)
            for find in (purses.seen_purse, purses.purse_of_code):
                with pytest.raises(NotFound):
                    find(session, own.id, phone_code(mine).code)

    def test_another_communitys_dwelling_has_none_here(self, open_session, world, own) -> None:
        with open_session(own.scope) as session:
            other = world.here.communities[1]
            assert purses.purse_at(session, own.id, other.dwellings[0]) is None

    def test_two_who_open_it_at_once_open_one(self, house, own) -> None:
        ids, barrier = [], threading.Barrier(2)

        def first_time() -> None:
            barrier.wait(10)
            with house.database.unit_of_work(own.scope, SYSTEM) as session:
                ids.append(purses.purse_at(session, own.id, own.dwellings[0]).id)

        threads = [threading.Thread(target=first_time) for _each in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(20)
        assert len(ids) == 2
        assert len(set(ids)) == 1


def test_staff_give_nothing_to_their_own_household(open_session, own, purse, giver, at_home) -> None:
    with open_session(own.scope) as session:
        mine, other = purse(session, own), purse(session, own, 1)
        lives_there = replace(giver(own), account_id=own.resident_account)
        owns_it = replace(giver(own), resident_ids=(own.residents[0],))
        for clerk in (lives_there, owns_it):
            with pytest.raises(Conflict, match="自己家"):
                purses.refuse_own(session, clerk, mine)
            purses.refuse_own(session, clerk, other)
