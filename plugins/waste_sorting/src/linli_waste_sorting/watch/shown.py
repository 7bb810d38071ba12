"""Shifts and places as pages and API show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from linli.sdk import Actor, mask_name
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.watch.models import Duty
from linli_waste_sorting.watch.repository import Filled
from linli_waste_sorting.watch.schemas import ShiftOut, WatchDutyOut

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One station and its hours over the days of a week; ``None`` where no shift is planned."""

    station: Station
    begins: time
    ends: time
    cells: Sequence[Filled | None]


def week_of(day: date) -> list[date]:
    """The seven days of the week in which a day lies, Monday first."""
    monday = day - timedelta(days=day.weekday())
    return [monday + n * _DAY for n in range(7)]


def week_lines(shifts: Iterable[Filled], days: Sequence[date]) -> list[Line]:
    """A week as a table: a line for each station and its hours, by station and hour."""
    found: dict[tuple[str, UUID, time, time], dict[date, Filled]] = {}
    for each in shifts:
        key = (each.station.name, each.station.id, each.shift.begins, each.shift.ends)
        found.setdefault(key, {})[each.shift.day] = each
    lines = []
    for key in sorted(found):
        by_day = found[key]
        station = next(iter(by_day.values())).station
        lines.append(Line(station, key[2], key[3], [by_day.get(day) for day in days]))
    return lines


def shift_out(each: Filled) -> ShiftOut:
    """A shift as the API shows it."""
    row = each.shift
    return ShiftOut(
        id=row.id,
        community_id=row.community_id,
        compound_id=row.compound_id,
        station_id=row.station_id,
        station=each.station.name,
        day=row.day,
        begins=row.begins,
        ends=row.ends,
        wanted=row.wanted,
        taken=each.taken,
        offered=each.offered,
        came=each.came,
        cancelled_at=row.cancelled_at,
        reminded_at=row.reminded_at,
        version=row.version,
    )


def duty_out(duty: Duty, actor: Actor, *, is_staff: bool) -> WatchDutyOut:
    """A place as the API shows it: neighbours see of a name only its first sign."""
    mine = actor.account_id is not None and duty.account_id == actor.account_id
    return WatchDutyOut(
        id=duty.id,
        shift_id=duty.shift_id,
        person_name=duty.person_name if is_staff or mine else mask_name(duty.person_name),
        is_mine=mine,
        offered_at=duty.offered_at,
        ended=duty.ended,
        came_at=duty.came_at,
        came_by=duty.came_by,
        left_at=duty.left_at,
        minutes=duty.minutes,
    )
