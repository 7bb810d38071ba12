"""The periods that people ask for by name: this month, the last quarter, this year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from linli.kit.clock import today
from linli.kit.text import gettext as _

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A period and its days, both counted, as a form writes them."""

    title: str
    since: str
    until: str


def named_periods(day: date | None = None) -> list[NamedPeriod]:
    """The periods around a day, today where none is given: month, quarter and year, this one and the last."""
    day = day or today()
    month = day.replace(day=1)
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    year = date(day.year, 1, 1)
    pairs = (
        (_("本月"), month, _after(month, 1)),
        (_("上月"), _after(month, -1), month),
        (_("本季度"), quarter, _after(quarter, 3)),
        (_("上季度"), _after(quarter, -3), quarter),
        (_("今年"), year, _after(year, 12)),
        (_("去年"), _after(year, -12), year),
    )
    return [NamedPeriod(title, first.isoformat(), (end - _DAY).isoformat()) for title, first, end in pairs]


def _after(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
