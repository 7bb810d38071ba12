"""How long a notice shows: from its first day to a last one that was given, or that days or working days lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from linli.sdk import SHANGHAI, ScopedSession, add_workdays, get_setting
from linli_notices.categories import Category
from linli_notices.models import Notice
from linli_notices.settings import COUNTS_FIRST_DAY, POSTING_DAYS

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Length:
    """So many days, or working days 工作日 by the official calendar."""

    days: int
    unit: str = "day"


def length_of(session: ScopedSession, notice: Notice, category: Category | None) -> Length | None:
    """How long a notice without a last day shows; ``None`` for an announcement that stays.

    What its editor said comes first; a posting then follows its category, then the setting.
    """
    if notice.period_days is not None:
        return Length(notice.period_days, notice.period_unit)
    if notice.kind != "posting":
        return None
    if category is not None and category.days is not None:
        return Length(category.days, category.unit)
    return Length(get_setting(session, "notices", POSTING_DAYS, community_id=notice.community_id))


def last_day(session: ScopedSession, first: date, length: Length, *, community_id: UUID | None = None) -> date:
    """The last day of a period, itself in it.

    The first day is not counted (民法典 第201条) unless the place has chosen otherwise.

    Raises:
        Invalid: naming ``posting_to``: the working days run into a year without a published calendar.
    """
    counts = get_setting(session, "notices", COUNTS_FIRST_DAY, community_id=community_id)
    if length.unit == "workday":
        return add_workdays(session, first - _DAY if counts else first, length.days, field="posting_to")
    return first + timedelta(days=length.days - 1 if counts else length.days)


def end_of(day: date) -> datetime:
    """The first moment after a day in Asia/Shanghai."""
    return datetime.combine(day + _DAY, time(), SHANGHAI)
