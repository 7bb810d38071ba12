"""The life of a booking, and that places are counted right whoever comes at once."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import text

from linli.sdk import SHANGHAI, SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli_waste_sorting.bookings import asking, repository, service
from linli_waste_sorting.bookings.models import Booking, Slot
from linli_waste_sorting.bookings.repository import BookingFilter
from linli_waste_sorting.bookings.schemas import BookingWrite, Thing
from linli_waste_sorting.bookings.slots import close_slot, get_slot

DECIDED = {"fee_fen": 2000, "fee_per": "piece", "fee_decision": "第2号决定", "fee_decided_on": today()}


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


def taken(session, community, slot) -> int:
    return get_slot(session, community.id, slot.id).taken


def history(session, row) -> list[tuple[str, str, str]]:
    found = [(each.state, each.acted_by_name, each.reason) for each in repository.changes_of(session, row)]
    return found[::-1]


def told(session, account) -> list[str]:
    rows = session.execute(
        text("SELECT kind FROM core.notification WHERE account_id = :account ORDER BY created_at, id"),
        {"account": account},
    )
    return [row.kind for row in rows]


class TestBooking:
    def test_what_is_asked_for_is_kept_and_counted(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own, **DECIDED)
            row = make_booking(session, own, slot, note=" 五楼 ")
            assert (row.state, row.note, row.fee_fen) == ("requested", "五楼", 6000), "three pieces"
            assert (row.compound_id, row.building_id) == (own.compound, own.building)
            assert row.resident_id == own.residents[0]
            assert [(each.name, each.pieces) for each in row.things] == [("沙发", 1), ("床垫", 2)]
            assert taken(session, own, slot) == 1
            assert history(session, row) == [("requested", "", "")]
            assert told(session, own.administrator) == ["waste_sorting.booking_requested"]

    def test_the_same_again_is_the_same_booking(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = make_booking(session, own, slot)
            assert make_booking(session, own, slot).id == row.id
            assert taken(session, own, slot) == 1

    @pytest.mark.parametrize(
        "things", [[Thing(name="衣柜")], [Thing(name="沙发"), Thing(name="床垫", pieces=3)]], ids=["other", "more"]
    )
    def test_other_things_for_the_same_slot_are_refused_and_not_lost(
        self, open_session, own, resident, make_slots, make_booking, things
    ) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = make_booking(session, own, slot)
            with pytest.raises(Conflict, match="请先取消那一个再预约"):
                make_booking(session, own, slot, things=things)
            assert [(each.name, each.pieces) for each in row.things] == [("沙发", 1), ("床垫", 2)]
            assert taken(session, own, slot) == 1
            service.cancel_booking(session, resident(own), own.id, row.id)
            assert make_booking(session, own, slot, things=things).state == "requested"

    def test_only_for_ones_own_dwelling(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            with pytest.raises(Invalid) as error:
                make_booking(session, own, slot, dwelling_id=own.dwellings[1])
            assert fields(error) == ["dwelling_id"]
            assert taken(session, own, slot) == 0

    def test_only_where_the_crew_comes(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            session.execute(text("INSERT INTO core.compound (community_id, name) VALUES (:c, '另一个')"), {"c": own.id})
            other = session.scalar(text("SELECT id FROM core.compound WHERE name = '另一个'"))
            [slot] = make_slots(session, own, compound_id=other)
            with pytest.raises(Invalid) as error:
                make_booking(session, own, slot)
            assert fields(error) == ["slot_id"]

    def test_nothing_named_is_no_booking(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            with pytest.raises(Invalid) as error:
                make_booking(session, own, slot, things=[Thing(name="  ")])
            assert fields(error) == ["things"]

    def test_the_last_place_and_none_after_it(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own, capacity=2)
            make_booking(session, own, slot)
            make_booking(session, own, slot, household=1)
            with pytest.raises(Invalid) as error:
                make_booking(session, own, slot, household=2)
            assert error.value.errors[0].message == "名额已满"
            assert taken(session, own, slot) == 2

    @pytest.mark.parametrize(("seconds", "is_taken"), [(-1, True), (0, False), (1, False)])
    def test_until_the_deadline(self, open_session, own, make_slots, make_booking, seconds, is_taken) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            with frozen(slot.books_until + timedelta(seconds=seconds)):
                if is_taken:
                    assert make_booking(session, own, slot).state == "requested"
                    return
                with pytest.raises(Invalid) as error:
                    make_booking(session, own, slot)
            assert error.value.errors[0].message == "已过预约的截止时间"

    def test_not_in_a_closed_slot(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            close_slot(session, SYSTEM, own.id, slot.id)
            with pytest.raises(Invalid) as error:
                make_booking(session, own, slot)
            assert error.value.errors[0].message == "这个时段已停止预约"

    def test_as_many_open_ones_as_the_rule_says(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            first, second, third = make_slots(session, own, weeks=3)
            make_booking(session, own, first)
            row = make_booking(session, own, second)
            with pytest.raises(Invalid) as error:
                make_booking(session, own, third)
            assert fields(error) == ["dwelling_id"]
            make_booking(session, own, third, household=1)
        with open_session(own.scope) as session:
            service.reject_booking(session, SYSTEM, own.id, row.id, "车坏了")
            make_booking(session, own, third)

    def test_the_rule_may_say_otherwise(self, open_session, world, own, make_slots, make_booking) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_bookings.most_open", 1)
        with open_session(own.scope) as session:
            first, second = make_slots(session, own, weeks=2)
            make_booking(session, own, first)
            with pytest.raises(Invalid):
                make_booking(session, own, second)

    def test_the_first_booking_of_a_dwelling_stands_against_a_housemate(
        self, open_session, own, make_slots, make_booking, resident
    ) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            make_booking(session, own, slot)
            mate = resident(own, 1)
            session.execute(
                text("UPDATE core.household SET dwelling_id = :d WHERE id = :h"),
                {"d": own.dwellings[0], "h": own.households[1]},
            )
            wanted = BookingWrite(slot_id=slot.id, dwelling_id=own.dwellings[0], things=[Thing(name="柜子")])
            with pytest.raises(Conflict):
                asking.book(session, mate, own.id, wanted)


class TestAtOnce:
    @pytest.fixture
    def slot(self, house, own, make_slots) -> Slot:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            [row] = make_slots(session, own, capacity=1)
            return row

    def test_two_sessions_and_one_place(self, house, own, slot, make_booking) -> None:
        held, faults = threading.Event(), []

        def second() -> None:
            held.wait(10)
            try:
                with house.database.unit_of_work(own.scope, SYSTEM) as session:
                    make_booking(session, own, slot, household=1)
            except Invalid as error:
                faults.append(error.errors[0].message)

        late = threading.Thread(target=second)
        late.start()
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            make_booking(session, own, slot)
            held.set()
            late.join(0.5)
            assert late.is_alive(), "it waits for the one that came first"
        late.join(10)
        assert faults == ["名额已满"]
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert (taken(session, own, slot), session.query(Booking).count()) == (1, 1)

    def test_the_second_has_the_place_that_the_first_gives_up(self, house, own, slot, make_booking) -> None:
        held, made = threading.Event(), []

        def second() -> None:
            held.wait(10)
            with house.database.unit_of_work(own.scope, SYSTEM) as session:
                made.append(make_booking(session, own, slot, household=1).id)

        late = threading.Thread(target=second)
        late.start()

        def first() -> None:
            with house.database.unit_of_work(own.scope, SYSTEM) as session:
                make_booking(session, own, slot)
                held.set()
                late.join(0.5)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            first()
        late.join(10)
        assert len(made) == 1
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert taken(session, own, slot) == 1

    def test_two_that_change_places_do_not_block_each_other(self, house, own, make_slots, make_booking) -> None:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            one, two = make_slots(session, own, capacity=5, weeks=2)
            ids = [make_booking(session, own, one).id, make_booking(session, own, two, household=1).id]
        faults = []

        def move(booking_id, slot_id) -> None:
            try:
                with house.database.unit_of_work(own.scope, SYSTEM) as session:
                    service.reschedule_booking(session, SYSTEM, own.id, booking_id, slot_id, "换车")
            except Exception as error:
                faults.append(error)

        threads = [threading.Thread(target=move, args=each) for each in ((ids[0], two.id), (ids[1], one.id))]
        for each in threads:
            each.start()
        for each in threads:
            each.join(20)
        assert faults == []
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert [taken(session, own, each) for each in (one, two)] == [1, 1]


class TestAnswering:
    @pytest.mark.actor("community_administrator")
    def test_from_asking_to_the_end_with_who_and_when(self, open_session, own, actor, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = make_booking(session, own, slot)
        with open_session(own.scope, actor) as session:
            service.confirm_booking(session, actor, own.id, row.id)
            service.confirm_booking(session, actor, own.id, row.id)
            with pytest.raises(Conflict, match="还没到"):
                service.finish_booking(session, actor, own.id, row.id)
            with frozen(datetime.combine(slot.day, time(12), SHANGHAI)):
                service.finish_booking(session, actor, own.id, row.id)
            done = session.get_one(Booking, (own.tenant_id, row.id))
            name = actor.display_name
            assert history(session, done) == [("requested", "", ""), ("confirmed", name, ""), ("done", name, "")]
            assert told(session, own.resident_account) == ["waste_sorting.booking_answered"] * 2
            assert done.answered_at is not None
            assert taken(session, own, slot) == 1, "what was fetched had its place"
            for act in (
                lambda: service.confirm_booking(session, actor, own.id, row.id),
                lambda: service.reject_booking(session, actor, own.id, row.id, "晚了"),
                lambda: service.reschedule_booking(session, actor, own.id, row.id, slot.id, "晚了"),
            ):
                with pytest.raises(Conflict):
                    act()

    def test_a_refusal_says_why_and_frees_the_place(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own, capacity=1)
            row = make_booking(session, own, slot)
            with pytest.raises(Invalid) as error:
                service.reject_booking(session, SYSTEM, own.id, row.id, "  ")
            assert fields(error) == ["reason"]
            service.reject_booking(session, SYSTEM, own.id, row.id, "不收玻璃")
            assert taken(session, own, slot) == 0
            assert make_booking(session, own, slot, household=1).state == "requested"
            assert history(session, row)[-1] == ("rejected", "系统", "不收玻璃")

    def test_missed_only_what_was_confirmed_and_with_a_reason(
        self, open_session, own, make_slots, make_booking
    ) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = make_booking(session, own, slot)
            with pytest.raises(Conflict, match="待确认"):
                service.miss_booking(session, SYSTEM, own.id, row.id, "没人")
            service.confirm_booking(session, SYSTEM, own.id, row.id)
            with frozen(datetime.combine(slot.day, time(12), SHANGHAI)):
                with pytest.raises(Invalid):
                    service.miss_booking(session, SYSTEM, own.id, row.id, "")
                assert service.miss_booking(session, SYSTEM, own.id, row.id, "没人").state == "missed"

    @pytest.mark.parametrize(
        "role",
        [pytest.param(each, marks=pytest.mark.actor(each)) for each in ("auditor", "building_steward", "resident")],
    )
    def test_who_does_not_work_on_them_answers_none(
        self, open_session, own, actor, make_slots, make_booking, role
    ) -> None:
        assert actor.grants[0].role == role
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = make_booking(session, own, slot)
            with pytest.raises(Forbidden):
                service.confirm_booking(session, actor, own.id, row.id)


class TestMoving:
    def test_it_is_confirmed_and_its_places_are_counted(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            one, two = make_slots(session, own, weeks=2)
            row = make_booking(session, own, one)
            service.reschedule_booking(session, SYSTEM, own.id, row.id, two.id, "下雨")
            assert (row.state, row.slot_id) == ("confirmed", two.id)
            assert [taken(session, own, each) for each in (one, two)] == [0, 1]
            change = repository.changes_of(session, row)[0]
            assert (change.is_moved, change.day, change.reason) == (True, two.day, "下雨")
            assert told(session, own.resident_account) == ["waste_sorting.booking_moved"]
            service.reschedule_booking(session, SYSTEM, own.id, row.id, one.id, "又晴了")
            assert len(told(session, own.resident_account)) == 2, "each time anew"

    def test_it_never_costs_more_than_was_told(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [free] = make_slots(session, own)
            [dear] = make_slots(session, own, day=today() + timedelta(days=8), **DECIDED)
            row = make_booking(session, own, free)
            service.reschedule_booking(session, SYSTEM, own.id, row.id, dear.id, "换天")
            assert row.fee_fen == 0
            other = make_booking(session, own, dear, household=1)
            assert other.fee_fen == 6000
            service.reschedule_booking(session, SYSTEM, own.id, other.id, free.id, "换天")
            assert other.fee_fen == 0

    def test_where_it_cannot_go(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            one, full, closed = make_slots(session, own, weeks=3, capacity=1)
            [other] = make_slots(session, own, category="decoration")
            row = make_booking(session, own, one)
            make_booking(session, own, full, household=1)
            close_slot(session, SYSTEM, own.id, closed.id)
            for slot in (one, full, closed, other):
                with pytest.raises(Invalid) as error, session.begin_nested():
                    service.reschedule_booking(session, SYSTEM, own.id, row.id, slot.id, "换天")
                assert fields(error) == ["slot_id"]
            assert [taken(session, own, each) for each in (one, full, closed)] == [1, 1, 0]


class TestCancelling:
    def test_until_the_deadline_and_never_twice(self, open_session, own, make_slots, make_booking, resident) -> None:
        person = resident(own)
        with open_session(own.scope) as session:
            one, two = make_slots(session, own, weeks=2)
            row, other = make_booking(session, own, one), make_booking(session, own, two)
            service.cancel_booking(session, person, own.id, row.id)
            service.cancel_booking(session, person, own.id, row.id)
            assert taken(session, own, one) == 0
            assert history(session, row) == [("requested", "", ""), ("cancelled", "", "")]
            assert "waste_sorting.booking_cancelled" in told(session, own.administrator)
            with frozen(two.books_until), pytest.raises(Conflict, match="截止"):
                service.cancel_booking(session, person, own.id, other.id)
            with frozen(two.books_until - timedelta(seconds=1)):
                assert service.cancel_booking(session, person, own.id, other.id).state == "cancelled"

    def test_nobody_elses(self, open_session, own, make_slots, make_booking, resident) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            row = make_booking(session, own, slot)
            with pytest.raises(NotFound):
                service.cancel_booking(session, resident(own, 1), own.id, row.id)
            with pytest.raises(NotFound):
                service.own_booking(session, resident(own, 1), own.id, row.id)
            assert repository.own_bookings(session, resident(own, 1), own.id) == []


class TestSeeing:
    @pytest.mark.actor("property_staff")
    def test_who_works_for_one_compound_sees_that_one(self, open_session, own, actor, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            session.execute(text("INSERT INTO core.compound (community_id, name) VALUES (:c, '另一个')"), {"c": own.id})
            other = session.scalar(text("SELECT id FROM core.compound WHERE name = '另一个'"))
            [slot] = make_slots(session, own, compound_id=None)
            mine = make_booking(session, own, slot)
            theirs = make_booking(session, own, slot, household=1)
            theirs.compound_id = other
            session.flush()
            rows, _more = repository.page_of_bookings(session, actor, own.id, BookingFilter())
            assert [row.id for row, _slot in rows] == [mine.id]
            service.confirm_booking(session, actor, own.id, mine.id)
            with pytest.raises(NotFound):
                service.confirm_booking(session, actor, own.id, theirs.id)

    def test_waiting_ones_oldest_first_others_newest_first_page_by_page(
        self, open_session, own, make_slots, make_booking
    ) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            rows = [make_booking(session, own, slot, household=n) for n in range(3)]
            for wanted, order in ((BookingFilter(), rows), (BookingFilter(state=""), rows[::-1])):
                first, after = repository.page_of_bookings(session, SYSTEM, own.id, wanted, limit=2)
                second, end = repository.page_of_bookings(session, SYSTEM, own.id, wanted, after=after, limit=2)
                assert [row for row, _slot in (*first, *second)] == order
                assert end is None
            day = BookingFilter(day=slot.day + timedelta(days=1))
            assert repository.page_of_bookings(session, SYSTEM, own.id, day)[0] == []

    def test_the_crew_walks_from_door_to_door(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            rows = [make_booking(session, own, slot, household=n) for n in (2, 0, 1)]
            for row in rows[:2]:
                service.confirm_booking(session, SYSTEM, own.id, row.id)
            found = repository.bookings_of_day(session, SYSTEM, own.id, slot.day)
            assert [door for _row, _slot, door in found] == ["1号楼 1单元 101", "1号楼 1单元 301"]

    def test_the_street_counts_and_sees_no_door(self, open_session, world, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own, capacity=4)
            row = make_booking(session, own, slot)
        with open_session(world.here.scope) as session:
            found = {each.community_id: each for each in repository.counts(session, [own.id])}[own.id]
            assert (found.free, found.requested, found.confirmed) == (3, 1, 0)
            assert found.waiting_since == row.requested_at
            facts, _end = repository.page_of_facts(session, None, BookingFilter())
            [fact] = [each for each in facts if each.id == row.id]
            assert fact.pieces == 3
            assert not {"door", "note", "things", "dwelling_id"} & set(fact.__struct_fields__)
            assert repository.open_bookings(session)[own.id] == 1
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session:
                assert repository.page_of_facts(session, None, BookingFilter(state=""))[0] == []
                assert repository.open_bookings(session) == {}
                assert repository.page_of_bookings(session, SYSTEM, own.id, BookingFilter(state=""))[0] == []
                with pytest.raises(NotFound):
                    service.confirm_booking(session, SYSTEM, other.id, row.id)

    def test_a_long_list_costs_what_a_short_one_does(
        self, open_session, own, make_slots, make_booking, assert_queries
    ) -> None:
        with open_session(own.scope) as session:
            [slot] = make_slots(session, own)
            for n in range(3):
                make_booking(session, own, slot, household=n)
            session.expire_all()
            with assert_queries(session, 4):
                rows, _more = repository.page_of_bookings(session, SYSTEM, own.id, BookingFilter())
                assert len(repository.doors_of(session, rows)) == 3
