"""A building seen from the front: its units side by side, its floors one upon the other, each dwelling in a colour.

Nothing is drawn to scale and no map is needed; `templates/floors.html` draws it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Shades of a number, from the least to the most.
SHADES = 5


@dataclass(frozen=True, slots=True)
class FloorDoor:
    """A dwelling in the view.

    Attributes:
        unit: of the building; empty where it has none. Units stand in the order in which they first come.
        floor: below zero under ground; ``None`` where the register does not say, which is shown below all others.
        name: on its field, as short as the door: 301.
        value: what its colour tells; ``None`` where it is not known.
        text: the value in words, read out and shown when pointed at.
        href: where it leads; empty for nowhere.
    """

    unit: str
    floor: int | None
    name: str
    value: float | None
    text: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A dwelling as it is drawn. ``shade`` is 1 to ``SHADES``; 0 where the value is not known."""

    name: str
    shade: int
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class BuildingView:
    """Units in order, and the floors from the top, each with the doors of each unit."""

    units: tuple[str, ...]
    floors: tuple[tuple[int | None, tuple[tuple[Cell, ...], ...]], ...]
    #: The least value of each shade, the first shade's first; fewer than ``SHADES`` where the values do not differ.
    bounds: tuple[float, ...]


def building_view(doors: Iterable[FloorDoor], *, bounds: Sequence[float] = ()) -> BuildingView:
    """The building.

    Args:
        doors: in the order in which doors of one floor and unit stand.
        bounds: the least value of each shade, rising; without, the span of the values is divided evenly.

    Raises:
        ValueError: the bounds do not rise, or are not as many as there are shades.
    """
    all_doors = list(doors)
    if bounds and (len(bounds) != SHADES or list(bounds) != sorted(set(bounds))):
        raise ValueError(f"{len(bounds)} bounds: {SHADES} rising ones, one for each shade")
    known = [each.value for each in all_doors if each.value is not None]
    steps = tuple(bounds) or _even(known)
    units = tuple(dict.fromkeys(each.unit for each in all_doors))
    by_place: dict[tuple[int | None, str], list[Cell]] = defaultdict(list)
    for each in all_doors:
        shade = 0 if each.value is None else max(1, sum(each.value >= bound for bound in steps))
        by_place[each.floor, each.unit].append(Cell(each.name, shade, each.text, each.href))
    numbered = sorted({each.floor for each in all_doors if each.floor is not None}, reverse=True)
    floors = [*numbered, *([None] if any(each.floor is None for each in all_doors) else [])]
    rows = tuple((floor, tuple(tuple(by_place[floor, unit]) for unit in units)) for floor in floors)
    return BuildingView(units, rows, steps)


def _even(values: Sequence[float]) -> tuple[float, ...]:
    if not values:
        return ()
    low, high = min(values), max(values)
    if high == low:
        return (low,)
    bounds = (low + (high - low) * n / SHADES for n in range(SHADES))
    # What is counted begins at whole numbers; a narrow span of them has fewer shades.
    is_counted = all(float(value).is_integer() for value in values)
    return tuple(dict.fromkeys(math.ceil(each) if is_counted else each for each in bounds))
