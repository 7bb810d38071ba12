"""What this domain takes in and gives out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from linli.privacy.choices import IdentityCheck
from linli.residents.schemas import Gender

Reason = Annotated[str, Meta(max_length=500)]
Note = Annotated[str, Meta(max_length=1000)]
LongText = Annotated[str, Meta(max_length=8000)]


class CorrectionAsk(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What should be changed; a field that is not sent stays."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    gender: Gender | UnsetType = UNSET
    born_on: date | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    remarks: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    note: Note = ""


class ErasureAsk(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A wish to be erased, with what the person wants to say about it."""

    note: Note = ""


class OfficeAsk(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request that staff write down for a person at the counter."""

    reason: Reason
    identity_check: IdentityCheck = "card"


class Decision(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the office decides on a request; ``version`` is the one that was read."""

    accept: bool
    reason: Reason
    version: int
    identity_check: IdentityCheck | None = None


class RequestOut(msgspec.Struct, kw_only=True):
    """One request."""

    id: UUID
    kind: str
    state: str
    channel: str
    resident_id: UUID
    name: str
    asked_at: datetime
    due_on: date
    is_overdue: bool
    identity_check: str
    decision_reason: str
    decided_by_name: str
    decided_at: datetime | None
    done_at: datetime | None
    file_id: UUID | None
    version: int
    outcome: dict[str, Any] | None = None
    #: Of an accepted erasure that waits for a second person (``state`` is ``waiting`` then).
    approval_id: UUID | None = None


class RequestDetail(RequestOut, kw_only=True):
    """A request with what was asked: of a correction the fields, old and new."""

    note: str = ""
    changes: list[FieldChange] = []


class FieldChange(msgspec.Struct, kw_only=True):
    """A field as it is, and as the person wants it."""

    field: str
    before: str
    after: str


class RevealOut(msgspec.Struct, kw_only=True):
    """Who has seen a whole number. ``viewer`` is empty where the street does not tell names."""

    at: datetime
    field: str
    role: str
    office: str
    purpose: str
    reason: str
    viewer: str = ""


class SectionOut(msgspec.Struct, kw_only=True):
    """What one part of the platform keeps about a person."""

    owner: str
    title: str
    purpose: str
    basis: str
    rows: list[dict[str, Any]]
    fault: str = ""


class PurposeIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A text by which people are asked; an existing code gets a new edition, and everybody is asked again."""

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{1,39}$")]
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    body: Annotated[str, Meta(min_length=1, max_length=8000)]
    is_sensitive: bool = False


class PurposeOut(msgspec.Struct, kw_only=True):
    """A purpose in its newest text."""

    id: UUID
    community_id: UUID | None
    code: str
    edition: int
    title: str
    body: str
    is_sensitive: bool
    published_at: datetime
    published_by_name: str
    retired_at: datetime | None
    given: int = 0


class ConsentOut(msgspec.Struct, kw_only=True):
    """Where one person stands on one purpose."""

    purpose: PurposeOut
    resident_id: UUID
    name: str
    state: str
    at: datetime | None
    channel: str
    is_child: bool


class ConsentEvent(msgspec.Struct, kw_only=True):
    """One line of the history."""

    at: datetime
    code: str
    edition: int
    act: str
    channel: str
    file_id: UUID | None


class PeriodIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The street's own period for a class of data, in days; ``null`` keeps it for ever."""

    data_class: Annotated[str, Meta(max_length=100)]
    days: Annotated[int, Meta(ge=1, le=36500)] | None
    reason: Reason = ""


class ClassOut(msgspec.Struct, kw_only=True):
    """A class of data, its period and its purges."""

    name: str
    owner: str
    title: str
    days: int | None
    default_days: int | None
    least_days: int
    most_days: int | None
    source: str
    is_chosen: bool
    is_held: bool
    next_purge_at: datetime
    last_purge_at: datetime | None
    last_rows: int
    last_digest: str


class Rehearsal(msgspec.Struct, kw_only=True):
    """What a purge would delete now, and what holds keep back. Counts stop at a limit."""

    data_class: str
    cutoff: datetime | None
    rows: int
    held_back: int
    is_more: bool


class PurgeOut(msgspec.Struct, kw_only=True):
    """One step of a purge."""

    id: UUID
    data_class: str
    title: str
    cutoff: datetime
    rows: int
    digest: str
    holds: int
    purged_at: datetime


class HoldIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Something that may not be deleted: a person, a community or a class of data, exactly one."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    resident_id: UUID | None = None
    community_id: UUID | None = None
    data_class: Annotated[str, Meta(max_length=100)] = ""
    until: date | None = None


class HoldOut(msgspec.Struct, kw_only=True):
    """A hold."""

    id: UUID
    kind: str
    subject: str
    community_id: UUID | None
    resident_id: UUID | None
    data_class: str
    reason: str
    set_by_name: str
    set_at: datetime
    until: date | None
    is_active: bool
    lifted_at: datetime | None
    lifted_by_name: str
    lift_reason: str


class Lift(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a hold ends."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class AssessmentIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An impact assessment as far as it is written."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    purpose: LongText = ""
    risks: LongText = ""
    measures: LongText = ""
    held_on: date | None = None
    assessors: Annotated[str, Meta(max_length=500)] = ""


class AssessmentUpdate(AssessmentIn, kw_only=True):
    """A change of an open assessment; ``version`` is the one that was read."""

    version: int


class AssessmentOut(msgspec.Struct, kw_only=True):
    """An impact assessment."""

    id: UUID
    title: str
    purpose: str
    risks: str
    measures: str
    held_on: date | None
    assessors: str
    state: str
    created_at: datetime
    closed_at: datetime | None
    closed_by_name: str
    version: int


class CommunityLoad(msgspec.Struct, kw_only=True):
    """How many requests wait in a community, and how many are overdue."""

    community_id: UUID
    name: str
    slug: str
    open: int
    overdue: int
    done: int
