"""What the register of people takes in and gives out. Phone and identity numbers leave it masked."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

Gender = Literal["", "male", "female"]
Relation = Literal["head", "spouse", "child", "parent", "relative", "lessee", "other"]
Tenure = Literal["owner", "lease", "public_rent", "other"]
Basis = Literal["registry", "purchase", "inheritance", "court", "relocation", "unit_housing"]
OrganisationKind = Literal["title_unit", "developer", "company", "other"]
SealedField = Literal["phone", "id_number"]
RevealPurpose = Literal["contact", "identity", "service", "emergency", "other"]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(max_length=2000)]
#: ``1``, ``1/2``, ``50%`` or ``0.5``.
ShareText = Annotated[str, Meta(max_length=40)]


class DoorOut(msgspec.Struct, kw_only=True):
    """A dwelling to which a resident is bound: living there, owning it, or both."""

    dwelling_id: UUID
    label: str
    compound_id: UUID
    lives: bool
    owns: bool


class ResidentOut(msgspec.Struct, kw_only=True):
    """One person in one community."""

    id: UUID
    community_id: UUID
    name: str
    gender: str
    born_on: date | None
    phone_mask: str
    id_number_mask: str
    is_migrant: bool
    remarks: str
    has_account: bool
    created_at: datetime
    version: int
    doors: list[DoorOut] = []


class ResidentCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new person; with ``dwelling_id`` they move into that dwelling's household of today, or into a new one."""

    name: Name
    phone: Line = ""
    id_number: Line = ""
    gender: Gender = ""
    born_on: date | None = None
    is_migrant: bool = False
    remarks: Line = ""
    dwelling_id: UUID | None = None
    relation: Relation = "other"
    tenure: Tenure = "other"
    moved_in_on: date | None = None


class ResidentUpdate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes; a field that is not sent stays. ``version`` is the one that was read."""

    version: int
    name: Name | UnsetType = UNSET
    phone: Line | UnsetType = UNSET
    id_number: Line | UnsetType = UNSET
    gender: Gender | UnsetType = UNSET
    born_on: date | UnsetType | None = UNSET
    is_migrant: bool | UnsetType = UNSET
    remarks: Line | UnsetType = UNSET


class Reveal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request to see one sealed field, with the reason that the audit trail keeps."""

    field: SealedField
    #: Why, in a word; ``other`` has to be explained.
    purpose: RevealPurpose = "other"
    reason: Annotated[str, Meta(max_length=500)] = ""


class Revealed(msgspec.Struct, kw_only=True):
    """The unsealed value; empty when the register has none."""

    field: SealedField
    value: str


class Merge(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Fold a person that was entered twice into the other entry."""

    duplicate_id: UUID
    reason: Annotated[str, Meta(max_length=500)] = ""


class StayOut(msgspec.Struct, kw_only=True):
    """One stay of one person, of today or of the past."""

    household_id: UUID
    dwelling_id: UUID
    label: str
    resident_id: UUID
    name: str
    relation: str
    tenure: str
    moved_in_on: date | None
    moved_out_on: date | None


class MemberOut(msgspec.Struct, kw_only=True):
    """A person in a household, with the span of their stay."""

    resident_id: UUID
    name: str
    gender: str
    phone_mask: str
    relation: str
    moved_in_on: date | None
    moved_out_on: date | None


class HouseholdOut(msgspec.Struct, kw_only=True):
    """The people who live together in one dwelling."""

    id: UUID
    dwelling_id: UUID
    label: str
    tenure: str
    started_on: date | None
    ended_on: date | None
    pets: str
    version: int
    members: list[MemberOut] = []


class MemberIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A person who moves in."""

    resident_id: UUID
    relation: Relation = "other"
    moved_in_on: date | None = None


class HouseholdCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A household that begins in a dwelling; lessees are a household with tenure ``lease``."""

    dwelling_id: UUID
    tenure: Tenure = "owner"
    started_on: date | None = None
    pets: Line = ""
    members: Annotated[list[MemberIn], Meta(max_length=50)] = []


class HouseholdUpdate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes; a field that is not sent stays."""

    version: int
    tenure: Tenure | UnsetType = UNSET
    pets: Line | UnsetType = UNSET


class MoveOut(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The first day on which somebody no longer lives here; ``resident_id`` left out means the whole household."""

    on: date
    resident_id: UUID | None = None


class OrganisationOut(msgspec.Struct, kw_only=True):
    """An owner that is not a person."""

    id: UUID
    name: str
    kind: str
    credit_code: str
    contact: str
    version: int


class OrganisationCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A title unit, a developer or a company that owns dwellings."""

    name: Name
    kind: OrganisationKind = "other"
    credit_code: Line = ""
    contact: Line = ""


class OwnershipOut(msgspec.Struct, kw_only=True):
    """A share of a dwelling over a span of days; ``share`` is a fraction such as ``1/2``."""

    id: UUID
    dwelling_id: UUID
    label: str
    resident_id: UUID | None
    organisation_id: UUID | None
    owner_name: str
    share: str
    basis: str
    is_representative: bool
    started_on: date | None
    ended_on: date | None
    version: int


class OwnerIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new owner: exactly one of ``resident_id`` and ``organisation_id``."""

    resident_id: UUID | None = None
    organisation_id: UUID | None = None
    share: ShareText = "1"
    is_representative: bool = False


class OwnershipCreate(OwnerIn, kw_only=True):
    """A share that begins beside those that are held already."""

    dwelling_id: UUID
    basis: Basis = "registry"
    started_on: date | None = None


class Transfer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The day on which a dwelling passes to new owners; the old ones own it up to the day before."""

    on: date
    owners: Annotated[list[OwnerIn], Meta(min_length=1, max_length=50)]
    basis: Basis = "registry"
    reason: Annotated[str, Meta(max_length=500)] = ""


class HomeDwelling(msgspec.Struct, kw_only=True):
    """A dwelling of one's own page: where one lives or what one owns."""

    id: UUID
    label: str
    compound_id: UUID
    compound_name: str
    exclusive_area: Decimal | None
    area_basis: str
    lives: bool
    owns: bool
    owners: list[OwnershipOut] = []
    households: list[HouseholdOut] = []


class HomeOut(msgspec.Struct, kw_only=True):
    """What a resident sees of themselves: their own entry, their dwellings, their household."""

    residents: list[ResidentOut]
    dwellings: list[HomeDwelling]
