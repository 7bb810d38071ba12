"""The calendar behind a form's day, with 休 and 班, for browsers with scripts; the field is the browser's own."""

from __future__ import annotations

from datetime import date, timedelta

from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.tenancy.workdays import workday_rule
from linli.web.calendars import month_view
from linli.web.results import View
from linli.web.routing import get

#: Days before and after a month that fill its weeks up.
_EDGE = timedelta(days=45)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


@get("/days", signed_in=True)
def show_days(session: ScopedSession, month: date | None = None, chosen: date | None = None) -> View:
    """A month to choose a day from; the one of today where none is named."""
    day = month or chosen or today()
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        day = today()
    rule = workday_rule(session, day - _EDGE, day + _EDGE)
    shown = month_view(day, {}, today=today(), is_workday=rule)
    return View("days.html", {"month": shown, "chosen": chosen, "today": today()})


admin = console = resident = [show_days]
