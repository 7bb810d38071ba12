"""What goes in and out of the bin watch, with the limits of each field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.schemas import Clock, Hours, Weekdays

MOST_STATIONS = 50
Wanted = Annotated[int, Meta(ge=1, le=20)]
PersonName = Annotated[str, Meta(min_length=1, max_length=40)]
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(min_length=1, max_length=40)]


class ShiftPlan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Shifts for some stations on some days; what is planned already stays as it is."""

    stations: Annotated[list[UUID], Meta(min_length=1, max_length=MOST_STATIONS)]
    first: date
    last: date
    weekdays: Weekdays = msgspec.field(default_factory=lambda: [0, 1, 2, 3, 4, 5, 6])
    hours: Annotated[Hours, Meta(min_length=1)]
    wanted: Wanted = 1


class ShiftsPlanned(msgspec.Struct, kw_only=True):
    """What became of a plan."""

    plan_id: UUID
    created: int
    known: Annotated[int, Meta(description="were planned already")]


class PlanUndone(msgspec.Struct, kw_only=True):
    """What became of a plan that was taken back."""

    removed: int
    kept: Annotated[int, Meta(description="somebody had signed up for them")]


class ShiftChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How many people a shift wants; ``version`` is the one that was read."""

    wanted: Wanted
    version: int | None = None


class ShiftCancel(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a shift does not take place; those who signed up are told."""

    reason: Reason


class ShiftOut(msgspec.Struct, kw_only=True):
    """A shift and how far it is filled."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    station_id: UUID
    station: str
    day: date
    begins: Clock
    ends: Clock
    wanted: int
    taken: int
    offered: Annotated[int, Meta(description="of those taken, for how many a substitute is looked for")]
    came: int
    cancelled_at: datetime | None
    reminded_at: Annotated[datetime | None, Meta(description="when staff last reminded those who hold a place")]
    version: int


class ShiftReminded(msgspec.Struct, kw_only=True):
    """Who was reminded of a shift."""

    told: Annotated[int, Meta(description="people who were told now")]
    unreached: Annotated[int, Meta(description="people on the shift who have no account and want a call")]


class WatchDutyOut(msgspec.Struct, kw_only=True):
    """One person's place in a shift; the name is masked for those who are not staff."""

    id: UUID
    shift_id: UUID
    person_name: str
    is_mine: bool
    offered_at: datetime | None
    ended: str
    came_at: datetime | None
    came_by: str
    left_at: datetime | None
    minutes: int | None


class MyDuty(msgspec.Struct, kw_only=True):
    """One's own place in a shift."""

    duty: WatchDutyOut
    shift: ShiftOut


class PersonAdd(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Somebody to whom staff give a place: a resident of the register, or a name alone."""

    resident_id: UUID | None = None
    person_name: Annotated[str, Meta(max_length=40)] = ""


class Attendance(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """When somebody came and left on the day of the shift; without ``came`` they did not come."""

    came: Clock | None = None
    left: Clock | None = None


class SwapAsk(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One's own place, proposed in return for the other."""

    return_id: UUID


class SwapOut(msgspec.Struct, kw_only=True):
    """A proposal to change places."""

    id: UUID
    duty_id: UUID
    return_id: UUID
    state: str


class CheckIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the code at the station says."""

    code: Code


class CodeOut(msgspec.Struct, kw_only=True):
    """The code of a station, and the address that its picture holds."""

    station_id: UUID
    station: str
    code: str
    address: str
