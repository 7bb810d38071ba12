"""From amounts to values, scores and places, in exact fractions; nothing here reads or writes a database.

A place's score is the sum of its indicators' parts, each from 0 to 1 of its weight: the whole weight where the target
is reached, otherwise as much of it as of the target. An indicator without data is left out with its weight, never taken
for 0; where too little of the weight is known there is no score and no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec

from linli_waste_sorting.indicators.definitions import UNITS, WHOLE, Indicator
from linli_waste_sorting.indicators.hiding import BESIDE, FEW
from linli_waste_sorting.indicators.quantities import Amounts

_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place to be ranked; ``hidden`` says why it is not shown, see ``hiding``."""

    id: UUID
    name: str
    amounts: Amounts
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a ranking goes by.

    Attributes:
        indicators: of the set.
        least_households: fewer observed households than these are not shown.
        least_weight: per cents of the weight that must be known for a place.
    """

    indicators: Sequence[Indicator]
    least_households: int
    least_weight: int


class RankLine(msgspec.Struct, kw_only=True, frozen=True):
    """A place in a ranking.

    Attributes:
        rank: those that are equal share one, and the next is counted on; ``None`` without a score.
        score: of 100, rounded to one decimal; the rank goes by the exact fraction.
        why: empty, ``few`` (too few households to be shown), ``beside`` (hidden so that another one cannot be worked
            out) or ``unknown`` (too little is known).
        values: indicator to its value in its unit, one decimal; ``None`` without data.
        reached: indicators of which the target is reached.
        amounts: what all of it was computed from; empty where the place is not shown.
    """

    place_id: UUID
    name: str
    rank: int | None
    score: str | None
    why: str
    values: dict[str, str | None]
    reached: list[str]
    amounts: dict[str, int]

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of it is shown, for the sake of households."""
        return self.why in (FEW, BESIDE)


def value_of(indicator: Indicator, amounts: Amounts) -> Fraction | None:
    """The exact value in the indicator's unit; ``None`` where a part is not known or the denominator is nothing."""
    over, under = amounts.get(indicator.numerator), amounts.get(indicator.denominator)
    if over is None or under is None or under <= 0:
        return None
    return Fraction(over * UNITS[indicator.unit][0], under)


def is_reached(indicator: Indicator, value: Fraction) -> bool:
    """Whether the target is reached; a value that equals it has reached it."""
    target = Fraction(indicator.target)
    return value >= target if indicator.direction == "up" else value <= target


def part_of(indicator: Indicator, value: Fraction) -> Fraction:
    """How much of its weight a value earns, from 0 to 1."""
    target = Fraction(indicator.target)
    if is_reached(indicator, value):
        return Fraction(1)
    # Short of the target: above it where less is better, so that the value is never 0 here.
    return max(value / target, Fraction(0)) if indicator.direction == "up" else target / value


def score_of(terms: Terms, amounts: Amounts, *, is_building: bool = False) -> Fraction | None:
    """Of 100; ``None`` where less of the weight is known than the terms ask for."""
    counted = [each for each in terms.indicators if each.weight and (each.of_buildings or not is_building)]
    whole = sum(each.weight for each in counted)
    known = [(each, value) for each in counted if (value := value_of(each, amounts)) is not None]
    weight = sum(each.weight for each, _value in known)
    if not weight or weight * WHOLE < terms.least_weight * whole:
        return None
    return sum((each.weight * part_of(each, value) for each, value in known), Fraction(0)) * WHOLE / weight


def rank(candidates: Sequence[Candidate], terms: Terms, *, subject: str) -> list[RankLine]:
    """The places in order, those without a place last; within a place, and without one, as they were given."""
    is_building = subject == "buildings"
    scored: list[tuple[Fraction | None, str, Candidate]] = []
    for each in candidates:
        if each.hidden:
            scored.append((None, each.hidden, each))
            continue
        score = score_of(terms, each.amounts, is_building=is_building)
        scored.append((score, "" if score is not None else "unknown", each))
    known = sorted((line for line in scored if line[0] is not None), key=lambda line: -(line[0] or 0))
    lines: list[RankLine] = []
    for n, (score, _why, each) in enumerate(known):
        place = lines[-1].rank if n and score == known[n - 1][0] else n + 1
        lines.append(_line(each, terms, place, score, ""))
    return lines + [_line(each, terms, None, None, why) for score, why, each in scored if score is None]


def percent(part: int, whole: int) -> Fraction:
    """Exactly so many of a hundred; the whole is not nothing."""
    return Fraction(part * WHOLE, whole)


def shown(value: Fraction) -> str:
    """With one decimal, halves rounded away from zero; what rounds to nothing has no sign."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(_TENTH, ROUND_HALF_UP) + 0)


def written(lines: Sequence[RankLine]) -> list[Any]:
    """As a row keeps them."""
    return [msgspec.to_builtins(each) for each in lines]


def read(rows: Sequence[Any]) -> list[RankLine]:
    """As a row kept them."""
    return [msgspec.convert(each, RankLine, strict=False) for each in rows]


def _line(each: Candidate, terms: Terms, place: int | None, score: Fraction | None, why: str) -> RankLine:
    values = {} if each.hidden else {one.code: value_of(one, each.amounts) for one in terms.indicators}
    return RankLine(
        place_id=each.id,
        name=each.name,
        rank=place,
        score=None if score is None else shown(score),
        why=why,
        values={code: None if value is None else shown(value) for code, value in values.items()},
        reached=[
            one.code
            for one in terms.indicators
            if (value := values.get(one.code)) is not None and is_reached(one, value)
        ],
        amounts={} if each.hidden else dict(each.amounts),
    )
