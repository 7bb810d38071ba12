"""What goes in and out of pick-ups and of reports of full bins, with the limits of each field."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.photos import MOST_PHOTOS, PhotoBody, PhotoOut, Photos
from linli_waste_sorting.schemas import Category, Clock

Fetched = Literal["bulky", "decoration", "recyclable"]
Recyclable = Literal["paper", "plastic", "metal", "glass", "textile", "appliance", "mixed"]
State = Literal["requested", "confirmed", "done", "rejected", "cancelled", "missed"]
FeePer = Literal["", "piece", "booking"]

#: Different things of one booking, and changes that are shown of one booking.
MOST_THINGS, MOST_CHANGES = 5, 50
#: Weeks for which a slot is set up at once.
MOST_WEEKS = 26
#: Kinds of recyclables, and kilograms of one kind in one booking.
MOST_KINDS, MOST_KILOS = 7, Decimal(2000)

Capacity = Annotated[int, Meta(ge=1, le=500, description="bookings that it takes")]
HoursBefore = Annotated[int, Meta(ge=0, le=168, description="so many hours before it begins booking ends")]
Weeks = Annotated[int, Meta(ge=1, le=MOST_WEEKS, description="the same weekday of so many weeks")]
SlotNote = Annotated[str, Meta(max_length=300)]
FeeFen = Annotated[int, Meta(ge=1, le=1_000_000, description="fen")]
Decision = Annotated[str, Meta(max_length=200, description="what the compound decided; required with a fee")]
ThingName = Annotated[str, Meta(min_length=1, max_length=40)]
Pieces = Annotated[int, Meta(ge=1, le=99)]
BookingNote = Annotated[str, Meta(max_length=300)]
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
PayNote = Annotated[str, Meta(max_length=200, description="what the carrier pays for recyclables; information alone")]
Kilos = Annotated[Decimal, Meta(description="kilograms, one decimal, at most 2000", examples=["12.5"])]
PaidFen = Annotated[int, Meta(ge=0, le=10_000_000, description="fen that the carrier paid the person, as it was told")]
Chosen = Annotated[str, Meta(max_length=40)]


class SlotWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A slot as it shall be, Asia/Shanghai; ``version`` is the one that was read."""

    compound_id: Annotated[UUID | None, Meta(description="null for all compounds of the community")] = None
    category: Fetched
    day: date
    opens: Clock
    closes: Clock
    capacity: Capacity
    hours_before: HoursBefore = 12
    note: SlotNote = ""
    fee_fen: FeeFen | None = None
    fee_per: FeePer = ""
    fee_decision: Decision = ""
    fee_decided_on: date | None = None
    carrier_id: Annotated[UUID | None, Meta(description="who comes; null where nobody has said")] = None
    pay_note: PayNote = ""
    version: int | None = None


class SlotCreate(SlotWrite, kw_only=True, forbid_unknown_fields=True):
    """A new slot, or the same one in several weeks."""

    weeks: Weeks = 1


class SlotOut(msgspec.Struct, kw_only=True):
    """A slot as it is."""

    id: UUID
    community_id: UUID
    compound_id: UUID | None
    category: str
    day: date
    opens: Clock
    closes: Clock
    capacity: int
    taken: int
    books_until: Annotated[datetime, Meta(description="the first moment that is too late to book or to cancel")]
    note: str
    fee_fen: Annotated[int | None, Meta(description="null where nothing is charged")]
    fee_per: str
    fee_decision: str
    fee_decided_on: date | None
    carrier_id: UUID | None
    pay_note: str
    closed_at: datetime | None
    version: int


class SlotsOut(msgspec.Struct, kw_only=True):
    """The slots that were set up, the earliest first."""

    slots: Annotated[list[SlotOut], Meta(max_length=MOST_WEEKS)]


class Thing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A thing to be fetched and how many of it."""

    name: ThingName
    pieces: Pieces = 1


class Weighed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Recyclables of one kind and their weight."""

    kind: Recyclable
    kg: Kilos


Things = Annotated[list[Thing], Meta(max_length=MOST_THINGS, description="at least one, unless recyclables are named")]
Expected = Annotated[
    list[Weighed], Meta(max_length=MOST_KINDS, description="what recyclables may weigh, for slots that fetch them")
]
Taken = Annotated[list[Weighed], Meta(min_length=1, max_length=MOST_KINDS, description="what was weighed and taken")]


class BookingWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a resident asks for."""

    slot_id: UUID
    dwelling_id: UUID
    things: Things = []
    recyclables: Expected = []
    note: BookingNote = ""


class BookingForWrite(BookingWrite, kw_only=True, forbid_unknown_fields=True):
    """What staff ask for on behalf of somebody of the register."""

    resident_id: Annotated[UUID, Meta(description="who lives in the dwelling, or owns it")]


class BookingForCreate(BookingForWrite, kw_only=True, forbid_unknown_fields=True):
    """The same with photos."""

    photos: Photos = []


class BookingCreate(BookingWrite, kw_only=True, forbid_unknown_fields=True):
    """What a resident asks for, with its photos."""

    photos: Photos = []


class ThingOut(msgspec.Struct, kw_only=True):
    """A thing to be fetched and how many of it."""

    name: str
    pieces: int


class WeightOut(msgspec.Struct, kw_only=True):
    """Recyclables of one kind: what they were expected to weigh, and what was taken."""

    kind: str
    expected_kg: Annotated[Decimal | None, Meta(description="null for what nobody had spoken of")]
    taken_kg: Annotated[Decimal | None, Meta(description="null until it is fetched, and for what was not taken")]


class ChangeOut(msgspec.Struct, kw_only=True):
    """What became of a booking and when; by whom only where staff read it."""

    state: str
    is_moved: bool
    day: date
    opens: Clock
    at: datetime
    by: Annotated[str, Meta(description="empty where it was the person who booked, or for that person")]
    reason: str


class BookingLine(msgspec.Struct, kw_only=True):
    """A booking in the list of the staff."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    slot_id: UUID
    dwelling_id: UUID | None
    door: str
    category: str
    day: date
    opens: Clock
    closes: Clock
    state: str
    things: Annotated[list[ThingOut], Meta(max_length=MOST_THINGS)]
    recyclables: Annotated[list[WeightOut], Meta(max_length=MOST_KINDS)]
    paid_fen: Annotated[int | None, Meta(description="what the carrier paid the person; null where nobody told")]
    note: str
    fee_fen: Annotated[int, Meta(description="in all")]
    is_by_staff: Annotated[bool, Meta(description="whether staff booked it for the person")]
    requested_at: datetime
    answered_at: datetime | None
    version: int


class BookingOut(BookingLine, kw_only=True):
    """One booking with its history and photos."""

    changes: Annotated[list[ChangeOut], Meta(max_length=MOST_CHANGES)]
    photos: Annotated[list[PhotoOut], Meta(max_length=MOST_PHOTOS)]


class ReasonBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why; the person who booked reads it."""

    reason: Reason


class CollectBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the carrier weighed and took, and what it paid the person, as it was told."""

    taken: Taken
    paid_fen: PaidFen | None = None


class MoveBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Another slot, and why; the person who booked reads it."""

    slot_id: UUID
    reason: Reason


class FullReportWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The bins for one kind of waste at a station are full."""

    station_id: UUID
    category: Category
    words: Annotated[str, Meta(max_length=200)] = ""


class ReportCreate(FullReportWrite, kw_only=True, forbid_unknown_fields=True):
    """The same, with a photo."""

    photo: PhotoBody | None = None


class AnswerBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What was done about it; the people who reported it read this."""

    answer: Reason


class ReportLine(msgspec.Struct, kw_only=True):
    """A report of full bins."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    station_id: UUID
    station: str
    category: str
    voices: Annotated[int, Meta(description="how many people reported it")]
    first_at: datetime
    last_at: datetime
    handled_at: datetime | None
    answer: str


class VoiceOut(msgspec.Struct, kw_only=True):
    """What one person wrote; who it was is told to nobody."""

    at: datetime
    words: str


class ReportOut(ReportLine, kw_only=True):
    """One report with the newest of what was written, and the newest photos."""

    written: Annotated[list[VoiceOut], Meta(max_length=MOST_CHANGES)]
    photos: Annotated[list[PhotoOut], Meta(max_length=MOST_CHANGES)]


class CountOut(msgspec.Struct, kw_only=True):
    """How a community stands with its pick-ups and full bins."""

    community_id: UUID
    free: Annotated[int, Meta(description="places that can be booked now")]
    requested: int
    confirmed: int
    done: Annotated[int, Meta(description="in the last 30 days, by the day of the pick-up; so the next two")]
    rejected: int
    missed: int
    full: Annotated[int, Meta(description="open reports of full bins")]
    waiting_since: Annotated[datetime | None, Meta(description="since when the oldest booking waits for an answer")]


class BookingFact(msgspec.Struct, kw_only=True):
    """A booking without anything personal."""

    id: UUID
    community_id: UUID
    category: str
    day: date
    opens: Clock
    closes: Clock
    state: str
    pieces: int
    taken_kg: Annotated[Decimal | None, Meta(description="recyclables that were taken; null where none were weighed")]
    requested_at: datetime
    answered_at: datetime | None
