"""Whether a share is reached: exact rationals, cross-multiplied, never floats.

The Civil Code settles the words (民法典 第1259条): 以上, 以下, 以内 include the number itself; 超过, 不满, 以外 do
not. So 三分之二以上 is ``at_least`` 2/3, and 过半数 is ``more_than`` 1/2.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

#: What is counted: heads, or square metres.
Amount = int | Decimal | Fraction

HALF = Fraction(1, 2)


class Comparison(StrEnum):
    """How an amount is held against a number."""

    AT_LEAST = ">="
    MORE_THAN = ">"
    AT_MOST = "<="
    LESS_THAN = "<"

    @property
    def includes_number(self) -> bool:
        """Whether the number itself is enough (以上, 以下) or not (超过, 不满)."""
        return self in (Comparison.AT_LEAST, Comparison.AT_MOST)

    @property
    def is_floor(self) -> bool:
        """Whether it asks for much (以上, 超过) rather than for little (以下, 不满)."""
        return self in (Comparison.AT_LEAST, Comparison.MORE_THAN)


def at_least(part: Amount, whole: Amount, share: Fraction) -> bool:
    """以上: whether ``part`` is ``share`` of ``whole`` or more. Of nothing no share is reached."""
    part, whole = _exact(part, whole)
    return whole > 0 and part * share.denominator >= whole * share.numerator


def more_than(part: Amount, whole: Amount, share: Fraction) -> bool:
    """超过: whether ``part`` is above ``share`` of ``whole``; exactly the share is not enough."""
    part, whole = _exact(part, whole)
    return whole > 0 and part * share.denominator > whole * share.numerator


def at_most(part: Amount, whole: Amount, share: Fraction) -> bool:
    """以下, 以内: whether ``part`` is ``share`` of ``whole`` or less."""
    part, whole = _exact(part, whole)
    return part * share.denominator <= whole * share.numerator


def less_than(part: Amount, whole: Amount, share: Fraction) -> bool:
    """不满, 低于: whether ``part`` stays below ``share`` of ``whole``; exactly the share is too much."""
    part, whole = _exact(part, whole)
    return part * share.denominator < whole * share.numerator


def is_majority(part: Amount, whole: Amount) -> bool:
    """过半数: more than half, never exactly half."""
    return more_than(part, whole, HALF)


def is_reached(part: Amount, whole: Amount, share: Fraction, comparison: Comparison) -> bool:
    """The same with the comparison as data.

    Args:
        part: those who came, agreed, hold …; not negative.
        whole: all of whom they are a part; not negative.
        share: an exact fraction.
        comparison: how the law words it.

    Raises:
        TypeError: a float was given; it has already lost what decides at the threshold.
        ValueError: an amount is negative.
    """
    match comparison:
        case Comparison.AT_LEAST:
            return at_least(part, whole, share)
        case Comparison.MORE_THAN:
            return more_than(part, whole, share)
        case Comparison.AT_MOST:
            return at_most(part, whole, share)
        case _:
            return less_than(part, whole, share)


def least_count(whole: int, share: Fraction, comparison: Comparison = Comparison.AT_LEAST) -> int:
    """How many of ``whole`` heads are needed at the least, to tell people what is still missing.

    Returns:
        A whole number; above ``whole`` where not even all of them are enough (more than 1/1).

    Raises:
        ValueError: the comparison sets no floor, or there is nobody.
    """
    if not comparison.is_floor:
        raise ValueError(f"{comparison} asks for no least number")
    if whole <= 0:
        raise ValueError("of nobody no share is reached")
    wanted = whole * share.numerator
    if comparison is Comparison.AT_LEAST:
        return -(-wanted // share.denominator)
    return wanted // share.denominator + 1


def meets(amount: Amount, number: Amount, comparison: Comparison) -> bool:
    """A plain number against a number: ``meets(5, 5, AT_LEAST)``."""
    left, right = _exact(amount, number)
    match comparison:
        case Comparison.AT_LEAST:
            return left >= right
        case Comparison.MORE_THAN:
            return left > right
        case Comparison.AT_MOST:
            return left <= right
        case _:
            return left < right


def _exact(*amounts: Amount) -> tuple[Fraction, ...]:
    if any(isinstance(each, float) for each in amounts):
        raise TypeError("count in int, Decimal or Fraction: a float is not exact at the threshold")
    exact = tuple(Fraction(each) for each in amounts)
    if any(each < 0 for each in exact):
        raise ValueError("an amount is not negative")
    return exact
