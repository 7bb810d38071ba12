"""以上 includes the number, 超过 and 过半数 do not (民法典 第1259条): just below, at, just above, and at random."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kit.thresholds import (
    HALF,
    Comparison,
    at_least,
    at_most,
    is_majority,
    is_reached,
    least_count,
    less_than,
    meets,
    more_than,
)

TWO_THIRDS = Fraction(2, 3)
WHOLES = st.integers(min_value=1, max_value=100_000)
SHARES = st.fractions(min_value=0, max_value=1, max_denominator=1000)
FLOORS = st.sampled_from([Comparison.AT_LEAST, Comparison.MORE_THAN])


@pytest.mark.parametrize(
    ("part", "includes", "exceeds"), [(1999, False, False), (2000, True, False), (2001, True, True)]
)
def test_two_thirds_of_three_thousand(part, includes, exceeds) -> None:
    assert at_least(part, 3000, TWO_THIRDS) is includes
    assert more_than(part, 3000, TWO_THIRDS) is exceeds
    assert at_most(part, 3000, TWO_THIRDS) is not exceeds
    assert less_than(part, 3000, TWO_THIRDS) is not includes


@pytest.mark.parametrize(("part", "reached"), [(49, False), (50, False), (51, True)])
def test_half_is_no_majority(part, reached) -> None:
    assert is_majority(part, 100) is reached


def test_square_metres_decide_to_the_last_hundredth() -> None:
    whole = Decimal("99727.01")
    at = whole * 3 / 4
    assert at_least(Fraction(whole) * Fraction(3, 4), whole, Fraction(3, 4))
    assert at_least(at.quantize(Decimal("0.01"), "ROUND_UP"), whole, Fraction(3, 4))
    assert not at_least(at.quantize(Decimal("0.01"), "ROUND_DOWN"), whole, Fraction(3, 4))


def test_long_areas_are_not_rounded() -> None:
    whole, just_below = Decimal("9" * 40 + ".01"), Decimal("9" * 40 + ".00")
    assert at_least(whole, whole, Fraction(1))
    assert not more_than(whole, whole, Fraction(1))
    assert not at_least(just_below, whole, Fraction(1))


def test_of_nobody_nothing_is_reached() -> None:
    assert not at_least(0, 0, TWO_THIRDS)
    assert not more_than(0, 0, Fraction(0))
    with pytest.raises(ValueError, match="nobody"):
        least_count(0, HALF)


def test_floats_and_negative_amounts_are_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        at_least(0.1 + 0.2, 1, Fraction(3, 10))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative"):
        more_than(-1, 10, HALF)
    with pytest.raises(ValueError, match="no least number"):
        least_count(10, HALF, Comparison.AT_MOST)


@given(WHOLES, SHARES, FLOORS)
def test_one_less_than_the_least_count_does_not_reach_it(whole, share, comparison) -> None:
    least = least_count(whole, share, comparison)
    assert is_reached(least, whole, share, comparison)
    if least > 0:
        assert not is_reached(least - 1, whole, share, comparison)


@given(st.integers(0, 10**6), WHOLES, SHARES)
def test_each_comparison_is_the_opposite_of_another(part, whole, share) -> None:
    assert at_least(part, whole, share) is not less_than(part, whole, share)
    assert more_than(part, whole, share) is not at_most(part, whole, share)
    assert not more_than(part, whole, share) or at_least(part, whole, share)


@given(st.integers(0, 10**6), WHOLES, SHARES, st.integers(1, 1000))
def test_only_the_proportion_counts(part, whole, share, factor) -> None:
    for comparison in Comparison:
        assert is_reached(part, whole, share, comparison) is is_reached(
            part * factor, whole * factor, share, comparison
        )


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_plain_numbers(left, right) -> None:
    assert meets(left, right, Comparison.AT_LEAST) is (left >= right)
    assert meets(left, right, Comparison.MORE_THAN) is (left > right)
    assert meets(left, right, Comparison.AT_MOST) is (left <= right)
    assert meets(left, right, Comparison.LESS_THAN) is (left < right)
