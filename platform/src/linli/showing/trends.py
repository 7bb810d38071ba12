"""How kept numbers went: a few points of each, what they stood at before, what changed. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select

from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.plugins.contributions import Metric
from linli.plugins.informing import Number
from linli.showing.models import MetricValue

#: Points of a trend: weeks of numbers that hold now, months of those that are about a stretch of time.
WEEKS, MONTHS = 13, 6
#: Days between a number that holds now and the one that it is compared with.
BACK = 28
_DAYS_OF_WEEK = 7

#: Community, ``None`` for the street, and the name of the number.
Key = tuple[UUID | None, str]


@dataclass(frozen=True, slots=True)
class Trend:
    """A number over time.

    Attributes:
        days: of the points, the oldest first: a day of each week, or the first day of each month.
        points: ``None`` where nothing was kept, which is not zero.
        now: the latest that was kept; ``None`` for none.
        before: what it is compared with: four weeks ago, or the same day of the month before.
    """

    days: tuple[date, ...]
    points: tuple[Number | None, ...]
    now: Number | None
    before: Number | None

    @property
    def change(self) -> Number | None:
        """How much more it is than before; ``None`` where either is not known."""
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass(frozen=True, slots=True)
class Kept:
    """The latest day for which numbers were kept, and when they were last measured; ``None`` before the first time."""

    day: date | None
    at: datetime | None

    @property
    def is_old(self) -> bool:
        """Whether nobody has counted since yesterday."""
        return self.day is not None and self.day < today()


def latest_kept(session: ScopedSession) -> Kept:
    """The latest day, and when it was last counted; one query over an index."""
    row = session.execute(
        select(MetricValue.starts_on, MetricValue.measured_at)
        .where(MetricValue.grain == "day", MetricValue.community_id.is_(None))
        .order_by(MetricValue.starts_on.desc(), MetricValue.measured_at.desc())
        .limit(1)
    ).one_or_none()
    return Kept(None, None) if row is None else Kept(row.starts_on, row.measured_at)


def values_at(session: ScopedSession, item: Metric, day: date) -> Mapping[UUID, Number]:
    """What one number stood at on a day in each community in scope; one query."""
    rows = session.execute(
        select(MetricValue.community_id, MetricValue.value).where(
            MetricValue.grain == "day",
            MetricValue.starts_on == day,
            MetricValue.metric == item.name,
            MetricValue.community_id.is_not(None),
        )
    )
    return {community_id: plain(value) for community_id, value in rows if community_id is not None}


def trends_of(
    session: ScopedSession,
    items: Collection[Metric],
    *,
    day: date,
    communities: Collection[UUID] | None = None,
    street: bool = True,
) -> Mapping[Key, Trend]:
    """Trends up to a day. One query.

    Args:
        session: of the street, or of some of its communities.
        items: the numbers.
        day: the latest that was kept.
        communities: whose; ``None`` for none, an empty list for all in scope.
        street: the street's own too.
    """
    whose = []
    if street:
        whose.append(MetricValue.community_id.is_(None))
    if communities is not None:
        whose.append(
            MetricValue.community_id.in_(communities) if communities else MetricValue.community_id.is_not(None)
        )
    if not whose or not items:
        return {}
    weeks, months = week_days(day), month_days(day)
    wanted = or_(
        and_(
            MetricValue.grain == "day",
            MetricValue.starts_on.in_({*weeks, day - timedelta(days=BACK), _month_before(day)}),
        ),
        and_(MetricValue.grain == "month", MetricValue.starts_on.in_(months)),
    )
    rows = session.execute(
        select(
            MetricValue.community_id, MetricValue.metric, MetricValue.grain, MetricValue.starts_on, MetricValue.value
        ).where(or_(*whose), wanted, MetricValue.metric.in_([item.name for item in items]))
    )
    found: dict[Key, dict[tuple[str, date], Number]] = {}
    for community_id, metric, grain, starts_on, value in rows:
        found.setdefault((community_id, metric), {})[grain, starts_on] = plain(value)
    by_name = {item.name: item for item in items}
    return {key: _trend(by_name[key[1]], kept, day, weeks, months) for key, kept in found.items()}


def values_on(session: ScopedSession, items: Collection[Metric], *, month: date) -> Mapping[Key, Number]:
    """What numbers of the street and of all communities stood at at the end of a month; one query.

    Args:
        session: of the street.
        items: the numbers.
        month: its first day.
    """
    rows = session.execute(
        select(MetricValue.community_id, MetricValue.metric, MetricValue.value).where(
            MetricValue.grain == "month",
            MetricValue.starts_on == month,
            MetricValue.metric.in_([item.name for item in items]),
        )
    )
    return {(community_id, metric): plain(value) for community_id, metric, value in rows}


def is_of_now(item: Metric) -> bool:
    """Whether a number holds at a moment; the others are about a month, a quarter or a year."""
    return item.period in ("now", "day")


def week_days(day: date) -> tuple[date, ...]:
    """The days of the points of a number that holds now, the oldest first."""
    return tuple(day - timedelta(days=_DAYS_OF_WEEK * n) for n in range(WEEKS - 1, -1, -1))


def month_days(day: date, count: int = MONTHS) -> tuple[date, ...]:
    """The first days of the last months, the oldest first; that of the day itself is the last."""
    found = [day.replace(day=1)]
    for _n in range(count - 1):
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return tuple(reversed(found))


def plain(value: Number) -> Number:
    """Without a fraction that says nothing: a count is an int."""
    return int(value) if value == int(value) else value


def _month_before(day: date) -> date:
    """The same day of the month before, or its last where it has no such day."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def _trend(
    item: Metric,
    kept: Mapping[tuple[str, date], Number],
    day: date,
    weeks: Sequence[date],
    months: Sequence[date],
) -> Trend:
    now = kept.get(("day", day))
    if is_of_now(item):
        points = tuple(kept.get(("day", each)) for each in weeks)
        return Trend(tuple(weeks), points, now, kept.get(("day", day - timedelta(days=BACK))))
    points = tuple(kept.get(("month", each)) for each in months)
    return Trend(tuple(months), points, now, kept.get(("day", _month_before(day))))
