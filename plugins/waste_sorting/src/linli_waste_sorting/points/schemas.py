"""What goes in and out of points, with the limits of each field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.photos import PhotoBody, PhotoOut
from linli_waste_sorting.schemas import Clock

EntryKind = Literal["earn", "reverse", "redeem", "return", "expire"]
ClaimSource = Literal["bag", "watch", "pickup", "award", "grant", "reversal"]
FlagReason = Literal["often", "window", "burst"]
FlagDecision = Literal["kept", "reversed"]
ItemPeriod = Literal["month", "quarter", "year"]
RedemptionState = Literal["reserved", "handed", "cancelled", "missed"]

#: Months for which redemption days are planned at once, lots of one purse that are told apart, entries of a home page.
MOST_MONTHS, MOST_LOTS, MOST_RECENT = 12, 40, 50

HouseholdCode = Annotated[str, Meta(min_length=1, max_length=40, description="of the household; spaces do not matter")]
Once = Annotated[UUID | None, Meta(description="what the sender calls this act; sent again, nothing happens twice")]
GrantPoints = Annotated[int, Meta(ge=1, le=100_000)]
PointsReason = Annotated[str, Meta(min_length=1, max_length=200)]
RedeemedPieces = Annotated[int, Meta(ge=1, le=99)]
ItemName = Annotated[str, Meta(min_length=1, max_length=40)]
ItemNote = Annotated[str, Meta(max_length=300)]
ItemMost = Annotated[int, Meta(ge=1, le=1000, description="pieces for a household in a period")]
DayPlace = Annotated[str, Meta(min_length=1, max_length=100)]


class AwardBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A bag that was seen sorted right, of the household with the code."""

    code: HouseholdCode
    once: Once = None


class GrantBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Points given by hand."""

    dwelling_id: UUID
    points: GrantPoints
    reason: PointsReason
    once: Once = None


class WhyBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why; the household reads it."""

    reason: PointsReason


class DecisionBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What becomes of points that look odd, and why."""

    decision: FlagDecision
    note: PointsReason


class ItemWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A thing of the catalogue as it shall be; ``version`` is the one that was read."""

    name: ItemName
    points: Annotated[int, Meta(ge=1, le=100_000, description="for one piece")]
    note: ItemNote = ""
    most: ItemMost | None = None
    period: ItemPeriod = "month"
    version: int | None = None


class ItemCreate(ItemWrite, kw_only=True, forbid_unknown_fields=True):
    """A new thing and how many there are."""

    stock: Annotated[int, Meta(ge=0, le=100_000)] = 0


class StockBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Pieces that came in, or went out below zero, and why."""

    change: Annotated[int, Meta(ge=-100_000, le=100_000, description="pieces; below zero for fewer")]
    reason: PointsReason


class DayWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A redemption day, Asia/Shanghai; ``version`` is the one that was read."""

    compound_id: Annotated[UUID | None, Meta(description="null for all compounds of the community")] = None
    day: date
    opens: Clock
    closes: Clock
    place: DayPlace
    note: ItemNote = ""
    version: int | None = None


class DaysPlan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The redemption day of each of the coming months, on the day of the month that the rule names."""

    compound_id: Annotated[UUID | None, Meta(description="null for all compounds of the community")] = None
    months: Annotated[int, Meta(ge=1, le=MOST_MONTHS)] = 3
    opens: Clock
    closes: Clock
    place: DayPlace
    note: ItemNote = ""


class ReserveBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a household wants, and on which day it fetches it."""

    item_id: UUID
    day_id: UUID
    pieces: RedeemedPieces = 1
    purse_id: Annotated[UUID | None, Meta(description="for whoever is at home in several households")] = None


class RedeemBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is handed over at the desk to the household with the code."""

    code: HouseholdCode
    item_id: UUID
    pieces: RedeemedPieces = 1
    once: Once = None


class HomeBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which of one's homes, for whoever has several; the first where none is named."""

    dwelling_id: UUID | None = None


class CardOut(msgspec.Struct, kw_only=True):
    """What a household's card says, and since when; the letters of its phones are others."""

    purse_id: UUID
    code: str
    given_at: datetime


