"""What goes in and out about stations, with the limits of each field."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.schemas import Category, Hours, Name, Note, Weekdays

Kind = Literal["staffed", "point", "recyclables", "bulky", "decoration", "garden"]
#: Which stations a list holds; messages.
STATES = {"used": "在用", "closed": "已停用"}
Where = Annotated[str, Meta(min_length=1, max_length=100)]
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
