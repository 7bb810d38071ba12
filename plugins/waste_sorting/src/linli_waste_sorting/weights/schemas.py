"""What goes in and out of carriers, contracts, collections and the ledger, with the limits of each field."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.parties.schemas import Contact
from linli_waste_sorting.schemas import Category, Note

#: Lines that are noted at once, from a sheet of paper or a spreadsheet.
MOST_LINES = 200

CarrierName = Annotated[str, Meta(min_length=1, max_length=100)]
Licence = Annotated[str, Meta(max_length=100, description="the number of its permit")]
DocumentNumber = Annotated[str, Meta(min_length=1, max_length=100, description="of the document")]
Destination = Annotated[str, Meta(max_length=100, description="where it is taken, e.g. a treatment plant")]
GivenDestination = Annotated[str, Meta(min_length=1, max_length=100, description="where it is taken")]
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
Categories = Annotated[list[Category], Meta(min_length=1, max_length=7)]
Compounds = Annotated[list[UUID], Meta(min_length=1, max_length=100)]
Kg = Annotated[Decimal, Meta(description="kilograms, one decimal", examples=["120.5"])]
Pieces = Annotated[int, Meta(ge=1, le=999, description="containers that were emptied")]
Clock = Annotated[
    str,
    Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$", description="`08:30`, Asia/Shanghai; may be empty"),
]
Month = Annotated[
    str,
    Meta(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$", description="`2026-11`; this one when left out"),
]
GivenMonth = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="`2026-11`")]


class CarrierWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A carrier as it shall be; ``version`` is the one that was read."""

    name: CarrierName
    licence: Licence = ""
    contact: Contact = ""
    note: Note = ""
    version: int | None = None


class CarrierOut(msgspec.Struct, kw_only=True):
    """A carrier as it is."""

    id: UUID
    community_id: UUID
    name: str
    licence: str
    contact: str
    note: str
    closed_at: datetime | None
    version: int


class ContractWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A contract as it shall be; ``version`` is the one that was read."""

    carrier_id: UUID
    number: DocumentNumber
    categories: Categories
    compound_ids: Compounds
    destination: GivenDestination
    starts_on: date
    ends_on: date
    version: int | None = None


class ContractEnd(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """That a contract ends before the day that was agreed."""

    ends_on: Annotated[date, Meta(description="its last day")]
    reason: Reason


class ContractOut(msgspec.Struct, kw_only=True):
    """A contract as it is."""

    id: UUID
    community_id: UUID
    carrier_id: UUID
    number: str
    categories: list[str]
    compound_ids: list[UUID]
    destination: str
    starts_on: date
    ends_on: date
    ended_because: str
    state: Annotated[str, Meta(description="`coming`, `valid`, `ending` soon, `over`")]
    version: int


class CollectionLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What was taken away once: containers, kilograms, or both. Without a destination the contract's holds."""

    compound_id: UUID
    station_id: UUID | None = None
    category: Category
    carrier_id: UUID
    day: date
    clock: Clock = ""
    pieces: Pieces | None = None
    kg: Kg | None = None
    destination: Destination = ""
    note: Note = ""


class CollectionCreate(CollectionLine, kw_only=True, forbid_unknown_fields=True):
    """A collection to be noted; ``confirmed`` says that what looks implausible is right."""

    confirmed: bool = False


class CollectionBatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Several collections to be noted at once: all of them, or none."""

    lines: Annotated[list[CollectionLine], Meta(min_length=1, max_length=MOST_LINES)]
    confirmed: bool = False


class BatchOut(msgspec.Struct, kw_only=True):
    """What was noted at once."""

    times: int
    kg: Kg


class CollectionVoid(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a record is struck out."""

    reason: Reason


class CollectionCorrect(CollectionCreate, kw_only=True, forbid_unknown_fields=True):
    """What is right, in place of a record that is struck out for this reason."""

    reason: Reason


class CollectionOut(msgspec.Struct, kw_only=True):
    """A record of the ledger; one with ``voided_at`` is struck out and counts nowhere."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    station_id: UUID | None
    category: str
    carrier_id: UUID
    day: date
    clock: str
    pieces: int | None
    kg: Kg | None
    destination: str
    note: str
    doubts: Annotated[list[str], Meta(description="what looked implausible and was confirmed")]
    noted_name: str
    replaces_id: UUID | None
    voided_at: datetime | None
    voided_name: str
    void_reason: str


class LedgerLine(msgspec.Struct, kw_only=True):
    """One kind of waste of one compound in a month."""

    community_id: UUID
    compound_id: UUID
    category: str
    times: int
    pieces: int
    kg: Kg
    unweighed: Annotated[int, Meta(description="of the times, those that were not weighed")]
    carriers: list[str]
    destinations: list[str]


class MissingDay(msgspec.Struct, kw_only=True):
    """A day on which no kitchen waste was noted for a compound that has containers for it."""

    compound_id: UUID
    day: date


class LedgerReportWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The month to be reported."""

    month: GivenMonth


class ReportReopen(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a report is taken back."""

    reason: Reason


class ReportOut(msgspec.Struct, kw_only=True):
    """A reported month; one with ``reopened_at`` was taken back."""

    id: UUID
    community_id: UUID
    month: str
    reported_at: datetime
    reported_name: str
    times: int
    kg: Kg
    totals: Annotated[
        dict[str, dict[str, dict[str, str | int]]],
        Meta(description="compound to kind of waste to `kg`, `times`, `pieces`, as they were then"),
    ]
    reopened_at: datetime | None
    reopened_name: str
    reopen_reason: str
