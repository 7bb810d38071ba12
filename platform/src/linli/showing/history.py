"""Keeping numbers: each hour those of today, each night the days that were missed. A second run changes nothing.

Pages that show many numbers read what is kept here and measure nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, text, update

from linli.db.session import ScopedSession
from linli.kit.clock import now, today
from linli.plugins.containment import METRIC
from linli.plugins.contributions import Metric
from linli.plugins.gate import CORE, is_on
from linli.plugins.informing import Number, declared_metrics
from linli.plugins.repository import allowed_plugins, enablements
from linli.showing.contained import part_of
from linli.showing.models import MetricValue
from linli.tenancy.models import Community

Origin = Literal["measured", "backfilled", "demo"]
Row = dict[str, str | None]

#: Days that are kept one by one; of older ones the month is left.
KEPT_DAYS = 100
#: Rows of one statement, which has to end within its time.
_AT_ONCE = 2000
#: One process of a street keeps numbers at a time; a second run waits and finds the same.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('numbers:' || sec.tenant_id(), 0))")
# A month is that of its last day which was seen; what was measured on its day stays when somebody fills gaps later.
_KEEP = text("""
INSERT INTO core.metric_value AS v (community_id, metric, grain, starts_on, seen_on, value, origin, measured_at)
SELECT r.community_id, r.metric, r.grain, r.starts_on, r.seen_on, r.value, :origin, :at
  FROM jsonb_to_recordset(CAST(:rows AS jsonb))
       AS r (community_id uuid, metric text, grain text, starts_on date, seen_on date, value numeric)
ON CONFLICT (tenant_id, community_id, metric, grain, starts_on) DO UPDATE
   SET value = excluded.value, seen_on = excluded.seen_on, origin = excluded.origin, measured_at = excluded.measured_at
 WHERE (excluded.seen_on > v.seen_on
        OR (excluded.seen_on = v.seen_on AND (v.origin <> 'measured' OR excluded.origin = 'measured')))
   AND (v.value, v.seen_on, v.origin) IS DISTINCT FROM (excluded.value, excluded.seen_on, excluded.origin)
""")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run has written: numbers looked at, rows that are new or other than before."""

    numbers: int
    rows: int


def keep_numbers(session: ScopedSession, day: date | None = None) -> Kept:
    """Measure every number of the street and its communities and keep it as that of a day.

    Args:
        session: of the whole street; written in.
        day: today when left out; for a past day those numbers alone that their owner can still tell (``measure_on``).
    """
    day = day or today()
    session.execute(_ALONE)
    is_now = day == today()
    where = _where_on(session)
    rows: list[Row] = []
    numbers = 0
    for owner, item in declared_metrics():
        if not is_on(owner, where.allowed):
            continue
        values = _values(session, owner, item, None if is_now else day)
        if values is None:
            continue
        numbers += 1
        rows += _rows(item, where.cells(owner, item, values), day)
    kept = Kept(numbers, _write(session, rows, "measured" if is_now else "backfilled"))
    if is_now:
        # Rows that did not change stay as they are; the street's own tell when somebody last looked.
        session.execute(
            update(MetricValue)
            .where(MetricValue.grain == "day", MetricValue.starts_on == day, MetricValue.community_id.is_(None))
            .values(measured_at=now())
        )
    return kept


def fill_gaps(session: ScopedSession, *, first: date | None = None) -> Kept:
    """Fill days for which a number that can be told later is missing: after a standstill, or of a new plugin.

    Args:
        session: of the whole street.
        first: the earliest day; ``KEPT_DAYS`` ago when left out.
    """
    last = today() - timedelta(days=1)
    first = first or last - timedelta(days=KEPT_DAYS - 1)
    told = {item.name for _owner, item in declared_metrics() if item.measure_on is not None}
    known = session.execute(
        select(MetricValue.starts_on, MetricValue.metric)
        .where(
            MetricValue.grain == "day",
            MetricValue.starts_on >= first,
            MetricValue.metric.in_(told),
            MetricValue.community_id.is_(None),
        )
        .distinct()
    ).all()
    have: dict[date, set[str]] = {}
    for row in known:
        have.setdefault(row.starts_on, set()).add(row.metric)
    kept = Kept(0, 0)
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if not told <= have.get(day, set()):
            found = keep_numbers(session, day)
            kept = Kept(kept.numbers + found.numbers, kept.rows + found.rows)
    return kept


