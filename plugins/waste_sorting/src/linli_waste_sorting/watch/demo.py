"""Three months of bin watches for the demo: who stood there, who stayed away, and what is still wanted."""

# The Chinese here is data, not interface.
from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from linli.sdk import (
    SHANGHAI,
    ScopedSession,
    homes_of_resident,
    names_of,
    new_id,
    now,
    recipients_in,
    today,
)
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.watch.checkins import minutes_between
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.planning import give_code

_DAYS_BACK, _DAYS_AHEAD = 90, 21
_PEAKS = ((time(7), time(9)), (time(18), time(20)))
_WANTED = 2
#: Days from today on which whoever signs in as a resident stands there in the morning.
_OWN_DAYS = (-12, -5, 2, 9)
#: Those who stand there in turn; nobody can take them for real people.
_PEOPLE = tuple(f"示范志愿者{n:02}" for n in range(1, 25))
_DAY = timedelta(days=1)


def fill_watch(session: ScopedSession, community_id: UUID) -> None:
    """Shifts at the staffed stations of a community, three months back and three weeks ahead, unless it has some."""
    if session.scalar(select(Shift.id).where(Shift.community_id == community_id).limit(1)) is not None:
        return
    stations = session.scalars(
        select(Station).where(Station.community_id == community_id, Station.kind == "staffed").order_by(Station.id)
    ).all()
    draw = random.Random(2026)  # noqa: S311 nothing is secret here
    signed_in = _signed_in(session, community_id)
    shifts: list[dict[str, Any]] = []
    duties: list[dict[str, Any]] = []
    for station in stations:
        give_code(session, community_id, station.id)
        plan_id = new_id()
        for day, begins, ends in _hours():
            shift = {
                "id": new_id(),
                "community_id": community_id,
                "compound_id": station.compound_id,
                "station_id": station.id,
                "day": day,
                "begins": begins,
                "ends": ends,
                "wanted": _WANTED,
                "plan_id": plan_id,
            }
            shifts.append(shift)
            duties += _duties(draw, shift, signed_in.get(station.compound_id))
    if shifts:
        session.execute(insert(Shift), shifts)
        session.execute(insert(Duty), duties)


def _signed_in(session: ScopedSession, community_id: UUID) -> dict[UUID, tuple[UUID, str]]:
    """Compound to account and name of a resident who can sign in, so that they see shifts of their own."""
    found: dict[UUID, tuple[UUID, str]] = {}
    for each in recipients_in(session, community_id):
        if each.account_id is not None and each.resident_id is not None:
            name = names_of(session, [each.resident_id])[each.resident_id]
            for home in homes_of_resident(session, each.resident_id):
                found.setdefault(home.compound_id, (each.account_id, name))
    return found


def _hours() -> Iterator[tuple[date, time, time]]:
    for n in range(-_DAYS_BACK, _DAYS_AHEAD + 1):
        for begins, ends in _PEAKS:
            yield today() + n * _DAY, begins, ends


def _duties(draw: random.Random, shift: dict[str, Any], own: tuple[UUID, str] | None) -> list[dict[str, Any]]:
    row = Shift(**shift)
    ahead = (row.day - today()).days
    # At weekends more people have time; what lies further ahead is filled less.
    likely = (0.97 if row.day.weekday() >= 5 else 0.9) if ahead <= 0 else max(0.85 - ahead * 0.06, 0.1)
    names = draw.sample(_PEOPLE, _WANTED)
    found = []
    for name in names:
        sure, came, late, early = draw.random(), draw.random(), draw.randrange(-12, 8), draw.random()
        if sure > likely:
            continue
        found.append(_duty(row, name, came=came < 0.94, late=late, early=early < 0.1))
    if own is not None and ahead in _OWN_DAYS and row.begins.hour == _PEAKS[0][0].hour and found:
        found[0]["account_id"], found[0]["person_name"] = own
    return found


def _duty(row: Shift, name: str, *, came: bool, late: int, early: bool) -> dict[str, Any]:
    duty: dict[str, Any] = {
        "id": new_id(),
        "community_id": row.community_id,
        "shift_id": row.id,
        "account_id": None,
        "person_name": name,
        "came_at": None,
        "came_by": "",
        "left_at": None,
        "minutes": None,
        "counted_at": None,
    }
    if came and row.begins_at <= now():
        duty["came_at"], duty["came_by"] = row.begins_at + timedelta(minutes=late), "code"
    if row.ends_at <= now() and duty["came_at"] is not None:
        left: datetime | None = row.ends_at - timedelta(minutes=25) if early else None
        duty["left_at"] = left
        duty["minutes"] = minutes_between(row, duty["came_at"], left)
        duty["counted_at"] = row.ends_at.astimezone(SHANGHAI)
    return duty
