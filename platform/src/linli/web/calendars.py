"""A month as a grid of weeks, with what happens on its days; `templates/calendar.html` draws it."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

#: Monday comes first.
_WEEKS = Calendar(firstweekday=0)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class MonthEntry:
    """Something on a day. ``tone`` is one of a badge's: calm, good, warn, bad, brand."""

    title: str
    href: str = ""
    tone: str = "brand"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid.

    Attributes:
        is_outside: it belongs to the month before or after, and fills the week up.
        turn: ``off`` for a working day that is free, ``work`` for a Saturday or Sunday that is worked (调休).
    """

    day: date
    is_outside: bool
    is_today: bool
    turn: str
    entries: tuple[MonthEntry, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month; ``before`` and ``after`` are the first days of its neighbours."""

    first: date
    before: date
    after: date
    weeks: tuple[tuple[Day, ...], ...]

    @property
    def entries(self) -> int:
        """How much happens in the month itself."""
        return sum(len(day.entries) for week in self.weeks for day in week if not day.is_outside)


def month_view(
    day: date,
    entries: Mapping[date, Sequence[MonthEntry]],
    *,
    today: date,
    is_workday: Callable[[date], bool] | None = None,
) -> Month:
    """The month of a day.

    Args:
        day: any day of it.
        entries: by day, in the order in which they are shown.
        today: the day that is marked.
        is_workday: from ``linli.sdk.is_workday`` or a calendar read beforehand; without, no day is marked as 休 or 班.
    """
    first = day.replace(day=1)
    weeks = []
    for week in _WEEKS.monthdatescalendar(first.year, first.month):
        days = [
            Day(each, each.month != first.month, each == today, _turn(each, is_workday), tuple(entries.get(each, ())))
            for each in week
        ]
        weeks.append(tuple(days))
    last = (first + timedelta(days=32)).replace(day=1)
    return Month(first, (first - timedelta(days=1)).replace(day=1), last, tuple(weeks))


def _turn(day: date, is_workday: Callable[[date], bool] | None) -> str:
    if is_workday is None:
        return ""
    usual, actual = day.weekday() < _SATURDAY, is_workday(day)
    return "" if usual == actual else "work" if actual else "off"