def thin_out(session: ScopedSession) -> int:
    """Delete days that are older than ``KEPT_DAYS``; their months stay. How many rows went."""
    gone = delete(MetricValue).where(
        MetricValue.grain == "day", MetricValue.starts_on < today() - timedelta(days=KEPT_DAYS)
    )
    return int(getattr(session.execute(gone), "rowcount", 0))


def keep_made_up(session: ScopedSession, values: Mapping[date, Mapping[str, Mapping[UUID | None, Number]]]) -> int:
    """Keep numbers that nobody measured, marked as such: for the demo street alone. Rows written."""
    items = {item.name: item for _owner, item in declared_metrics()}
    rows: list[Row] = []
    for day in sorted(values):
        for name, cells in values[day].items():
            rows += _rows(items[name], cells, day)
    return _write(session, rows, "demo")


def street_value(item: Metric, cells: Iterable[Number]) -> Number | None:
    """What a street has of a number of its communities: the sum, or the median where they do not add up."""
    known = list(cells)
    if not known:
        return None
    return sum(known) if item.adds_up else median(Decimal(each) for each in known)


@dataclass(frozen=True, slots=True)
class _On:
    """Which communities there are, and where plugins are on."""

    communities: Sequence[UUID]
    allowed: frozenset[str]
    enabled: Mapping[str, set[UUID]]

    def cells(self, owner: str, item: Metric, values: Mapping[UUID | None, Number]) -> Mapping[UUID | None, Number]:
        """The number of each community where it counts; of a street's number that alone."""
        if item.level == "street":
            return {None: values.get(None, 0)}
        on = self.communities if owner == CORE else self.enabled.get(owner, set())
        # What does not add up (a share, a rate) is not nothing where it is not given: nobody knows.
        found = {each: values.get(each, None if not item.adds_up else 0) for each in self.communities if each in on}
        return {each: value for each, value in found.items() if value is not None}


def _where_on(session: ScopedSession) -> _On:
    enabled: dict[str, set[UUID]] = {}
    for row in enablements(session):
        enabled.setdefault(row.plugin, set()).add(row.community_id)
    communities = session.scalars(select(Community.id).where(Community.status == "active").order_by(Community.code))
    return _On(list(communities), frozenset(allowed_plugins(session)), enabled)


def _values(session: ScopedSession, owner: str, item: Metric, day: date | None) -> Mapping[UUID | None, Number] | None:
    if day is None:
        return part_of(session, METRIC, owner, item.name, lambda: dict(item.measure(session)))
    told = item.measure_on
    return None if told is None else part_of(session, METRIC, owner, item.name, lambda: dict(told(session, day)))


def _rows(item: Metric, cells: Mapping[UUID | None, Number], day: date) -> list[Row]:
    found: list[tuple[UUID | None, Number]] = list(cells.items())
    if item.level == "community" and (whole := street_value(item, cells.values())) is not None:
        found.append((None, whole))
    return [
        {
            "community_id": str(community_id) if community_id else None,
            "metric": item.name,
            "grain": grain,
            "starts_on": starts_on.isoformat(),
            "seen_on": day.isoformat(),
            "value": str(value),
        }
        for community_id, value in found
        for grain, starts_on in (("day", day), ("month", day.replace(day=1)))
    ]


def _write(session: ScopedSession, rows: Sequence[Row], origin: Origin) -> int:
    # One row of each month alone: a statement may not write the same row twice. The last day's comes last.
    unique = {(row["community_id"], row["metric"], row["grain"], row["starts_on"]): row for row in rows}
    given, written = list(unique.values()), 0
    for first in range(0, len(given), _AT_ONCE):
        rows_here = {"rows": json.dumps(given[first : first + _AT_ONCE]), "origin": origin, "at": now()}
        written += int(getattr(session.execute(_KEEP, rows_here), "rowcount", 0))
    return written
