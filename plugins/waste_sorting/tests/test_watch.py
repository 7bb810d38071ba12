"""The bin watch: planning shifts, taking and handing on places, who came, and how long it counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from linli.sdk import SHANGHAI, SYSTEM, Actor, Conflict, Forbidden, Grant, Invalid, NotFound, ScopedSession, new_id
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli.testing.world import CommunityWorld
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.watch import checkins, duties, planning, repository, swaps
from linli_waste_sorting.watch.events import WatchCounted
from linli_waste_sorting.watch.models import Duty, Shift, StationCode
from linli_waste_sorting.watch.permissions import PLAN_SHIFTS, READ_SHIFTS, WATCH_PERMISSIONS
from linli_waste_sorting.watch.schemas import Attendance, PersonAdd, ShiftChange, ShiftPlan

#: A Friday.
TODAY = date(2026, 11, 27)
TOMORROW = TODAY + timedelta(days=1)
NOON = datetime.combine(TODAY, time(12), SHANGHAI)

pytestmark = [pytest.mark.today("2026-11-27"), pytest.mark.usefixtures("clock")]


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), SHANGHAI)


def free(session: ScopedSession, person: Actor, community: CommunityWorld) -> list[UUID]:
    """The shifts in which somebody may take a free place."""
    where = duties.openings_for(session, person, community.id)
    return [each.shift.id for each in duties.shifts_to_join(session, person, where)]


def offered(session: ScopedSession, person: Actor, community: CommunityWorld) -> list[UUID]:
    """The places of others that somebody may take over."""
    where = duties.openings_for(session, person, community.id)
    return [each.id for each, _shift in duties.offers_to(session, person, where)]


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


@pytest.fixture
def plan(make_station) -> Callable[..., list[Shift]]:
    """Plans shifts at a new station of a community: tomorrow morning for one person, unless told otherwise."""

    def write(session: ScopedSession, community: CommunityWorld, **more: Any) -> list[Shift]:
        station = make_station(session, community, name=f"站{new_id().hex[-6:]}")
        given = {"stations": [station.id], "first": TOMORROW, "last": TOMORROW, "hours": "7:00-9:00", **more}
        done = planning.plan_shifts(session, SYSTEM, community.id, ShiftPlan(**given))
        mine = select(Shift).where(Shift.plan_id == done.plan_id).order_by(Shift.day, Shift.begins)
        return list(session.scalars(mine))

    return write


@pytest.fixture
def people(actor) -> list[Actor]:
    """Three residents of one house."""
    return [actor, *(replace(actor, account_id=new_id(), display_name=name) for name in ("李四", "王五"))]


class TestPlanning:
    def test_every_day_and_peak_that_was_chosen_and_nothing_twice(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            one, two = make_station(session, own), make_station(session, own, name="2号站")
            data = ShiftPlan(
                stations=[one.id, two.id],
                first=TODAY,
                last=TODAY + timedelta(days=6),
                weekdays=[4, 5, 6],
                hours="7:00-9:00、18:00-20:00",
                wanted=2,
            )
            done = planning.plan_shifts(session, SYSTEM, own.id, data)
            assert (done.created, done.known) == (12, 0)
            shifts = repository.shifts_between(session, TODAY, TODAY + timedelta(days=9))
            assert {each.shift.day.weekday() for each in shifts} == {4, 5, 6}
            assert {each.missing for each in shifts} == {2}
            again = planning.plan_shifts(session, SYSTEM, own.id, data)
            assert (again.created, again.known) == (0, 12)
            codes = session.scalars(select(StationCode)).all()
            assert {each.station_id for each in codes} == {one.id, two.id}

    def test_a_plan_is_taken_back_but_for_what_somebody_has_signed_up_for(self, open_session, own, plan) -> None:
        with open_session(own.scope) as session:
            first, second = plan(session, own, hours="7:00-9:00、18:00-20:00")
            duties.add_person(session, SYSTEM, own.id, second.id, PersonAdd(person_name="张三"))
            done = planning.undo_plan(session, SYSTEM, own.id, first.plan_id)
            assert (done.removed, done.kept) == (1, 1)
            assert [each.shift.id for each in repository.shifts_between(session, TOMORROW, TOMORROW)] == [second.id]
            with pytest.raises(NotFound):
                planning.undo_plan(session, SYSTEM, own.id, new_id())

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"first": TODAY - timedelta(days=1)}, "first"),
            ({"last": TODAY}, "last"),
            ({"first": TODAY, "last": TODAY + timedelta(days=planning.MOST_DAYS + 1)}, "last"),
            ({"hours": "早上"}, "hours"),
            ({"hours": "9:00-7:00"}, "hours"),
            ({"weekdays": [0]}, "weekdays"),
            ({"stations": [new_id()]}, "stations"),
        ],
    )
    def test_a_fault_names_its_field_and_nothing_is_planned(self, open_session, own, plan, more, field) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                plan(session, own, **more)
            assert fields(error) == [field]
            assert session.scalar(select(Shift.id)) is None

    def test_the_last_day_that_may_be_planned(self, open_session, own, plan) -> None:
        with open_session(own.scope) as session:
            last = TODAY + timedelta(days=planning.MOST_DAYS)
            assert len(plan(session, own, first=last, last=last)) == 1

    def test_no_fewer_people_than_hold_a_place(self, open_session, own, plan) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own, wanted=3)
            for name in ("张三", "李四"):
                duties.add_person(session, SYSTEM, own.id, shift.id, PersonAdd(person_name=name))
            with pytest.raises(Invalid) as error:
                planning.change_shift(session, SYSTEM, own.id, shift.id, ShiftChange(wanted=1))
            assert fields(error) == ["wanted"]
            changed = planning.change_shift(session, SYSTEM, own.id, shift.id, ShiftChange(wanted=2))
            assert changed.wanted == 2
            with pytest.raises(Conflict):
                planning.change_shift(session, SYSTEM, own.id, shift.id, ShiftChange(wanted=4, version=1))

    @pytest.mark.actor("resident")
    def test_cancelled_it_is_nobodys_and_they_are_told(self, open_session, own, plan, actor, told) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            duties.join(session, actor, own.id, shift.id)
            with pytest.raises(Invalid):
                planning.cancel_shift(session, SYSTEM, own.id, shift.id, " ")
            planning.cancel_shift(session, SYSTEM, own.id, shift.id, "停运")
            planning.cancel_shift(session, SYSTEM, own.id, shift.id, "停运")
            assert repository.shifts_between(session, TOMORROW, TOMORROW) == []
            assert told(session, "waste_sorting.shift_cancelled") == [actor.account_id]
            with pytest.raises(Conflict):
                duties.join(session, actor, own.id, shift.id)

    @pytest.mark.actor("resident")
    def test_residents_plan_nothing(self, open_session, own, plan, make_station, actor) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            station = shift.station_id
            data = ShiftPlan(stations=[station], first=TOMORROW, last=TOMORROW, hours="1:00-2:00")
            duty = duties.add_person(session, SYSTEM, own.id, shift.id, PersonAdd(person_name="张三"))
            for act in (
                lambda: planning.plan_shifts(session, actor, own.id, data),
                lambda: planning.undo_plan(session, actor, own.id, shift.plan_id),
                lambda: planning.change_shift(session, actor, own.id, shift.id, ShiftChange(wanted=2)),
                lambda: planning.cancel_shift(session, actor, own.id, shift.id, "x"),
                lambda: planning.renew_code(session, actor, own.id, station),
                lambda: duties.add_person(session, actor, own.id, shift.id, PersonAdd(person_name="x")),
                lambda: checkins.note_attendance(session, actor, own.id, duty.id, Attendance()),
            ):
                with pytest.raises(Forbidden):
                    act()


class TestReach:
    """Who works for one compound sees and plans nothing of the others."""

    def test_of_another_compound_nothing_is_seen(self, open_session, own, plan, actor_at) -> None:
        here, elsewhere = actor_at(own.compound), actor_at(new_id())
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            assert planning.read_shift(session, here, own.id, shift.id) is shift
            assert planning.code_of(session, here, own.id, shift.station_id)
            for act in (
                lambda: planning.read_shift(session, elsewhere, own.id, shift.id),
                lambda: planning.code_of(session, elsewhere, own.id, shift.station_id),
                lambda: duties.join(session, elsewhere, own.id, shift.id),
            ):
                with pytest.raises(NotFound):
                    act()
            with pytest.raises(Forbidden):
                planning.cancel_shift(session, elsewhere, own.id, shift.id, "停运")
            assert free(session, elsewhere, own) == []
            assert free(session, here, own) == [shift.id]

    def test_whoever_looks_after_a_building_sees_its_compound(self, own, actor_at) -> None:
        steward = actor_at(own.compound, "building_steward", building_id=own.building)
        assert compounds_of(steward, READ_SHIFTS, own.id) == {own.compound}
        assert compounds_of(steward, PLAN_SHIFTS, own.id) == set()
        assert compounds_of(SYSTEM, READ_SHIFTS, own.id) is None


@pytest.fixture
def actor_at(own) -> Callable[..., Actor]:
    """Somebody who works for one compound of the community."""
    allowed = {
        role: frozenset(each.name for each in WATCH_PERMISSIONS if role in each.roles)
        for role in ("property_staff", "building_steward")
    }

    def make(compound_id: UUID, role: str = "property_staff", **place: UUID) -> Actor:
        grant = Grant(role, own.id, compound_id, **place)
        return Actor(account_id=new_id(), display_name="值班员", grants=(grant,), permissions=allowed)

    return make


@pytest.fixture
def told() -> Callable[[ScopedSession, str], list[Any]]:
    """Whom a kind of notification went to."""
    from linli.notifications.models import Notification

    def ask(session: ScopedSession, kind: str) -> list[Any]:
        found = select(Notification.account_id).where(Notification.kind == kind).order_by(Notification.id)
        return list(session.scalars(found))

    return ask


@pytest.mark.actor("resident")
class TestPlaces:
    def test_one_takes_a_place_once_and_a_full_shift_takes_nobody(self, open_session, own, plan, people) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            mine = duties.join(session, people[0], own.id, shift.id)
            assert duties.join(session, people[0], own.id, shift.id).id == mine.id, "a second click"
            with pytest.raises(Conflict, match="报满"):
                duties.join(session, people[1], own.id, shift.id)
            duties.leave(session, people[0], own.id, mine.id)
            assert duties.leave(session, people[0], own.id, mine.id).ended == "left"
            assert duties.join(session, people[1], own.id, shift.id).person_name == "李四"

    def test_nobody_stands_at_two_stations_at_once(self, open_session, own, plan, people) -> None:
        with open_session(own.scope) as session:
            [one] = plan(session, own)
            [overlapping] = plan(session, own, hours="8:59-10:00")
            [following] = plan(session, own, hours="9:00-10:00")
            duties.join(session, people[0], own.id, one.id)
            with pytest.raises(Conflict, match="07:00–09:00"):
                duties.join(session, people[0], own.id, overlapping.id)
            assert duties.join(session, people[0], own.id, following.id)

    def test_only_where_one_has_a_home(self, open_session, own, world, plan, actor) -> None:
        stranger = replace(actor, resident_ids=(), household_ids=())
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            assert free(session, actor, own) == [shift.id]
            assert free(session, stranger, own) == []
            with pytest.raises(NotFound):
                duties.join(session, stranger, own.id, shift.id)
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session:
                with pytest.raises(NotFound):
                    duties.join(session, actor, other.id, shift.id)
                assert repository.shifts_between(session, TODAY, TOMORROW) == []
                assert repository.missing_by_community(session, TODAY, TOMORROW) == {}

    @pytest.mark.parametrize(("hour", "minute", "may"), [(18, 59, True), (19, 0, True), (19, 1, False)])
    def test_until_when_one_may_leave_by_oneself(self, open_session, own, plan, people, hour, minute, may) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            duty = duties.join(session, people[0], own.id, shift.id)
            with frozen(at(TODAY, hour, minute)):
                if may:
                    assert duties.leave(session, people[0], own.id, duty.id).ended == "left"
                else:
                    with pytest.raises(Conflict, match="替班"):
                        duties.leave(session, people[0], own.id, duty.id)
                    assert duties.leave(session, SYSTEM, own.id, duty.id).ended == "removed", "staff may"

    def test_how_far_ahead_one_sees(self, open_session, own, plan, actor) -> None:
        with open_session(own.scope) as session:
            last = TODAY + timedelta(weeks=4)
            [shown] = plan(session, own, first=last, last=last)
            plan(session, own, first=last + timedelta(days=1), last=last + timedelta(days=1))
            assert free(session, actor, own) == [shown.id]

    def test_a_substitute_takes_the_place_and_it_is_on_record(self, open_session, own, plan, people, told) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            duty = duties.join(session, people[0], own.id, shift.id)
            with pytest.raises(Conflict):
                duties.take_over(session, people[1], own.id, duty.id)
            duties.offer(session, people[0], own.id, duty.id)
            assert [
                each.id
                for each, _shift in duties.offers_to(
                    session, people[1], duties.openings_for(session, people[1], own.id)
                )
            ] == [duty.id]
            assert offered(session, people[0], own) == [], "not one's own"
            taken = duties.take_over(session, people[1], own.id, duty.id)
            session.refresh(duty)
            assert (duty.ended, taken.instead_of) == ("replaced", duty.id)
            assert told(session, "waste_sorting.duty_taken_over") == [people[0].account_id]
            with pytest.raises(Conflict):
                duties.take_over(session, people[2], own.id, duty.id)

    def test_kept_after_all_nobody_can_take_it(self, open_session, own, plan, people) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            duty = duties.join(session, people[0], own.id, shift.id)
            duties.offer(session, people[0], own.id, duty.id)
            duties.keep(session, people[0], own.id, duty.id)
            with pytest.raises(Conflict):
                duties.take_over(session, people[1], own.id, duty.id)
            for act in (duties.offer, duties.keep, duties.leave):
                with pytest.raises(NotFound):
                    act(session, people[1], own.id, duty.id)

    def test_a_resident_of_the_register_or_a_name_alone_is_given_a_place(self, open_session, own, plan, told) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own, wanted=2)
            known = duties.add_person(session, SYSTEM, own.id, shift.id, PersonAdd(resident_id=own.residents[0]))
            assert known.account_id == own.resident_account
            with pytest.raises(Conflict):
                duties.add_person(session, SYSTEM, own.id, shift.id, PersonAdd(resident_id=own.residents[0]))
            with pytest.raises(Invalid):
                duties.add_person(session, SYSTEM, own.id, shift.id, PersonAdd(person_name=" "))
            duties.add_person(session, SYSTEM, own.id, shift.id, PersonAdd(person_name="保洁员"))
            assert told(session, "waste_sorting.duty_given") == [own.resident_account]


@pytest.mark.actor("resident")
class TestSwaps:
    def test_two_places_change_hands(self, open_session, own, plan, people, told) -> None:
        with open_session(own.scope) as session:
            [morning], [evening] = plan(session, own), plan(session, own, hours="18:00-20:00")
            first = duties.join(session, people[0], own.id, morning.id)
            second = duties.join(session, people[1], own.id, evening.id)
            with pytest.raises(Conflict):
                swaps.propose(session, people[1], own.id, first.id, second.id)
            duties.offer(session, people[0], own.id, first.id)
            swap = swaps.propose(session, people[1], own.id, first.id, second.id)
            assert swaps.propose(session, people[1], own.id, first.id, second.id).id == swap.id, "a second click"
            assert len(repository.open_swaps(session, people[0].account_id)) == 1
            for stranger in people[1:]:
                with pytest.raises(NotFound):
                    swaps.agree(session, stranger, own.id, swap.id)
            swaps.agree(session, people[0], own.id, swap.id)
            held = {shift.id for _duty, shift in repository.held_by(session, people[0].account_id, TODAY)}
            assert held == {evening.id}
            assert repository.duty_in(session, morning.id, people[1].account_id) is not None
            assert told(session, "waste_sorting.swap_proposed") == [people[0].account_id]
            assert told(session, "waste_sorting.swap_agreed") == [people[1].account_id]
            with pytest.raises(Conflict):
                swaps.agree(session, people[0], own.id, swap.id)

    def test_declined_or_withdrawn_everybody_keeps_their_own(self, open_session, own, plan, people, told) -> None:
        with open_session(own.scope) as session:
            [morning], [evening] = plan(session, own), plan(session, own, hours="18:00-20:00")
            first = duties.join(session, people[0], own.id, morning.id)
            second = duties.join(session, people[1], own.id, evening.id)
            duties.offer(session, people[0], own.id, first.id)
            swap = swaps.propose(session, people[1], own.id, first.id, second.id)
            assert swaps.decline(session, people[0], own.id, swap.id).state == "declined"
            assert told(session, "waste_sorting.swap_declined") == [people[1].account_id]
            again = swaps.propose(session, people[1], own.id, first.id, second.id)
            assert swaps.withdraw(session, people[1], own.id, again.id).state == "withdrawn"
            with pytest.raises(Conflict):
                swaps.agree(session, people[0], own.id, again.id)
            assert repository.duty_in(session, morning.id, people[0].account_id) is not None

    def test_who_stands_elsewhere_by_now_cannot_be_swapped_in(self, open_session, own, plan, people) -> None:
        with open_session(own.scope) as session:
            [morning], [evening] = plan(session, own), plan(session, own, hours="18:00-20:00")
            [other] = plan(session, own, hours="8:00-10:00")
            first = duties.join(session, people[0], own.id, morning.id)
            second = duties.join(session, people[1], own.id, evening.id)
            duties.offer(session, people[0], own.id, first.id)
            swap = swaps.propose(session, people[1], own.id, first.id, second.id)
            duties.join(session, people[1], own.id, other.id)
            with pytest.raises(Conflict, match="08:00–10:00"), session.begin_nested():
                swaps.agree(session, people[0], own.id, swap.id)
            assert repository.duty_in(session, morning.id, people[0].account_id) is not None


@pytest.mark.actor("resident")
class TestComing:
    @pytest.mark.parametrize(
        ("hour", "minute", "second", "may"),
        [(6, 29, 59, False), (6, 30, 0, True), (8, 59, 59, True), (9, 0, 0, False)],
    )
    def test_from_half_an_hour_before_to_the_end(
        self, open_session, own, plan, actor, hour, minute, second, may
    ) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            duties.join(session, actor, own.id, shift.id)
            code = planning.code_of(session, SYSTEM, own.id, shift.station_id).code
            with frozen(at(TOMORROW, hour, minute, second)):
                if may:
                    first = checkins.check_in(session, actor, own.id, code.upper())
                    assert checkins.check_in(session, actor, own.id, code).came_at == first.came_at, "a second click"
                else:
                    with pytest.raises(Conflict):
                        checkins.check_in(session, actor, own.id, code)

    def test_how_early_is_a_rule(self, open_session, own, world, plan, actor) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_watch.check_in_early", 0)
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            duties.join(session, actor, own.id, shift.id)
            code = planning.code_of(session, SYSTEM, own.id, shift.station_id).code
            with frozen(at(TOMORROW, 6, 59)), pytest.raises(Conflict):
                checkins.check_in(session, actor, own.id, code)

    def test_who_did_not_sign_up_takes_a_free_place_and_no_full_one(self, open_session, own, plan, people) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            code = planning.code_of(session, SYSTEM, own.id, shift.station_id).code
            with frozen(at(TOMORROW, 7, 5)):
                assert checkins.check_in(session, people[0], own.id, code).came_by == "code"
                with pytest.raises(Conflict, match="报满"):
                    checkins.check_in(session, people[1], own.id, code)
                with pytest.raises(Conflict, match="没有签到"):
                    checkins.check_out(session, people[1], own.id, code)

    def test_a_code_that_was_renewed_is_worth_nothing(self, open_session, own, world, plan, actor) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            old = planning.code_of(session, SYSTEM, own.id, shift.station_id).code
            planning.renew_code(session, SYSTEM, own.id, shift.station_id)
            assert planning.code_of(session, SYSTEM, own.id, shift.station_id).code != old
            for code in (old, "x"):
                with pytest.raises(NotFound):
                    checkins.check_in(session, actor, own.id, code)
            fresh = planning.code_of(session, SYSTEM, own.id, shift.station_id).code
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session, pytest.raises(NotFound):
                checkins.check_in(session, actor, other.id, fresh)

    @pytest.mark.parametrize(
        ("came", "left", "minutes"),
        [
            (at(TOMORROW, 6, 40), None, 120),
            (at(TOMORROW, 7, 0), at(TOMORROW, 9, 0), 120),
            (at(TOMORROW, 7, 10, 30), None, 109),
            (at(TOMORROW, 7, 0), at(TOMORROW, 8, 15), 75),
            (at(TOMORROW, 8, 59), at(TOMORROW, 8, 59), 0),
            (at(TOMORROW, 6, 40), at(TOMORROW, 6, 50), 0),
            (None, None, 0),
        ],
    )
    def test_what_counts_lies_within_the_hours(self, came, left, minutes) -> None:
        shift = Shift(day=TOMORROW, begins=time(7), ends=time(9))
        assert checkins.minutes_between(shift, came, left) == minutes

    def test_it_is_counted_once_after_the_end_and_others_hear_of_it(
        self, open_session, own, plan, actor, outbox
    ) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            code = planning.code_of(session, SYSTEM, own.id, shift.station_id).code
            with frozen(at(TOMORROW, 7)):
                duty = checkins.check_in(session, actor, own.id, code)
            with frozen(at(TOMORROW, 8, 59, 59)):
                assert repository.to_count(session, at(TOMORROW, 8, 59, 59), 9) == []
                assert not checkins.count(session, own.id, duty.id)
            with frozen(at(TOMORROW, 9)):
                assert repository.to_count(session, at(TOMORROW, 9), 9) == [(duty.id, own.id)]
                assert checkins.count(session, own.id, duty.id)
                assert not checkins.count(session, own.id, duty.id), "a second run"
            assert repository.minutes_of(session, actor.account_id, TODAY, TOMORROW) == 120
        [event] = [each for each in outbox if isinstance(each, WatchCounted)]
        assert (event.account_id, event.minutes, event.day) == (actor.account_id, 120, TOMORROW)

    def test_staff_put_it_right_and_it_is_told_anew(self, open_session, own, plan, actor, outbox) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            duty = duties.join(session, actor, own.id, shift.id)
            with pytest.raises(Conflict, match="还没有开始"):
                checkins.note_attendance(session, SYSTEM, own.id, duty.id, Attendance(came=time(7)))
            with frozen(at(TOMORROW, 10)):
                for wrong in (Attendance(left=time(8)), Attendance(came=time(8), left=time(7, 59))):
                    with pytest.raises(Invalid):
                        checkins.note_attendance(session, SYSTEM, own.id, duty.id, wrong)
                for given in (Attendance(came=time(7)), Attendance(came=time(7), left=time(8)), Attendance()):
                    checkins.note_attendance(session, SYSTEM, own.id, duty.id, given)
        told = [each.minutes for each in outbox if isinstance(each, WatchCounted)]
        assert told == [120, 60, 0]

    def test_away_for_a_moment_one_comes_back(self, open_session, own, plan, actor) -> None:
        with open_session(own.scope) as session:
            [shift] = plan(session, own)
            code = planning.code_of(session, SYSTEM, own.id, shift.station_id).code
            with frozen(at(TOMORROW, 7)):
                checkins.check_in(session, actor, own.id, code)
            with frozen(at(TOMORROW, 8)):
                assert checkins.check_out(session, actor, own.id, code).left_at == at(TOMORROW, 8)
            with frozen(at(TOMORROW, 8, 10)):
                duty = checkins.check_in(session, actor, own.id, code)
                assert (duty.came_at, duty.left_at) == (at(TOMORROW, 7), None)


@pytest.mark.today("2026-11-27")
def test_two_who_take_the_last_place_at_once_do_not_both_have_it(module_house, own) -> None:
    from linli_waste_sorting.stations.schemas import StationCreate
    from linli_waste_sorting.stations.service import create_station

    database = module_house.database
    with database.unit_of_work(own.scope, SYSTEM) as session:
        data = StationCreate(name=f"站{new_id().hex[-6:]}", place="南门", compound_id=own.compound)
        station = create_station(session, SYSTEM, own.id, data)
        wanted = ShiftPlan(stations=[station.id], first=TOMORROW, last=TOMORROW, hours="7:00-9:00")
        plan_id = planning.plan_shifts(session, SYSTEM, own.id, wanted).plan_id
        shift_id = session.scalars(select(Shift.id).where(Shift.plan_id == plan_id)).one()
    ready, found = threading.Barrier(2), []

    def take(name: str) -> None:
        ready.wait()
        try:
            with database.unit_of_work(own.scope, SYSTEM) as session:
                duties.add_person(session, SYSTEM, own.id, shift_id, PersonAdd(person_name=name))
            found.append("taken")
        except Conflict:
            found.append("full")

    threads = [threading.Thread(target=take, args=(name,)) for name in ("张三", "李四")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == ["full", "taken"]
    with database.unit_of_work(own.scope, SYSTEM) as session:
        assert len(session.scalars(select(Duty.id).where(Duty.shift_id == shift_id)).all()) == 1
