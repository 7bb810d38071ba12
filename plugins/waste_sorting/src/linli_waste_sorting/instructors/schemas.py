"""What goes in and out of instructors and publicity, with the limits of each field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.parties.schemas import Contact
from linli_waste_sorting.photos import PhotoOut, Photos
from linli_waste_sorting.schemas import Note

PublicityKind = Literal["event", "door", "talk", "leaflet", "board", "online", "other"]
PersonName = Annotated[str, Meta(min_length=1, max_length=40, description="as residents see it")]
ActivityTitle = Annotated[str, Meta(min_length=1, max_length=60)]
People = Annotated[int, Meta(ge=0, le=1_000_000, description="how many people it reached, counted or estimated")]
StrikeReason = Annotated[str, Meta(min_length=1, max_length=200)]


class InstructorWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who instructs people in a compound, from when, and until when where that is agreed."""

    compound_id: UUID
    name: PersonName
    contact: Contact = ""
    starts_on: date
    ends_on: date | None = None


class InstructorEnd(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The last day of a term."""

    ends_on: date
    version: int | None = None


class InstructorUndo(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why an entry does not hold."""

    reason: StrikeReason


class InstructorOut(msgspec.Struct, kw_only=True):
    """A term of an instructor; one with ``undone_at`` was written down by mistake."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    name: str
    contact: str
    starts_on: date
    ends_on: date | None
    undone_at: datetime | None
    undone_reason: str
    version: int


class PublicityWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Something that was done to make sorting known; for the whole community without a compound."""

    compound_id: UUID | None = None
    held_on: date
    kind: PublicityKind
    title: ActivityTitle
    reach: People
    note: Note = ""


class PublicityCreate(PublicityWrite, kw_only=True, forbid_unknown_fields=True):
    """The same, with photos."""

    photos: Photos = []


class PublicityStrike(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why an activity does not count."""

    reason: StrikeReason


class PublicityOut(msgspec.Struct, kw_only=True):
    """An activity; one with ``struck_at`` does not count."""

    id: UUID
    community_id: UUID
    compound_id: UUID | None
    held_on: date
    kind: str
    title: str
    reach: int
    note: str
    photos: list[PhotoOut]
    struck_at: datetime | None
    struck_reason: str
