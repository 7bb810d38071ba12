"""Communities side by side: every number with its trend, and how far it is from what lies in the middle of all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, cast, func, select

from linli.console.figures import Figure, amount_text, figure_of, middle, read_numbers
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.plugins.contributions import Metric
from linli.plugins.informing import Number
from linli.plugins.registry import Plugins
from linli.showing.models import MetricValue
from linli.showing.trends import Kept, plain
from linli.tenancy.overview import CommunityLine, community_lines

#: So many stand side by side on a desk and on paper.
LEAST, MOST = 2, 6
_ALL = 500


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of one community. ``apart``: how far from the middle, in words; empty where either is not known."""

    figure: Figure
    apart: str
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """A number of all chosen communities, and what lies in the middle of the whole street."""

    title: str
    unit: str
    period: str
    middle: Number | None
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Communities side by side.

    Attributes:
        all: every community, to choose from.
        chosen: in the order of their codes.
        is_cut: more were chosen than stand side by side.
    """

    all: Sequence[CommunityLine]
    chosen: Sequence[CommunityLine]
    rows: Sequence[Row]
    kept: Kept
    is_cut: bool


def compare(
    session: ScopedSession, actor: Actor, plugins: Plugins, allowed: Collection[str], wanted: Collection[UUID]
) -> Comparison:
    """Up to six communities with every number that the reader may see. Some six queries.

    Args:
        session: of the street, or of some of its communities.
        actor: the reader.
        plugins: of this process.
        allowed: those that the street allows.
        wanted: which communities; those beyond the sixth are left out.
    """
    lines = community_lines(session, state="active", limit=_ALL).items
    picked = [line for line in lines if line.id in wanted]
    chosen = picked[:MOST]
    numbers = read_numbers(session, actor, plugins, allowed, communities=[line.id for line in chosen])
    items = numbers.of_communities
    middles = _middles(session, items, numbers.kept) if numbers.kept.day else _middles_now(numbers.trends, items, lines)
    rows = []
    if len(chosen) >= LEAST:
        for item in items:
            cells = []
            for line in chosen:
                figure = figure_of(item, numbers.trends.get((line.id, item.name)))
                cells.append(Cell(figure, *apart(item, figure.value, middles.get(item.name))))
            unit = _(item.unit) if item.unit else ""
            rows.append(Row(_(item.title), unit, cells[0].figure.period, middles.get(item.name), cells))
    return Comparison(lines, chosen, rows, numbers.kept, len(picked) > MOST)


def apart(item: Metric, value: Number | None, median: Number | None) -> tuple[str, str]:
    """How far a number is from the middle, in words, and whether that is good: ``good``, ``warn`` or empty.

    A number that is only a size (how many homes there are) is neither good nor bad: only what does not add up, such as
    a rate, and what is marked as better when it is less, has a tone.
    """
    if value is None or median is None:
        return "", ""
    off = Decimal(value) - Decimal(median)
    if not off:
        return _("与中位数相同"), ""
    text = amount_text(abs(off)) + (_(item.unit) if item.unit == "%" else "")
    words = _("高于中位数 {n}").format(n=text) if off > 0 else _("低于中位数 {n}").format(n=text)
    if item.adds_up and not item.less_is_better:
        return words, ""
    return words, "good" if (off > 0) is not item.less_is_better else "warn"


def exported(found: Comparison) -> tuple[list[str], list[list[Any]]]:
    """The comparison as a sheet: a line for each number, two columns for each community."""
    header = [_("数字"), _("单位"), _("期间"), _("街道中位数")]
    for line in found.chosen:
        header += [line.name, _("{name}与中位数之差").format(name=line.name)]
    rows = []
    for row in found.rows:
        told: list[Any] = [row.title, row.unit, row.period, row.middle]
        for cell in row.cells:
            value = cell.figure.value
            off = None if value is None or row.middle is None else Decimal(value) - Decimal(row.middle)
            told += [value, off]
        rows.append(told)
    return header, rows


def _middles(session: ScopedSession, items: Sequence[Metric], kept: Kept) -> dict[str, Number | None]:
    middle_of = cast(func.percentile_cont(0.5).within_group(MetricValue.value), Numeric)
    rows = session.execute(
        select(MetricValue.metric, middle_of)
        .where(
            MetricValue.grain == "day",
            MetricValue.starts_on == kept.day,
            MetricValue.community_id.is_not(None),
            MetricValue.metric.in_([item.name for item in items]),
        )
        .group_by(MetricValue.metric)
    )
    return {metric: plain(Decimal(value)) for metric, value in rows}


def _middles_now(
    trends: Mapping[Any, Any], items: Sequence[Metric], lines: Sequence[CommunityLine]
) -> dict[str, Number | None]:
    return {
        item.name: middle([trends[line.id, item.name].now for line in lines if (line.id, item.name) in trends])
        for item in items
    }
