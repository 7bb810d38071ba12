"""When a notice takes objections, and from whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from linli.sdk import SHANGHAI, Home, Invalid, ScopedSession, add_workdays, get_setting
from linli_notices.models import Notice
from linli_notices.settings import COUNTS_FIRST_DAY

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Window:
    """From its first moment on; ``closes_at`` is the first that is too late, ``None`` where it stays open."""

    opens_at: datetime
    closes_at: datetime | None

    @property
    def last_day(self) -> date | None:
        """The last day on which something may be filed; ``None`` where it stays open."""
        return self.closes_at.date() - timedelta(days=1) if self.closes_at else None

    def holds(self, moment: datetime) -> bool:
        """Whether something may be filed at this moment."""
        return self.opens_at <= moment and (self.closes_at is None or moment < self.closes_at)


def window_of(session: ScopedSession, notice: Notice) -> Window | None:
    """When objections to a published notice are taken; ``None`` where none are.

    Its ``objection_days`` are counted as its other days are: with or without the first one, as the place has chosen.
    """
    is_taking = notice.allows_objections and notice.state == "published" and notice.closed_at is None
    if not is_taking or notice.posting_from is None:
        return None
    last = notice.posting_to
    if notice.objection_days is not None:
        counts = get_setting(session, "notices", COUNTS_FIRST_DAY, community_id=notice.community_id)
        own = notice.posting_from + timedelta(days=notice.objection_days - (1 if counts else 0))
        last = min(last, own) if last else own
    return Window(_begin(notice.posting_from), _begin(last + timedelta(days=1)) if last else None)


def concerned(notice: Notice, homes: Iterable[Home]) -> Home | None:
    """The first of these homes that the notice is for: whoever lives there or owns it may speak."""
    for home in homes:
        if notice.community_id is not None and home.community_id != notice.community_id:
            continue
        if not notice.is_narrowed or any(
            place.compound_id == home.compound_id and place.building_id in (None, home.building_id)
            for place in notice.places
        ):
            return home
    return None


def answer_due(session: ScopedSession, day: date, n: int) -> date:
    """The n-th working day after a day; from Monday to Friday where the official calendar of that year is not out."""
    try:
        return add_workdays(session, day, n)
    except Invalid:
        while n:
            day += timedelta(days=1)
            n -= day.weekday() < _SATURDAY
        return day


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
