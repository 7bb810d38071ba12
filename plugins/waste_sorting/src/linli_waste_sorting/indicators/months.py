"""Which month an address means, and which months can be looked at."""

from __future__ import annotations

from datetime import date

from linli.sdk import Invalid, today
from linli.sdk import gettext as _
from linli_waste_sorting.weights.ledger import Month, month_of, read_month

#: Months that are offered, this one the first.
MOST_MONTHS = 13
#: Months that a trend shows.
TREND = 6


def wanted_month(text: str) -> Month:
    """``2026-11``; the last one that is over where nothing is given: of an open month little is known.

    Raises:
        Invalid: naming ``month``: no such month, or one to come.
    """
    found = read_month(text) if text else month_of(today()).before
    if found.first > today():
        raise Invalid.one("month", _("这个月还没有到"), _("不晚于 {month}").format(month=month_of(today()).key))
    return found


def months_back(month: Month, n: int) -> list[Month]:
    """So many months up to this one, the earliest first."""
    found = [month]
    while len(found) < n:
        found.insert(0, found[0].before)
    return found


def year_before(month: Month) -> Month:
    """The same month a year earlier."""
    return month_of(date(month.first.year - 1, month.first.month, 1))


def is_over(month: Month) -> bool:
    """Whether its last day lies behind."""
    return month.last < today()
