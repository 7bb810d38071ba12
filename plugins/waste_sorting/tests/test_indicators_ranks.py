"""Values, scores and places: exact, at their thresholds, with ties and with data that is missing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.sdk import Invalid
from linli_waste_sorting.indicators import ranks
from linli_waste_sorting.indicators.definitions import Indicator, check_set, read, written
from linli_waste_sorting.indicators.quantities import add_up
from linli_waste_sorting.indicators.ranks import Candidate, Terms


def indicator(**fields: object) -> Indicator:
    given = {
        "code": "accuracy",
        "title": "正确率",
        "numerator": "findings_correct",
        "denominator": "findings_all",
        "target": Decimal(80),
        "weight": 100,
    }
    return Indicator(**{**given, **fields})  # type: ignore[arg-type]


STATIONS = indicator(
    code="stations",
    title="达标率",
    numerator="stations_met",
    denominator="stations_checked",
    target=Decimal(95),
    weight=40,
)
PAIR = [indicator(weight=60), STATIONS]


def terms(indicators: list[Indicator] | None = None, households: int = 5, weight: int = 60) -> Terms:
    return Terms(indicators or PAIR, households, weight)


def places(*amounts: dict[str, int]) -> list[Candidate]:
    return [Candidate(UUID(int=n), f"第{n}个", each) for n, each in enumerate(amounts)]


def found(correct: int, everything: int) -> dict[str, int]:
    return {"findings_correct": correct, "findings_all": everything}


class TestValues:
    def test_a_value_is_exact_and_shown_with_one_decimal(self) -> None:
        value = ranks.value_of(indicator(), found(1, 3))
        assert value == Fraction(100, 3)
        assert ranks.shown(value) == "33.3"
        assert ranks.shown(Fraction(245, 100)) == "2.5"
        assert ranks.shown(Fraction(-1, 100)) == "0.0"
        assert ranks.value_of(indicator(unit="permille"), found(1, 8)) == 125

    @pytest.mark.parametrize("amounts", [{}, {"findings_all": 9}, {"findings_correct": 9}, found(0, 0)])
    def test_what_is_not_known_is_no_zero(self, amounts) -> None:
        assert ranks.value_of(indicator(), amounts) is None

    def test_nothing_right_of_something_is_zero(self) -> None:
        assert ranks.value_of(indicator(), found(0, 7)) == 0

    @pytest.mark.parametrize(
        ("correct", "reached"), [(799, False), (800, True), (801, True)], ids=["below", "at", "above"]
    )
    def test_a_target_is_reached_at_itself(self, correct, reached) -> None:
        value = ranks.value_of(indicator(), found(correct, 1000))
        assert ranks.is_reached(indicator(), value) is reached

    @pytest.mark.parametrize(("correct", "reached"), [(799, True), (800, True), (801, False)])
    def test_where_less_is_better_it_is_the_other_way_round(self, correct, reached) -> None:
        down = indicator(direction="down")
        assert ranks.is_reached(down, ranks.value_of(down, found(correct, 1000))) is reached

    def test_a_part_is_as_much_of_the_weight_as_of_the_target(self) -> None:
        assert ranks.part_of(indicator(), Fraction(40)) == Fraction(1, 2)
        assert ranks.part_of(indicator(), Fraction(100)) == 1
        assert ranks.part_of(indicator(), Fraction(-3)) == 0
        assert ranks.part_of(indicator(direction="down"), Fraction(100)) == Fraction(4, 5)


class TestScores:
    def test_the_weights_are_those_of_what_is_known(self) -> None:
        assert ranks.score_of(terms(), found(40, 100)) == 50
        both = {**found(40, 100), "stations_met": 19, "stations_checked": 20}
        assert ranks.score_of(terms(), both) == 60 * Fraction(1, 2) + 40

    @pytest.mark.parametrize(("least", "known"), [(59, True), (60, True), (61, False)], ids=["above", "at", "below"])
    def test_too_little_weight_gives_no_score(self, least, known) -> None:
        assert (ranks.score_of(terms(weight=least), found(40, 100)) is not None) is known

    def test_of_a_building_what_stands_at_stations_counts_nowhere(self) -> None:
        assert ranks.score_of(terms(weight=100), found(40, 100)) is None
        assert ranks.score_of(terms(weight=100), found(40, 100), is_building=True) == 50

    def test_an_indicator_without_weight_changes_no_score(self) -> None:
        shown = [indicator(), indicator(code="more", numerator="households_correct", weight=0)]
        assert ranks.score_of(terms(shown), found(80, 100)) == 100


class TestPrivacy:
    @pytest.mark.parametrize("why", ["few", "beside"])
    @pytest.mark.parametrize("subject", ["compounds", "buildings"])
    def test_nothing_is_told_of_a_place_that_is_hidden(self, why, subject) -> None:
        hidden = Candidate(UUID(int=1), "甲", found(3, 4), why)
        [line] = ranks.rank([hidden], terms(weight=1), subject=subject)
        assert (line.why, line.is_hidden) == (why, True)
        assert (line.rank, line.score, line.values, line.reached, line.amounts) == (None, None, {}, [], {})


class TestPlaces:
    def test_those_that_are_equal_share_a_place_and_the_next_is_counted_on(self) -> None:
        candidates = places(found(4, 10), found(2, 4), found(1, 2), {}, found(1, 10))
        lines = ranks.rank(candidates, terms(), subject="communities")
        assert [(line.name, line.rank, line.why) for line in lines] == [
            ("第1个", 1, ""),
            ("第2个", 1, ""),
            ("第0个", 3, ""),
            ("第4个", 4, ""),
            ("第3个", None, "unknown"),
        ]

    def test_what_rounds_alike_is_not_equal(self) -> None:
        lines = ranks.rank(places(found(40_000, 100_000), found(40_001, 100_000)), terms(), subject="communities")
        assert [line.score for line in lines] == ["50.0", "50.0"]
        assert [(line.name, line.rank) for line in lines] == [("第1个", 1), ("第0个", 2)]

    def test_a_row_keeps_them(self) -> None:
        lines = ranks.rank(places(found(4, 10), {}), terms(), subject="communities")
        assert ranks.read(ranks.written(lines)) == lines
        assert read(written(PAIR)) == PAIR


_PARTS = ("findings_correct", "findings_all", "stations_met", "stations_checked")
#: Small numbers, so that there are ties; -1 for what is not known.
_amounts = st.tuples(*(st.integers(-1, 4) for _part in _PARTS)).map(
    lambda numbers: {key: n for key, n in zip(_PARTS, numbers, strict=True) if n >= 0}
)


@given(st.lists(_amounts, max_size=6), st.integers(1, 100))
def test_places_follow_from_scores(several, least) -> None:
    asked = terms(weight=least)
    lines = ranks.rank(places(*several), asked, subject="communities")
    assert sorted(line.place_id.int for line in lines) == list(range(len(several)))
    scores = {line.place_id: ranks.score_of(asked, several[line.place_id.int]) for line in lines}
    ranked = [line for line in lines if line.rank is not None]
    assert lines[: len(ranked)] == ranked
    for line in lines:
        score = scores[line.place_id]
        if score is None:
            assert line.rank is None
            continue
        assert 0 <= score <= 100
        # One more than those that are better: ties share, and nothing is skipped but for them.
        assert line.rank == 1 + sum(other is not None and other > score for other in scores.values())


@given(st.lists(_amounts, min_size=1, max_size=5))
def test_a_sum_knows_what_any_of_its_parts_knows(parts) -> None:
    total = add_up(parts)
    assert set(total) == {key for part in parts for key in part}
    assert all(total[key] == sum(part.get(key, 0) for part in parts) for key in total)


class TestSets:
    @pytest.mark.parametrize(("weight", "fits"), [(59, False), (60, True), (61, False)], ids=["99", "100", "101"])
    def test_the_weights_must_make_a_hundred(self, weight, fits) -> None:
        indicators = [indicator(weight=weight), STATIONS]
        if fits:
            check_set(indicators)
            return
        with pytest.raises(Invalid) as error:
            check_set(indicators)
        assert [each.field for each in error.value.errors] == ["weights"]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"code": "stations"}, "code"),
            ({"title": " "}, "title"),
            ({"numerator": "gold"}, "numerator"),
            ({"denominator": "findings_correct"}, "denominator"),
            ({"denominator": "kitchen"}, "denominator"),
            ({"target": Decimal(0)}, "target"),
            ({"target": Decimal("100.1")}, "target"),
            ({"target": Decimal("20.55")}, "target"),
        ],
    )
    def test_each_fault_is_named(self, fields, field) -> None:
        with pytest.raises(Invalid) as error:
            check_set([STATIONS, indicator(weight=60, **fields)])
        assert [each.field for each in error.value.errors] == [f"indicators.1.{field}"]

    def test_there_is_one_at_least_and_a_few_at_most(self) -> None:
        with pytest.raises(Invalid):
            check_set([])
        many = [indicator(code=f"a{n}", weight=100 if n == 0 else 0) for n in range(9)]
        with pytest.raises(Invalid) as error:
            check_set(many)
        assert [each.field for each in error.value.errors] == ["indicators"]
        check_set(many[:8])
