"""Tiles and sparks: classes at their edges, equal values alike, nothing known is not nothing."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from linli.web.sparks import HEIGHT, WIDTH, spark
from linli.web.tiles import CLASSES, PlaceValue, tile_map


def shades(values, by="quantile"):
    laid = tile_map([PlaceValue(str(n), value) for n, value in enumerate(values)], by=by)
    return [tile.shade for tile in laid.tiles]


class TestQuantiles:
    def test_five_values_have_five_classes(self) -> None:
        assert shades([10, 20, 30, 40, 1000]) == [1, 2, 3, 4, 5]

    def test_as_many_tiles_in_each(self) -> None:
        laid = tile_map([PlaceValue(str(n), n) for n in range(40)])
        assert [each.count for each in laid.classes] == [8] * 5
        assert [(each.least, each.most) for each in laid.classes][:2] == [(0, 7), (8, 15)]

    def test_equal_values_have_one_shade(self) -> None:
        found = shades([1, 5, 5, 5, 9])
        assert len({found[1], found[2], found[3]}) == 1
        assert found[0] < found[1] < found[4]

    def test_many_that_have_nothing_are_the_palest(self) -> None:
        assert shades([0] * 15 + [607, 741, 1591]) == [1] * 15 + [5, 5, 5]
        assert shades([0, 5, 5, 5, 5]) == [1, 5, 5, 5, 5]

    def test_values_that_do_not_differ_have_the_middle_one(self) -> None:
        assert shades([7, 7, 7]) == [3, 3, 3]
        assert shades([7]) == [3]

    @given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=60))
    def test_larger_is_never_paler(self, values) -> None:
        for by in ("quantile", "even"):
            found = shades(values, by)
            pairs = sorted(zip(values, found, strict=True))
            assert all(one[1] <= other[1] for one, other in itertools.pairwise(pairs))
            assert set(found) <= set(range(1, CLASSES + 1))


class TestEven:
    def test_a_value_at_an_edge_belongs_to_the_class_above(self) -> None:
        assert shades([0, 19, 20, 39, 40, 60, 80, 100], "even") == [1, 1, 2, 2, 3, 4, 5, 5]

    def test_one_far_away_leaves_the_others_together(self) -> None:
        assert shades([10, 20, 30, 40, 1000], "even") == [1, 1, 1, 1, 5]


def test_where_nobody_knows_there_is_no_shade() -> None:
    laid = tile_map([PlaceValue("甲", None), PlaceValue("乙", 3)])
    assert [tile.shade for tile in laid.tiles] == [0, 3]
    assert laid.unknown == 1


def test_nothing_known_at_all() -> None:
    laid = tile_map([PlaceValue("甲", None)])
    assert (laid.classes, laid.unknown) == ((), 1)


class TestSpark:
    def test_spans_the_values(self) -> None:
        line = spark([1, 3, 2])
        assert line is not None
        assert line.lines == (f"4.0,{HEIGHT - 4}.0 48.0,4.0 {WIDTH - 4}.0,{HEIGHT / 2}",)
        assert (line.x, line.y) == (WIDTH - 4, HEIGHT / 2)

    def test_is_broken_where_nothing_is_known(self) -> None:
        line = spark([1, 2, None, 3, 4])
        assert line is not None
        assert len(line.lines) == 2

    def test_one_value_is_no_trend(self) -> None:
        assert spark([None, 4]) is None

    def test_values_that_do_not_differ_lie_in_the_middle(self) -> None:
        line = spark([5, 5])
        assert line is not None
        assert line.y == HEIGHT / 2
