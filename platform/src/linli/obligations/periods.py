"""Which days a duty is about: calendar periods of the length that a rule says, laid side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from linli.kit.days import day_text
from linli.kit.text import gettext as _
from linli.plugins.obligations import Span
from linli.rules.values import Duration

_DAY = timedelta(days=1)
_IN_DAYS = {"days": 1, "weeks": 7}
_IN_MONTHS = {"months": 1, "years": 12}
#: Periods that are looked at at once: after this many in which nothing ran, the oldest are not made up.
MOST = 60


class NoPeriods(ValueError):
    """A duration that cannot be laid on the calendar: hours and working days."""


def period_of(day: date, length: Duration) -> Span:
    """The period that holds a day: three months are the quarters of the year, six its halves, a week begins on Monday.

    Periods of several years are counted from the year 1, so that five years are those of the five-year plans.

    Raises:
        NoPeriods: the length is given in hours or working days.
    """
    if length.unit in _IN_DAYS:
        days = length.n * _IN_DAYS[length.unit]
        first = date.fromordinal((day.toordinal() - 1) // days * days + 1)
        return Span(first, first + (days - 1) * _DAY)
    if length.unit not in _IN_MONTHS:
        raise NoPeriods(length.unit)
    months = length.n * _IN_MONTHS[length.unit]
    begun = ((day.year - 1) * 12 + day.month - 1) // months * months
    return Span(_month(begun), _month(begun + months) - _DAY)


def periods_between(after: date, until: date, length: Duration) -> list[Span]:
    """The periods that begin after a day, up to the one that holds ``until``; at most ``MOST``, the latest."""
    found: list[Span] = []
    for span in _backwards(until, length):
        if span.first <= after or len(found) == MOST:
            break
        found.append(span)
    return found[::-1]


def _backwards(day: date, length: Duration) -> Iterator[Span]:
    span = period_of(day, length)
    while True:
        yield span
        span = period_of(span.first - _DAY, length)


def _month(months: int) -> date:
    year, month = divmod(months, 12)
    return date(year + 1, month + 1, 1)


def key_of(span: Span) -> str:
    """A period's name in the database: its days, so that periods of another cadence have another."""
    return f"{span.first.isoformat()}/{span.last.isoformat()}"


def occasion_key(key: str) -> str:
    """The name of an occasion's row."""
    return f"occasion:{key}"


def title_of(first: date, last: date) -> str:
    """A period in words: the quarter, the month, the year; otherwise its days, or its only day."""
    span = Span(first, last)
    if first == last:
        return day_text(first)
    for months, title in ((1, _month_title), (3, _quarter_title), (6, _half_title), (12, _year_title)):
        if span == period_of(first, Duration(months, "months")):
            return title(first)
    return _("{first} 至 {last}").format(first=day_text(first), last=day_text(last))


def _month_title(first: date) -> str:
    return _("{year}年{month}月").format(year=first.year, month=first.month)


def _quarter_title(first: date) -> str:
    return _("{year}年第{n}季度").format(year=first.year, n=(first.month + 2) // 3)


def _half_title(first: date) -> str:
    return (
        _("{year}年上半年").format(year=first.year) if first.month == 1 else _("{year}年下半年").format(year=first.year)
    )


def _year_title(first: date) -> str:
    return _("{year}年").format(year=first.year)
