"""What goes in and out of the plugin, with the limits of each field."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Category = Literal["recyclable", "hazardous", "kitchen", "other", "bulky", "decoration", "garden"]
Kind = Literal["staffed", "point", "recyclables", "bulky", "decoration", "garden"]
#: Which stations a list holds; messages.
STATES = {"used": "在用", "closed": "已停用"}

Name = Annotated[str, Meta(min_length=1, max_length=40)]
Where = Annotated[str, Meta(min_length=1, max_length=100)]
Note = Annotated[str, Meta(max_length=500)]
Words = Annotated[str, Meta(max_length=100)]
Hours = Annotated[str, Meta(max_length=200, description="`7:00-9:00、18:00-20:00`; empty for all day")]
Weekday = Annotated[int, Meta(ge=0, le=6)]
Weekdays = Annotated[list[Weekday], Meta(min_length=1, max_length=7, description="0 is Monday")]
Clock = Annotated[time, Meta(description="Asia/Shanghai", examples=["07:00:00"])]
Pieces = Annotated[int, Meta(ge=1, le=99)]
Litres = Annotated[int, Meta(ge=1, le=20000)]


class Bins(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The containers of one kind of waste."""

    category: Category
    pieces: Pieces
    litres: Annotated[Litres | None, Meta(description="of each")] = None


class StationWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A station as it shall be; ``version`` is the one that was read."""

    name: Name
    kind: Kind = "point"
    place: Where
    note: Note = ""
    weekdays: Weekdays = msgspec.field(default_factory=lambda: [0, 1, 2, 3, 4, 5, 6])
    hours: Hours = ""
    containers: Annotated[list[Bins], Meta(max_length=7)] = []
    version: int | None = None


class StationCreate(StationWrite, kw_only=True, forbid_unknown_fields=True):
    """A new station of a compound."""

    compound_id: UUID


class Span(msgspec.Struct, kw_only=True):
    """Hours in which it takes waste, Asia/Shanghai."""

    opens: time
    closes: time


class StationOut(msgspec.Struct, kw_only=True):
    """A station as it is."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    name: str
    kind: str
    place: str
    note: str
    weekdays: list[int]
    openings: list[Span]
    containers: list[Bins]
    closed_at: datetime | None
    version: int


class StationToday(msgspec.Struct, kw_only=True):
    """A station with what it does now, as residents see it."""

    station: StationOut
    state: Annotated[str, Meta(description="`open`, `always`, `later` today, `over` for today, `closed` all day")]
    until: time | None
    next_opens: time | None


PartyKind = Literal["property_company", "self_managing", "street_decision"]
PartyName = Annotated[str, Meta(min_length=1, max_length=100)]
Contact = Annotated[str, Meta(max_length=100, description="where it is reached: an office, no private number")]
Decision = Annotated[str, Meta(max_length=200, description="the street's document, where the street determined it")]


class PartyWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who answers for sorting in a compound from a day on."""

    compound_id: UUID
    kind: PartyKind
    name: PartyName
    contact: Contact = ""
    decision: Decision = ""
    decided_on: date | None = None
    starts_on: date


class PartyOut(msgspec.Struct, kw_only=True):
    """Who answers for sorting in a compound, and since when."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    kind: str
    name: str
    contact: str
    decision: str
    decided_on: date | None
    starts_on: date
    ends_on: date | None
