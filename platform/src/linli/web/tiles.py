"""Places as tiles of equal size, shaded by a number: a map without a map, on which small places are seen too.

The number stands in each tile; the shade only helps to find it. `templates/tiles.html` draws what is laid out here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Number = int | float | Decimal
#: ``quantile``: as many tiles in each class; ``even``: the span of the values in equal parts.
Classing = Literal["quantile", "even"]

#: Classes, as many as there are shades.
CLASSES = 5


@dataclass(frozen=True, slots=True)
class PlaceValue:
    """A place and its number; ``None`` where nobody knows. ``note`` stands below it, in small letters."""

    name: str
    value: Number | None
    href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A place as it is drawn. ``shade`` is 1 to ``CLASSES``; 0 where the value is not known."""

    name: str
    value: Number | None
    shade: int
    href: str
    note: str


@dataclass(frozen=True, slots=True)
class TileClass:
    """A class of the legend: its shade, the least and the largest value in it, and how many tiles it has."""

    shade: int
    least: Number
    most: Number
    count: int


@dataclass(frozen=True, slots=True)
class TileMap:
    """The tiles in their order, and what their shades mean; empty classes are left out."""

    tiles: tuple[Tile, ...]
    classes: tuple[TileClass, ...]
    unknown: int


def tile_map(places: Sequence[PlaceValue], *, by: Classing = "quantile") -> TileMap:
    """The tiles of some places, in the order in which they are given.

    Equal values have one shade, whichever way they are classed. Values that do not differ at all have one class, whose
    shade is the middle one.

    Args:
        places: each once.
        by: how the values are put into classes.
    """
    known = sorted(each.value for each in places if each.value is not None)
    shades = _quantiles(known) if by == "quantile" else _even(known)
    tiles = tuple(
        Tile(each.name, each.value, 0 if each.value is None else shades[each.value], each.href, each.note)
        for each in places
    )
    classes = []
    for shade in sorted(set(shades.values())):
        own = [value for value in known if shades[value] == shade]
        classes.append(TileClass(shade, own[0], own[-1], len(own)))
    return TileMap(tiles, tuple(classes), len(places) - len(known))


def _quantiles(known: Sequence[Number]) -> dict[Number, int]:
    """Value to class by its place among all: the least is the palest, the largest the strongest, equals are alike."""
    places = {value: (bisect_left(known, value) + bisect_right(known, value)) / 2 for value in known}
    if len(places) <= 1:
        return dict.fromkeys(known, _middle())
    low, high = places[known[0]], places[known[-1]]
    return {value: min(int((place - low) / (high - low) * CLASSES), CLASSES - 1) + 1 for value, place in places.items()}


def _even(known: Sequence[Number]) -> dict[Number, int]:
    if len(set(known)) <= 1:
        return dict.fromkeys(known, _middle())
    low, span = known[0], float(known[-1] - known[0])  # type: ignore[operator]
    return {value: min(int(float(value - low) / span * CLASSES), CLASSES - 1) + 1 for value in known}  # type: ignore[operator]


def _middle() -> int:
    return CLASSES // 2 + 1
