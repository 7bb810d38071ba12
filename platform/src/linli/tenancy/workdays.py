"""Working days 工作日 by the official calendar, 调休 included. A year whose calendar is not published is no guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.tenancy.models import CalendarDay

_DAY = timedelta(days=1)
_SATURDAY = 5
#: Days looked at in one query; the longest run of days off in a year is under two weeks.
_STRETCH = 60


def is_workday(session: Session, day: date, *, field: str = "day") -> bool:
    """Whether people work on this day.

    Args:
        session: any unit of work; the calendar is the same for all.
        day: of Asia/Shanghai.
        field: of the form or body, named in the error.

    Raises:
        Invalid: the official calendar of that year is not known.
    """
    return _workdays(session, day, day, field) == [day]


def add_workdays(session: Session, day: date, n: int, *, field: str = "day") -> date:
    """The n-th working day after a day; the day itself is not counted (民法典 第201条), ``n = 0`` gives it back.

    Args:
        session: any unit of work.
        day: where counting begins.
        n: how many working days, not negative.
        field: of the form or body, named in the error.

    Raises:
        Invalid: the count runs into a year whose official calendar is not known.
        ValueError: ``n`` is negative.
    """
    if n < 0:
        raise ValueError("n must not be negative")
    first = day + _DAY
    while n > 0:
        last = first + timedelta(days=_STRETCH - 1)
        found = _workdays(session, first, last, field, most=n)
        if len(found) == n:
            return found[-1]
        n -= len(found)
        first = last + _DAY
    return day


def workdays_between(session: Session, first: date, last: date, *, field: str = "day") -> int:
    """How many working days there are from the first day to the last, both counted; 0 when they are turned round.

    Raises:
        Invalid: the official calendar of a year in between is not known.
    """
    return len(_workdays(session, first, last, field)) if first <= last else 0


def _workdays(session: Session, first: date, last: date, field: str, *, most: int | None = None) -> list[date]:
    known = {
        row.day: row.is_workday
        for row in session.execute(
            select(CalendarDay.day, CalendarDay.is_workday).where(CalendarDay.day.between(first, last))
        )
    }
    years = _known_years(session, first.year, last.year)
    found: list[date] = []
    day = first
    while day <= last and (most is None or len(found) < most):
        if day.year not in years:
            raise Invalid.one(
                field,
                _("{year} 年的官方放假安排还没有录入，无法推算工作日").format(year=day.year),
                _("请直接填写末日"),
            )
        if known.get(day, day.weekday() < _SATURDAY):
            found.append(day)
        day += _DAY
    return found


def _known_years(session: Session, first: int, last: int) -> set[int]:
    # A year's calendar is known by its National Day: the days off around New Year may be told a year before.
    national_days = [date(year, 10, 1) for year in range(first, last + 1)]
    rows = session.scalars(
        select(func.extract("year", CalendarDay.day)).where(
            CalendarDay.day.in_(national_days), CalendarDay.is_workday.is_(False)
        )
    )
    return {int(year) for year in rows}


def workday_rule(session: Session, first: date, last: date) -> Callable[[date], bool]:
    """Whether people work on a day between these two, for schedules, which cannot wait for a calendar.

    Where the official calendar of a year is not known yet, Monday to Friday count: work on a holiday does less harm
    than none at all. Whatever a law counts in working days uses the functions above, which never guess.
    """
    rows = session.execute(select(CalendarDay.day, CalendarDay.is_workday).where(CalendarDay.day.between(first, last)))
    known = {row.day: row.is_workday for row in rows}
    return lambda day: known.get(day, day.weekday() < _SATURDAY)


def known_calendar_until(session: Session, year: int) -> int:
    """The last year from this one on whose official calendar is known without a gap; ``year - 1`` where none is."""
    known = _known_years(session, year, year + 5)
    last = year - 1
    while last + 1 in known:
        last += 1
    return last
