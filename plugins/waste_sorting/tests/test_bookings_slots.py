"""Setting up when a crew comes, for how many, and what it costs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from linli.sdk import SHANGHAI, SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli_waste_sorting.bookings import slots
from linli_waste_sorting.bookings.schemas import SlotWrite
from linli_waste_sorting.bookings.slots import SlotFilter, create_slots
from linli_waste_sorting.bookings.words import fee_of, fee_text, yuan

DECIDED = {"fee_per": "piece", "fee_decision": "业主大会2026年第2号决定", "fee_decided_on": date(2026, 1, 5)}


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


def again(row, **changes) -> SlotWrite:
    given = {
        "compound_id": row.compound_id,
        "category": row.category,
        "day": row.day,
        "opens": row.opens,
        "closes": row.closes,
        "capacity": row.capacity,
        "version": row.version,
    }
    return SlotWrite(**{**given, **changes})


class TestSettingUp:
    def test_the_same_weekday_in_several_weeks(self, open_session, own, make_slots) -> None:
        with open_session(own.scope) as session:
            rows = make_slots(session, own, weeks=3, hours_before=12)
            first = today() + timedelta(days=7)
            assert [row.day for row in rows] == [first, first + timedelta(days=7), first + timedelta(days=14)]
            evening = datetime.combine(first - timedelta(days=1), time(21), SHANGHAI)
            assert rows[0].books_until == evening, "twelve hours before nine in the morning"

    def test_one_of_the_weeks_that_is_there_already_stops_all(self, open_session, own, make_slots) -> None:
        with open_session(own.scope) as session:
            make_slots(session, own, day=today() + timedelta(days=14))
            with pytest.raises(Invalid) as error:
                make_slots(session, own, weeks=3)
            assert fields(error) == ["day"]
            assert len(slots.page_of_slots(session, own.id, SlotFilter())[0]) == 1
            make_slots(session, own, weeks=3, compound_id=None)
            with pytest.raises(IntegrityError, match="uq_slot_time"), session.begin_nested():
                session.execute(
                    text("UPDATE plugin_waste_sorting.slot SET day = :day, opens = '09:00', compound_id = NULL"),
                    {"day": today()},
                )

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"closes": time(9)}, "closes"),
            ({"day": date(2020, 1, 1)}, "day"),
            ({"compound_id": "elsewhere"}, "compound_id"),
            ({"fee_fen": 2000, **DECIDED, "fee_per": ""}, "fee_per"),
            ({"fee_fen": 2000, **DECIDED, "fee_decision": " "}, "fee_decision"),
            ({"fee_fen": 2000, **DECIDED, "fee_decided_on": None}, "fee_decided_on"),
            ({"fee_fen": 2000, **DECIDED, "fee_decided_on": date(2999, 1, 1)}, "fee_decided_on"),
            ({"fee_decision": "决定"}, "fee_decision"),
        ],
    )
    def test_a_fault_names_its_field(self, open_session, world, own, make_slots, change, field) -> None:
        if change.get("compound_id"):
            change = {"compound_id": world.here.communities[1].compound}
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                make_slots(session, own, **change)
            assert fields(error) == [field]

    @pytest.mark.parametrize(("days", "is_taken"), [(-1, False), (0, True), (400, True), (401, False)])
    def test_how_far_ahead(self, open_session, own, make_slots, days, is_taken) -> None:
        with open_session(own.scope) as session:
            if is_taken:
                assert make_slots(session, own, day=today() + timedelta(days=days))
                return
            with pytest.raises(Invalid) as error:
                make_slots(session, own, day=today() + timedelta(days=days))
            assert fields(error) == ["day"]

    @pytest.mark.parametrize(
        "broken",
        ["fee_decision = ''", "fee_decided_on = NULL", "fee_fen = 0", "fee_fen = NULL", "fee_per = ''", "taken = 11"],
    )
    def test_the_database_itself_refuses_a_fee_without_its_decision(
        self, open_session, own, make_slots, broken
    ) -> None:
        with open_session(own.scope) as session:
            make_slots(session, own, fee_fen=2000, **DECIDED)
            with pytest.raises(IntegrityError, match="ck_slot"), session.begin_nested():
                session.execute(text(f"UPDATE plugin_waste_sorting.slot SET {broken}"))

    @pytest.mark.actor("auditor")
    def test_who_may_only_count_sets_up_nothing(self, open_session, own, actor, make_slots, slot_data) -> None:
        with open_session(own.scope) as session:
            [row] = make_slots(session, own)
            for act in (
                lambda: create_slots(session, actor, own.id, slot_data(own)),
                lambda: slots.update_slot(session, actor, own.id, row.id, again(row)),
                lambda: slots.close_slot(session, actor, own.id, row.id),
                lambda: slots.reopen_slot(session, actor, own.id, row.id),
            ):
                with pytest.raises(Forbidden):
                    act()


class TestChanging:
    def test_a_stale_version_is_refused(self, open_session, own, make_slots) -> None:
        with open_session(own.scope) as session:
            [row] = make_slots(session, own)
            wanted = again(row, capacity=5)
            assert slots.update_slot(session, SYSTEM, own.id, row.id, wanted).capacity == 5
            with pytest.raises(Conflict):
                slots.update_slot(session, SYSTEM, own.id, row.id, wanted)

    def test_what_people_were_told_stays(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [row] = make_slots(session, own, fee_fen=2000, **DECIDED)
            make_booking(session, own, row)
            session.refresh(row)
            kept = {"fee_fen": 2000, **DECIDED}
            for field, value in (("day", row.day + timedelta(days=1)), ("opens", time(8)), ("fee_fen", 3000)):
                with pytest.raises(Invalid) as error:
                    slots.update_slot(session, SYSTEM, own.id, row.id, again(row, **{**kept, field: value}))
                assert fields(error) == [field]
            with pytest.raises(Invalid):
                slots.update_slot(session, SYSTEM, own.id, row.id, again(row, **kept, category="decoration"))
            changed = slots.update_slot(
                session, SYSTEM, own.id, row.id, again(row, **kept, capacity=1, hours_before=24, note="放到门口")
            )
            assert (changed.capacity, changed.note) == (1, "放到门口")

    def test_its_capacity_is_never_below_what_is_booked(self, open_session, own, make_slots, make_booking) -> None:
        with open_session(own.scope) as session:
            [row] = make_slots(session, own, capacity=3)
            make_booking(session, own, row)
            make_booking(session, own, row, household=1)
            session.refresh(row)
            with pytest.raises(Invalid) as error:
                slots.update_slot(session, SYSTEM, own.id, row.id, again(row, capacity=1))
            assert fields(error) == ["capacity"]
            assert slots.update_slot(session, SYSTEM, own.id, row.id, again(row, capacity=2)).capacity == 2

    def test_closed_it_is_offered_to_nobody_and_comes_back(self, open_session, own, make_slots) -> None:
        with open_session(own.scope) as session:
            [row] = make_slots(session, own)
            closed = slots.close_slot(session, SYSTEM, own.id, row.id).closed_at
            assert slots.close_slot(session, SYSTEM, own.id, row.id).closed_at == closed, "a second click"
            assert slots.free_slots(session, own.id) == []
            assert slots.page_of_slots(session, own.id, SlotFilter(state="closed"))[0] == [row]
            slots.reopen_slot(session, SYSTEM, own.id, row.id)
            assert slots.free_slots(session, own.id) == [row]


class TestLists:
    def test_page_by_page_in_the_order_of_days_and_times(self, open_session, own, make_slots) -> None:
        with open_session(own.scope) as session:
            late = make_slots(session, own, weeks=2, opens=time(14), closes=time(16))
            early = make_slots(session, own, weeks=2)
            wanted = [early[0], late[0], early[1], late[1]]
            first, after = slots.page_of_slots(session, own.id, SlotFilter(), limit=3)
            second, end = slots.page_of_slots(session, own.id, SlotFilter(), after=after, limit=3)
            assert [*first, *second] == wanted
            assert end is None
            until = SlotFilter(until=early[0].day)
            assert slots.page_of_slots(session, own.id, until)[0] == wanted[:2]

    def test_free_is_what_is_here_not_over_not_full_and_not_too_late(
        self, open_session, world, own, make_slots, make_booking
    ) -> None:
        with open_session(own.scope) as session:
            [free] = make_slots(session, own)
            [everywhere] = make_slots(session, own, compound_id=None, opens=time(10), closes=time(11))
            [full] = make_slots(session, own, capacity=1, category="decoration")
            make_booking(session, own, full)
            make_slots(session, own, day=today() + timedelta(days=1), hours_before=168)
            assert slots.free_slots(session, own.id, {own.compound}) == [free, everywhere]
            assert slots.free_slots(session, own.id, {world.there.communities[0].compound}) == [everywhere]

    def test_neighbours_see_none_of_them(self, open_session, world, own, make_slots) -> None:
        with open_session(own.scope) as session:
            [row] = make_slots(session, own)
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session:
                assert slots.free_slots(session, own.id) == []
                assert slots.page_of_slots(session, own.id, SlotFilter())[0] == []
                with pytest.raises(NotFound):
                    slots.close_slot(session, SYSTEM, other.id, row.id)


def test_money_as_people_read_it(open_session, own, make_slots) -> None:
    assert [yuan(each) for each in (1, 50, 2000, 123456)] == ["0.01", "0.50", "20", "1,234.56"]
    with open_session(own.scope) as session:
        [by_piece] = make_slots(session, own, fee_fen=1250, **DECIDED)
        [by_booking] = make_slots(
            session, own, fee_fen=3000, category="decoration", **{**DECIDED, "fee_per": "booking"}
        )
        [free] = make_slots(session, own, category="recyclable")
        assert [fee_text(each) for each in (by_piece, by_booking, free)] == ["每件 12.50 元", "每次 30 元", "不收费"]
        assert [fee_of(each, 3) for each in (by_piece, by_booking, free)] == [3750, 3000, 0]
