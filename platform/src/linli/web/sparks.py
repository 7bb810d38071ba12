"""Trends as small as a word: a line without axes beside its number. `templates/charts.html` draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

Number = int | float | Decimal

#: Pixels of the drawing; the line keeps its distance from the edge, so that its dot is whole.
WIDTH, HEIGHT, _EDGE = 96, 28, 4


@dataclass(frozen=True, slots=True)
class Spark:
    """A line, laid out.

    Attributes:
        lines: pieces between known values, each as the points of an SVG polyline; broken where nothing is known.
        x: of the dot on the latest known value; ``y`` likewise.
    """

    lines: tuple[str, ...]
    x: float
    y: float
    width: int = WIDTH
    height: int = HEIGHT


def spark(values: Sequence[Number | None]) -> Spark | None:
    """The line of some values, from the oldest to the latest; ``None`` where fewer than two are known.

    Its height spans the values themselves, not zero: it shows how a number went, and the figure beside it how large it
    is. Values that do not differ lie in the middle.
    """
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    step = (WIDTH - 2 * _EDGE) / (len(values) - 1)

    def y(value: Number) -> float:
        share = (float(value) - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE), 1)

    pieces: list[list[str]] = [[]]
    last = (0.0, 0.0)
    for n, value in enumerate(values):
        if value is None:
            pieces.append([])
            continue
        last = (round(_EDGE + step * n, 1), y(value))
        pieces[-1].append(f"{last[0]},{last[1]}")
    return Spark(tuple(" ".join(piece) for piece in pieces if len(piece) > 1), *last)
