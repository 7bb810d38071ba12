"""Charts: where marks stand, what is shown of them, and what they say to those who do not see them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.web.charts import HEIGHT, MOST_SERIES, Series, column_chart, line_chart, ranking

MONTHS = ["9月", "10月", "11月"]


class TestScale:
    @pytest.mark.parametrize(
        ("values", "lines"),
        [
            ([0, 0, 0], ["1", "0"]),
            ([1, 2, 3], ["3", "2", "1", "0"]),
            ([1, 2, 5], ["5", "4", "3", "2", "1", "0"]),
            ([1, 2, 6], ["6", "4", "2", "0"]),
            ([0, 900, 1234], ["1,500", "1,000", "500", "0"]),
            ([0.1, 0.2, 0.25], ["0.25", "0.2", "0.15", "0.1", "0.05", "0"]),
            ([Decimal("20.84"), Decimal("18.2"), Decimal(0)], ["25", "20", "15", "10", "5", "0"]),
            ([-3, 0, 2], ["2", "1", "0", "-1", "-2", "-3"]),
        ],
    )
    def test_lines_are_round_few_and_hold_every_value(self, values, lines) -> None:
        chart = line_chart("趋势", MONTHS, [Series("一", values)])
        assert [line.text for line in chart.lines] == lines
        assert chart.lines[0].y == 0
        assert chart.lines[-1].y == HEIGHT

    @given(st.lists(st.integers(-(10**11), 10**11).map(lambda fen: Decimal(fen) / 100), min_size=1, max_size=40))
    def test_no_mark_leaves_the_frame_and_heights_are_as_values(self, values) -> None:
        chart = column_chart("随便", [str(n) for n in range(len(values))], [Series("一", values)])
        assert 2 <= len(chart.lines) <= 7
        for column in chart.columns:
            assert 0 <= column.x < column.x + column.width <= 100.01
            assert -0.01 <= column.y <= column.y + column.height <= HEIGHT + 0.01
        largest = max(values, key=abs)
        whole = next(column.height for column, value in zip(chart.columns, values, strict=True) if value == largest)
        for column, value in zip(chart.columns, values, strict=True):
            expected = float(abs(Fraction(value)) / (abs(Fraction(largest)) or 1)) * whole
            assert column.height == pytest.approx(expected, abs=0.02)


class TestColumns:
    def test_beside_each_other_they_do_not_touch_the_next_place(self) -> None:
        chart = column_chart("产量", MONTHS, [Series("厨余", [1, 2, 3]), Series("其他", [3, 2, 1])])
        first, second = (each for each in chart.columns if each.told.startswith("9月"))
        assert first.x + first.width == pytest.approx(second.x, abs=0.02)
        assert second.x + second.width < 100 / 3
        assert [first.told, second.told] == ["9月 厨余: 1", "9月 其他: 3"]

    def test_stacked_they_stand_upon_each_other_and_reach_the_sum(self) -> None:
        chart = column_chart("产量", ["9月"], [Series("厨余", [1]), Series("其他", [3])], stacked=True, unit="吨")
        lower, upper = chart.columns
        assert upper.y + upper.height == pytest.approx(lower.y)
        assert (upper.y, lower.y + lower.height) == (0, HEIGHT)
        assert upper.told == "9月 其他: 3吨"

    def test_what_is_not_known_has_no_column_and_is_no_zero(self) -> None:
        chart = column_chart("产量", MONTHS, [Series("厨余", [0, None, 2])])
        assert [each.told for each in chart.columns] == ["9月 厨余: 0", "11月 厨余: 2"]
        assert chart.rows == (("9月", ("0",)), ("10月", ("—",)), ("11月", ("2",)))

    def test_nothing_known_is_said(self) -> None:
        assert column_chart("产量", MONTHS, [Series("厨余", [None] * 3)]).is_empty
        assert column_chart("产量", [], [Series("厨余", [])]).is_empty

    def test_below_zero_hangs_from_the_line_of_zero(self) -> None:
        (column,) = column_chart("结余", ["9月"], [Series("结余", [-4])]).columns
        assert (column.y, column.height) == (0, HEIGHT)


class TestLines:
    def test_an_unknown_value_breaks_the_line(self) -> None:
        chart = line_chart("趋势", ["1", "2", "3", "4"], [Series("率", [1, None, 3, 4])])
        assert len(chart.dots) == 3
        (stroke,) = chart.strokes
        assert (stroke.x1, stroke.x2) == (62.5, 87.5)

    def test_a_target_has_its_line_and_its_room(self) -> None:
        chart = line_chart("趋势", MONTHS, [Series("率", [1, 2, 3])], target=20)
        assert chart.target is not None
        assert (chart.target.y, chart.target.text) == (0, "20")


class TestLabels:
    @pytest.mark.parametrize(
        ("count", "on_desk", "on_phone"), [(6, 6, 6), (7, 7, 4), (16, 16, 6), (17, 9, 5), (92, 16, 6)]
    )
    def test_they_are_thinned_out_and_the_newest_stays(self, count, on_desk, on_phone) -> None:
        labels = line_chart("日", [str(n) for n in range(count)], [Series("一", list(range(count)))]).labels
        assert sum(each.room != "none" for each in labels) == on_desk
        assert sum(each.room == "all" for each in labels) == on_phone
        assert labels[-1].room == "all"


class TestRanking:
    def test_equals_share_a_place_and_the_next_is_counted_on(self) -> None:
        ranks = ranking([("甲", 80), ("乙", None), ("丙", 90), ("丁", 80), ("戊", 40)], unit="%", own="丁")
        assert [(each.place, each.name, each.text) for each in ranks] == [
            (1, "丙", "90%"),
            (2, "甲", "80%"),
            (2, "丁", "80%"),
            (4, "戊", "40%"),
            (None, "乙", "—"),
        ]
        assert [each.share for each in ranks] == [100, 88.89, 88.89, 44.44, 0]
        assert [each.name for each in ranks if each.is_own] == ["丁"]

    def test_the_least_may_be_the_best(self) -> None:
        ranks = ranking([("甲", 80), ("乙", 0)], most_is_best=False, hrefs=["/a", "/b"])
        assert [(each.name, each.href, each.share) for each in ranks] == [("乙", "/b", 0), ("甲", "/a", 100)]

    def test_nobody_and_nothing(self) -> None:
        assert ranking([]) == []
        assert [each.share for each in ranking([("甲", 0), ("乙", 0)])] == [0, 0]


class TestRefused:
    def test_more_series_than_can_be_told_apart(self) -> None:
        line_chart("趋势", MONTHS, [Series(str(n), [1, 2, 3]) for n in range(MOST_SERIES)])
        with pytest.raises(ValueError, match="6 can be told apart"):
            line_chart("趋势", MONTHS, [Series(str(n), [1, 2, 3]) for n in range(MOST_SERIES + 1)])

    @pytest.mark.parametrize("values", [[1, 2], [1, 2, 3, 4]])
    def test_values_without_labels_and_labels_without_values(self, values) -> None:
        with pytest.raises(ValueError, match="values for 3 labels"):
            column_chart("产量", MONTHS, [Series("厨余", values)])

    def test_a_part_of_a_sum_below_zero(self) -> None:
        with pytest.raises(ValueError, match="below zero"):
            column_chart("产量", ["9月"], [Series("厨余", [-1])], stacked=True)

    def test_addresses_for_other_names(self) -> None:
        with pytest.raises(ValueError, match="1 addresses for 2 names"):
            ranking([("甲", 1), ("乙", 2)], hrefs=["/a"])