class ItemPhoto(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A picture of a thing; null takes it away."""

    photo: PhotoBody | None = None


class LotOut(msgspec.Struct, kw_only=True):
    """Points that end on the same day."""

    ends_on: Annotated[date | None, Meta(description="the last day on which they are good; null for ever")]
    points: int


class PurseOut(msgspec.Struct, kw_only=True):
    """What a household holds."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    dwelling_id: UUID | None
    door: str
    balance: Annotated[int, Meta(description="below zero for a debt, which the next points cover")]
    closed_at: datetime | None


class OwnPurse(PurseOut, kw_only=True):
    """One's own household's points, with its code and until when they are good."""

    code: Annotated[str, Meta(description="as a phone shows it now; a few minutes later it is another")]
    code_until: Annotated[datetime, Meta(description="when this code stops counting")]
    lots: Annotated[list[LotOut], Meta(max_length=MOST_LOTS)]


class EntryOut(msgspec.Struct, kw_only=True):
    """Points that moved. ``debit`` and ``credit`` are accounts of the ledger, over which all entries sum to nothing."""

    id: UUID
    purse_id: UUID
    kind: EntryKind
    debit: str
    credit: str
    points: int
    day: date
    at: datetime
    expires_on: date | None
    source: Annotated[str, Meta(description="what earned them; empty for other kinds")]
    note: Annotated[str, Meta(description="why, in somebody's words")]
    item: Annotated[str, Meta(description="what they were redeemed for")]
    reverses_id: UUID | None
    is_reversed: bool


class EntryLine(EntryOut, kw_only=True):
    """The same for staff: whose, and by whom."""

    door: str
    by: Annotated[str, Meta(description="of the staff; empty where it follows from a record")]


class ClaimOut(msgspec.Struct, kw_only=True):
    """What was asked for and how much of it was given."""

    id: UUID
    purse_id: UUID
    source: ClaimSource
    day: date
    at: datetime
    asked: int
    given: int
    why: Annotated[str, Meta(description="what cut it: household_cap, rule_cap, window or own; empty for nothing")]
    note: str
    flags: Annotated[list[FlagReason], Meta(max_length=3, description="why somebody will look at it")] = []


class FlagOut(msgspec.Struct, kw_only=True):
    """Points that look odd."""

    id: UUID
    entry_id: UUID
    purse_id: UUID
    compound_id: UUID
    door: str
    reason: FlagReason
    points: int
    raised_at: datetime
    by: Annotated[str, Meta(description="who gave them")]
    decision: str
    decided_at: datetime | None
    decided_by: str
    note: str
    version: int


class ItemOut(msgspec.Struct, kw_only=True):
    """A thing of the catalogue."""

    id: UUID
    community_id: UUID
    name: str
    points: int
    stock: Annotated[int, Meta(description="what can still be promised")]
    note: str
    most: int | None
    period: str
    closed_at: datetime | None
    version: int


class ItemDetail(ItemOut, kw_only=True):
    """A thing of the catalogue with its photo."""

    photos: Annotated[list[PhotoOut], Meta(max_length=1)]


class DayOut(msgspec.Struct, kw_only=True):
    """A redemption day."""

    id: UUID
    community_id: UUID
    compound_id: UUID | None
    day: date
    opens: Clock
    closes: Clock
    place: str
    note: str
    cancelled_at: datetime | None
    cancel_reason: str
    version: int


class DaysOut(msgspec.Struct, kw_only=True):
    """The redemption days that were planned, the earliest first."""

    days: Annotated[list[DayOut], Meta(max_length=MOST_MONTHS)]


class RedemptionOut(msgspec.Struct, kw_only=True):
    """What a household takes for its points."""

    id: UUID
    community_id: UUID
    purse_id: UUID
    item_id: UUID
    item: str
    day_id: UUID | None
    day: date | None
    pieces: int
    points: Annotated[int, Meta(description="in all")]
    state: RedemptionState
    at: datetime
    ended_at: datetime | None
    reason: str
    version: int


class RedemptionLine(RedemptionOut, kw_only=True):
    """The same for staff: whose, and by whom."""

    door: str
    by: str


class PointsSum(msgspec.Struct, kw_only=True):
    """How a community stands with its points, without any household."""

    community_id: UUID
    purses: Annotated[int, Meta(description="households with points of their own")]
    earned: Annotated[int, Meta(description="this month, less what was taken back; so the next two")]
    redeemed: int
    expired: int
    held: Annotated[int, Meta(description="by all households now")]
    flags: Annotated[int, Meta(description="that wait for somebody to look")]
