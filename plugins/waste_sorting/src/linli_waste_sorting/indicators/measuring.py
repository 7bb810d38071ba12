"""Counting a month of a community from what the plugin's parts recorded; the only place that reads their rows for it.

Participation 居民参与率 is measured on the households that inspectors came upon: of those whose bag was looked at in
the month and whose door was known, how many sorted right at least once. It says nothing of households that nobody met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, exists, func, select

from linli.sdk import ScopedSession, homes_at, today
from linli_waste_sorting.indicators.months import year_before
from linli_waste_sorting.indicators.quantities import add_up
from linli_waste_sorting.inspections.models import Finding, Point
from linli_waste_sorting.inspections.repository import accuracy, compliance
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.weights.ledger import Month
from linli_waste_sorting.weights.repository import weights_by_category

Counted = dict[UUID, dict[str, int]]
_PARTS = ("kitchen", "other", "recyclable", "hazardous")
_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """The amounts of one place.

    Attributes:
        level: a level of ``models.LEVELS``.
        compound_id: of which it is; ``None`` for the community.
    """

    level: str
    place_id: UUID
    compound_id: UUID | None
    amounts: dict[str, int]


def measure(session: ScopedSession, community_id: UUID, month: Month, base: Month | None = None) -> list[Measured]:
    """The community, its compounds and its buildings in a month, up to today; a dozen queries whatever there is.

    A compound or building of which nothing is known has no entry; a community always has one.

    Args:
        session: of the street or the community.
        community_id: whose month it is.
        month: to be counted.
        base: the month that the street compares weights with; ``None`` where it has chosen none.
    """
    compounds: Counted = _weights(session, community_id, month, base)
    for count in (_findings, _points, _stations, _shifts):
        for place_id, amounts in count(session, community_id, month).items():
            compounds.setdefault(place_id, {}).update(amounts)
    buildings, homes = _households(session, community_id, month)
    for building_id, amounts in buildings.items():
        compound = compounds.setdefault(homes[building_id], {})
        for key in ("households_correct", "households_observed"):
            compound[key] = compound.get(key, 0) + amounts[key]
    found = [Measured("community", community_id, None, add_up(compounds.values()))]
    found += [Measured("compound", each, each, compounds[each]) for each in sorted(compounds, key=str)]
    return found + [Measured("building", each, homes[each], buildings[each]) for each in sorted(buildings, key=str)]


def _weights(session: ScopedSession, community_id: UUID, month: Month, base: Month | None) -> Counted:
    now = _of_month(session, community_id, month)
    compared = {"month": month.before, "year": year_before(month)}
    if base is not None and base.first < month.first:
        compared["base"] = base
    then = {name: _of_month(session, community_id, each) for name, each in compared.items()}
    found: Counted = {}
    for compound_id, kilograms in now.items():
        parts = {each: _tenths(kilograms.get(each)) for each in _PARTS}
        if not any(parts.values()):
            continue
        found[compound_id] = {
            **parts,
            "kitchen_other": parts["kitchen"] + parts["other"],
            "sorted": parts["kitchen"] + parts["recyclable"] + parts["hazardous"],
            "household": sum(parts.values()),
        }
        for name, each in compared.items():
            found[compound_id] |= _saved(name, month, kilograms, each, then[name].get(compound_id, {}))
    return found


def _saved(
    name: str, month: Month, now: Mapping[str, Decimal], base: Month, then: Mapping[str, Decimal]
) -> dict[str, int]:
    """How much less residual waste there was than in the base month, and how much there was then; each a day's times
    the days of both months. Nothing where one of them has no residual waste on record."""
    if not now.get("other") or not then.get("other"):
        return {}
    before = _tenths(then["other"]) * _days(month)
    return {f"other_saved_{name}": before - _tenths(now["other"]) * _days(base), f"other_base_{name}": before}


def _of_month(session: ScopedSession, community_id: UUID, month: Month) -> Mapping[UUID, Mapping[str, Decimal]]:
    return weights_by_category(session, month.first, month.last, community_id=community_id)


def _days(month: Month) -> int:
    """Of a month that is not over, those that are."""
    return max((min(month.last, today()) - month.first).days + 1, 1)


def _tenths(kg: Decimal | None) -> int:
    return int((kg or Decimal(0)) * _TENTHS)


def _findings(session: ScopedSession, community_id: UUID, month: Month) -> Counted:
    return _pairs(accuracy, session, community_id, month, "findings_correct", "findings_all")


def _points(session: ScopedSession, community_id: UUID, month: Month) -> Counted:
    return _pairs(compliance, session, community_id, month, "points_met", "points_checked")


def _pairs(
    ask: Callable[..., dict[UUID, tuple[int, int]]],
    session: ScopedSession,
    community_id: UUID,
    month: Month,
    part: str,
    whole: str,
) -> Counted:
    found = ask(session, month.first, month.last, community_id=community_id)
    return {place: {part: pair[0], whole: pair[1]} for place, pair in found.items()}


def _stations(session: ScopedSession, community_id: UUID, month: Month) -> Counted:
    """Stations that met every point on the last day on which they were checked, of those that were."""
    counts = (
        Point.community_id == community_id,
        Point.is_final,
        Point.struck_at.is_(None),
        Point.day.between(month.first, month.last),
    )
    latest = select(Point.station_id, func.max(Point.day).label("day")).where(*counts).group_by(Point.station_id)
    last = latest.subquery()
    each = (
        select(Point.compound_id, Point.station_id, func.bool_and(Point.is_met).label("is_met"))
        .join(last, and_(last.c.station_id == Point.station_id, last.c.day == Point.day))
        .where(*counts)
        .group_by(Point.compound_id, Point.station_id)
        .subquery()
    )
    rows = session.execute(
        select(each.c.compound_id, func.count().filter(each.c.is_met), func.count()).group_by(each.c.compound_id)
    )
    return {row[0]: {"stations_met": row[1], "stations_checked": row[2]} for row in rows}


def _shifts(session: ScopedSession, community_id: UUID, month: Month) -> Counted:
    """Shifts of days that are over to which somebody came, of those that were planned."""
    came = exists(
        select(1).where(
            Duty.tenant_id == Shift.tenant_id,
            Duty.community_id == Shift.community_id,
            Duty.shift_id == Shift.id,
            Duty.came_at.is_not(None),
        )
    )
    rows = session.execute(
        select(Shift.compound_id, func.count().filter(came), func.count())
        .where(
            Shift.community_id == community_id,
            Shift.cancelled_at.is_(None),
            Shift.day.between(month.first, month.last),
            Shift.day < today(),
        )
        .group_by(Shift.compound_id)
    )
    return {row[0]: {"shifts_staffed": row[1], "shifts_planned": row[2]} for row in rows}


def _households(session: ScopedSession, community_id: UUID, month: Month) -> tuple[Counted, dict[UUID, UUID]]:
    """Building to what was found in its households' bags, and building to its compound; households themselves are
    counted here and kept nowhere."""
    found_at = session.execute(
        select(Finding.dwelling_id, func.count().filter(Finding.result == "correct"), func.count())
        .where(
            Finding.community_id == community_id,
            Finding.is_final,
            Finding.struck_at.is_(None),
            Finding.dwelling_id.is_not(None),
            Finding.day.between(month.first, month.last),
        )
        .group_by(Finding.dwelling_id)
    )
    rows: dict[UUID, tuple[int, int]] = {}
    for dwelling_id, correct, everything in found_at:
        if dwelling_id is not None:
            rows[dwelling_id] = (correct, everything)
    homes = homes_at(session, rows)
    found: Counted = {}
    compounds: dict[UUID, UUID] = {}
    for dwelling_id, (correct, everything) in rows.items():
        home = homes.get(dwelling_id)
        if home is None:
            continue
        compounds[home.building_id] = home.compound_id
        mine = found.setdefault(
            home.building_id,
            {"findings_correct": 0, "findings_all": 0, "households_correct": 0, "households_observed": 0},
        )
        mine["findings_correct"] += correct
        mine["findings_all"] += everything
        mine["households_correct"] += correct > 0
        mine["households_observed"] += 1
    return found, compounds
