"""Charts, drawn on the server: columns, lines and rankings that need no script, print, and are read out as a table.

A chart's marks stand at per cents of its width, so that it fits a phone and a desk alike while its letters keep their
size. `templates/charts.html` draws what is laid out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Number = int | float | Decimal

#: Pixels from the topmost to the lowest line of the grid.
HEIGHT = 200
#: Lines of the grid, at most.
_LINES = 5
#: Steps between lines, times a power of ten.
_STEPS = (1, 2, 5, 10)
#: Colours and dashes that can be told apart; whoever needs more makes two charts.
MOST_SERIES = 6
#: Labels below the axis that a desk has room for, and a phone.
_ROOMY, _NARROW = 16, 6
#: Part of a place that its columns fill.
_FILLED = 0.72


@dataclass(frozen=True, slots=True)
class Series:
    """A row of values, one for each label; ``None`` where nothing is known, which is not zero."""

    title: str
    values: Sequence[Number | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid: pixels from the top, and its number as it is shown."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A label below the axis. ``room`` says where it is shown: everywhere, on a desk alone, or for readers only."""

    x: float
    text: str
    room: Literal["all", "desk", "none"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one series: per cents from the left, pixels from the top."""

    x: float
    width: float
    y: float
    height: float
    tone: int
    told: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A piece of a line between two known values that follow each other."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: int


@dataclass(frozen=True, slots=True)
class Dot:
    """A known value of a line."""

    x: float
    y: float
    tone: int
    told: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, laid out.

    Attributes:
        title: the sentence above it.
        unit: of all its values.
        rows: the same as a table: a label and its values as texts, one for each series.
        target: what should be reached, as a line of its own.
    """

    title: str
    unit: str
    series: tuple[str, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    columns: tuple[Column, ...]
    strokes: tuple[Stroke, ...]
    dots: tuple[Dot, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    target: Line | None = None
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Whether not one value is known."""
        return not self.columns and not self.dots


@dataclass(frozen=True, slots=True)
class Rank:
    """A line of a ranking.

    Attributes:
        place: 1 for the best; those that are equal share a place, and the next one is counted on.
        share: per cents of the whole width, for its bar.
        text: the value as it is shown; a dash where none is known.
        href: where the name leads; empty for nowhere.
    """

    place: int | None
    name: str
    share: float
    text: str
    href: str = ""
    is_own: bool = False


def column_chart(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    stacked: bool = False,
    target: Number | None = None,
) -> Chart:
    """Columns beside each other for each label, or one upon the other.

    Args:
        labels: below the axis, in order.
        series: up to six.
        unit: of the values: shown with the title, not repeated.
        stacked: the parts of a sum; negative values have no place in it.
        target: a line to compare with.

    Raises:
        ValueError: more series than can be told apart, or one whose length is not the labels'.
    """
    _check(labels, series)
    sums = [sum(_known(each.values[n] for each in series)) for n in range(len(labels))]
    if stacked and any(value < 0 for each in series for value in _known(each.values)):
        raise ValueError(f"{title}: a part of a sum is below zero")
    values = sums if stacked else [value for each in series for value in _known(each.values)]
    scale = _Scale(values, target)
    place = 100 / max(len(labels), 1)
    width = place * _FILLED / (1 if stacked else max(len(series), 1))
    columns = []
    for n, label in enumerate(labels):
        left, base = place * n + place * (1 - _FILLED) / 2, Decimal(0)
        for tone, each in enumerate(series):
            value = each.values[n]
            if value is None:
                continue
            low, high = (base, base + _exact(value)) if stacked else sorted((Decimal(0), _exact(value)))
            top, bottom = scale.y(high), scale.y(low)
            x = left if stacked else left + width * tone
            told = f"{label} {each.title}: {scale.text(value)}{unit}"
            columns.append(Column(_round(x), _round(width), top, _round(bottom - top), tone, told))
            base = high if stacked else base
    return _chart(title, labels, series, unit, scale, target, columns=tuple(columns))


def line_chart(
    title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "", target: Number | None = None
) -> Chart:
    """A line for each series; where a value is not known the line is broken.

    Args, Raises: as ``column_chart``.
    """
    _check(labels, series)
    scale = _Scale([value for each in series for value in _known(each.values)], target)
    place = 100 / max(len(labels), 1)
    strokes, dots = [], []
    for tone, each in enumerate(series):
        before: Dot | None = None
        for n, value in enumerate(each.values):
            if value is None:
                before = None
                continue
            told = f"{labels[n]} {each.title}: {scale.text(value)}{unit}"
            dot = Dot(_round(place * (n + 0.5)), scale.y(value), tone, told)
            if before is not None:
                strokes.append(Stroke(before.x, before.y, dot.x, dot.y, tone))
            dots.append(dot)
            before = dot
    return _chart(title, labels, series, unit, scale, target, strokes=tuple(strokes), dots=tuple(dots))


def ranking(
    named: Sequence[tuple[str, Number | None]],
    *,
    unit: str = "",
    most_is_best: bool = True,
    hrefs: Sequence[str] = (),
    own: str = "",
) -> list[Rank]:
    """The best first, each with a bar; those without a value come last and have no place.

    Args:
        named: name and value.
        unit: after each value.
        most_is_best: whether the largest value comes first.
        hrefs: where each name leads, in the order of ``named``.
        own: the name that is the reader's, to be made out at once.

    Raises:
        ValueError: ``hrefs`` are neither none nor one for each name.
    """
    if hrefs and len(hrefs) != len(named):
        raise ValueError(f"{len(hrefs)} addresses for {len(named)} names")
    lines = [(name, value, hrefs[n] if hrefs else "") for n, (name, value) in enumerate(named) if value is not None]
    lines.sort(key=lambda each: each[1], reverse=most_is_best)
    scale = _Scale([value for _name, value, _href in lines], None)
    largest = max((abs(value) for _name, value, _href in lines), default=0)
    ranks: list[Rank] = []
    for n, (name, value, href) in enumerate(lines):
        is_equal = n > 0 and value == lines[n - 1][1]
        place = ranks[-1].place if is_equal else n + 1
        share = _round(float(abs(value)) / float(largest) * 100) if largest else 0.0
        ranks.append(Rank(place, name, share, f"{scale.text(value)}{unit}", href, name == own))
    unknown = [(name, hrefs[n] if hrefs else "") for n, (name, value) in enumerate(named) if value is None]
    return ranks + [Rank(None, name, 0.0, "—", href, name == own) for name, href in unknown]


class _Scale:
    """From values to pixels, between round numbers that hold them all, zero included."""

    def __init__(self, values: Sequence[Number], target: Number | None) -> None:
        known = [_exact(value) for value in [*values, *([] if target is None else [target])]]
        low, high = min([*known, Decimal(0)]), max([*known, Decimal(0)])
        step = _step(high - low) if high > low else Decimal(1)
        self._low = step * math.floor(low / step)
        self._high = max(step * math.ceil(high / step), self._low + step)
        # As many decimals as any value has, two at most: 3 stays 3 where 2.5 stands beside it as 2.5.
        decimals = (-int(value.normalize().as_tuple().exponent) for value in [*known, step])
        self._decimals = min(max([0, *decimals]), 2)
        count = int((self._high - self._low) / step)
        self.lines = tuple(
            Line(self.y(self._low + step * n), self.text(self._low + step * n)) for n in range(count, -1, -1)
        )

    def y(self, value: Number) -> float:
        """Pixels from the top."""
        return _round(float((self._high - _exact(value)) / (self._high - self._low)) * HEIGHT)

    def text(self, value: Number) -> str:
        """Grouped by thousands, without zeros that say nothing."""
        rounded = _exact(value).quantize(Decimal(1).scaleb(-self._decimals), ROUND_HALF_UP)
        text = f"{rounded:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


def _step(span: Decimal) -> Decimal:
    power = Decimal(1).scaleb(math.floor(math.log10(span / _LINES)))
    return next(power * each for each in _STEPS if power * each * _LINES >= span)


def _chart(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    unit: str,
    scale: _Scale,
    target: Number | None,
    *,
    columns: tuple[Column, ...] = (),
    strokes: tuple[Stroke, ...] = (),
    dots: tuple[Dot, ...] = (),
) -> Chart:
    rows = tuple(
        (label, tuple("—" if (value := each.values[n]) is None else scale.text(value) for each in series))
        for n, label in enumerate(labels)
    )
    aim = None if target is None else Line(scale.y(target), scale.text(target))
    titles = tuple(each.title for each in series)
    return Chart(title, unit, titles, scale.lines, _labels(labels), columns, strokes, dots, rows, aim)


def _labels(labels: Sequence[str]) -> tuple[Label, ...]:
    """Below the middle of their places; thinned out from the last one, which is the newest."""
    place = 100 / max(len(labels), 1)
    every, every_narrow = (math.ceil(len(labels) / room) or 1 for room in (_ROOMY, _NARROW))
    # On a phone those are shown that a desk shows too.
    every_narrow = every * math.ceil(every_narrow / every)

    def room(back: int) -> Literal["all", "desk", "none"]:
        return "all" if back % every_narrow == 0 else "desk" if back % every == 0 else "none"

    return tuple(Label(_round(place * (n + 0.5)), text, room(len(labels) - 1 - n)) for n, text in enumerate(labels))


def _check(labels: Sequence[str], series: Sequence[Series]) -> None:
    if len(series) > MOST_SERIES:
        raise ValueError(f"{len(series)} series: no more than {MOST_SERIES} can be told apart")
    for each in series:
        if len(each.values) != len(labels):
            raise ValueError(f"{each.title}: {len(each.values)} values for {len(labels)} labels")


def _known(values: Iterable[Number | None]) -> list[Number]:
    return [value for value in values if value is not None]


def _exact(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _round(value: float) -> float:
    return round(value, 2)
