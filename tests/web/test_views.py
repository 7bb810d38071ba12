"""A month and a building as they are laid out, before a template draws them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from linli.web.calendars import MonthEntry, month_view
from linli.web.floors import SHADES, FloorDoor, building_view

NOVEMBER = date(2026, 11, 17)


class TestMonth:
    def test_weeks_begin_on_monday_and_are_whole(self) -> None:
        month = month_view(NOVEMBER, {}, today=NOVEMBER)
        days = [each.day for week in month.weeks for each in week]
        assert days == [date(2026, 10, 26) + timedelta(days=n) for n in range(42)]
        assert [each.day for week in month.weeks for each in week if each.is_today] == [NOVEMBER]
        assert {each.day.month for week in month.weeks for each in week if each.is_outside} == {10, 12}

    @pytest.mark.parametrize(
        ("day", "before", "after"),
        [
            (date(2026, 1, 31), date(2025, 12, 1), date(2026, 2, 1)),
            (date(2026, 12, 1), date(2026, 11, 1), date(2027, 1, 1)),
            (date(2028, 2, 29), date(2028, 1, 1), date(2028, 3, 1)),
        ],
    )
    def test_the_neighbours_begin_where_they_begin(self, day, before, after) -> None:
        month = month_view(day, {}, today=day)
        assert (month.before, month.first, month.after) == (before, day.replace(day=1), after)

    def test_days_that_changed_places_are_marked_and_others_are_not(self) -> None:
        worked, free = date(2026, 11, 8), date(2026, 11, 10)

        def is_workday(day: date) -> bool:
            return day == worked or (day.weekday() < 5 and day != free)

        month = month_view(NOVEMBER, {}, today=NOVEMBER, is_workday=is_workday)
        turns = {each.day: each.turn for week in month.weeks for each in week if each.turn}
        assert turns == {worked: "work", free: "off"}

    def test_what_happens_outside_the_month_is_shown_and_not_counted(self) -> None:
        entries = {date(2026, 10, 31): [MonthEntry("前")], date(2026, 11, 1): [MonthEntry("一"), MonthEntry("二")]}
        month = month_view(NOVEMBER, entries, today=NOVEMBER)
        assert month.entries == 2
        assert [entry.title for each in month.weeks[0] for entry in each.entries] == ["前", "一", "二"]


class TestBuilding:
    def test_floors_from_the_top_cellars_below_and_the_unknown_last(self) -> None:
        doors = [FloorDoor("1单元", floor, str(floor), 1) for floor in (2, -1, None, 10, 1)]
        assert [floor for floor, _cells in building_view(doors).floors] == [10, 2, 1, -1, None]

    def test_each_door_stands_in_its_unit_in_the_order_given(self) -> None:
        doors = [FloorDoor("2单元", 1, "101", 1), FloorDoor("1单元", 1, "102", 1), FloorDoor("2单元", 1, "103", None)]
        view = building_view(doors)
        assert view.units == ("2单元", "1单元")
        ((_floor, (second, first)),) = view.floors
        assert [cell.name for cell in second] == ["101", "103"]
        assert [cell.name for cell in first] == ["102"]

    @pytest.mark.parametrize(
        ("values", "bounds", "shades"),
        [
            ([0, 10, 20, 30, 40, 50], (0, 10, 20, 30, 40), [1, 2, 3, 4, 5, 5]),
            ([0.0, 1.0, 0.5], (0, 0.2, 0.4, 0.6, 0.8), [1, 5, 3]),
            ([1, 2, 3], (1, 2, 3), [1, 2, 3]),
            ([0, 2.5], (0, 0.5, 1, 1.5, 2), [1, 5]),
            ([7, 7, None], (7,), [1, 1, 0]),
            ([None], (), [0]),
        ],
    )
    def test_shades_divide_the_span_and_counts_begin_at_whole_numbers(self, values, bounds, shades) -> None:
        view = building_view([FloorDoor("", 1, str(n), value) for n, value in enumerate(values)])
        assert view.bounds == pytest.approx(bounds)
        assert [cell.shade for cell in view.floors[0][1][0]] == shades

    def test_bounds_of_ones_own_count_at_and_below(self) -> None:
        doors = [FloorDoor("", 1, str(value), value) for value in (-1, 0, 49, 50, 51, 90)]
        view = building_view(doors, bounds=(0, 50, 60, 70, 80))
        assert [cell.shade for cell in view.floors[0][1][0]] == [1, 1, 1, 2, 2, 5]

    @pytest.mark.parametrize("bounds", [(1, 2), (5, 4, 3, 2, 1), (1, 1, 2, 3, 4), tuple(range(SHADES + 1))])
    def test_bounds_that_do_not_rise_are_refused(self, bounds) -> None:
        with pytest.raises(ValueError, match="rising ones"):
            building_view([], bounds=bounds)
