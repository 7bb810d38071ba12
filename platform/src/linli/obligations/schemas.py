"""What is sent and shown of duties and of releases from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Reason = Annotated[str, Meta(min_length=1, max_length=500)]
StateName = Literal["overdue", "unknown", "due", "exempted", "late", "fulfilled", "not_applicable"]
Name = Annotated[str, Meta(max_length=130, description="an obligation's name, e.g. notices.accounts")]


class ObligationFilter(msgspec.Struct, kw_only=True):
    """Which duties of which places: all narrow together."""

    community_id: UUID | None = None
    obligation: Annotated[str, Meta(max_length=130)] = ""
    state: Literal["", "overdue", "unknown", "due", "exempted", "late", "fulfilled", "not_applicable"] = ""
    q: Annotated[str, Meta(max_length=60, description="a part of the compound's name")] = ""

    @property
    def is_empty(self) -> bool:
        return not (self.community_id or self.obligation or self.state or self.q.strip())


class ExemptionIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A release from one duty from a day to a day, both counted: it covers what falls due in between."""

    obligation: Name
    compound_id: Annotated[UUID | None, Meta(description="the compound; left out for a duty of the community")] = None
    community_id: Annotated[UUID | None, Meta(description="the community, for a duty of its own")] = None
    starts_on: date
    ends_on: date
    reason: Reason


class ExemptionWithdrawal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a release is taken back; what is not judged for good yet is judged without it."""

    reason: Reason
    version: int


class ExemptionOut(msgspec.Struct, kw_only=True):
    """A release from a duty."""

    id: UUID
    obligation: str
    title: str
    community_id: UUID
    compound_id: UUID | None
    place: str
    starts_on: date
    ends_on: date
    reason: str
    given_by_name: str
    given_at: datetime
    is_active: Annotated[bool, Meta(description="not withdrawn, and its last day is not past")]
    withdrawn_at: datetime | None
    withdrawn_by_name: str
    withdraw_reason: str
    version: int


class EvidenceOut(msgspec.Struct, kw_only=True):
    """Something recorded that counts; ``url`` is its page in the community's portal, empty where there is none."""

    on: date
    title: str
    url: str


class DutyRuleOut(msgspec.Struct, kw_only=True):
    """A rule that a duty is judged by, as it held."""

    key: str
    title: str
    text: Annotated[str, Meta(description="the value in words; a dash where nothing was known")]
    document: str
    article: str
    source: str
    is_override: Annotated[bool, Meta(description="chosen by the street or the compound itself")]


class DutyOut(msgspec.Struct, kw_only=True):
    """How one duty stands at one place in one period."""

    id: UUID
    obligation: str
    owner: Annotated[str, Meta(description="`core` or the plugin")]
    title: str
    community_id: UUID
    compound_id: Annotated[UUID | None, Meta(description="`null` for a duty of the community")]
    period: Annotated[str, Meta(description="in words")]
    first_day: date
    last_day: date
    due_on: date
    state: StateName
    state_title: str
    reason: Annotated[str, Meta(description="why there is no duty, or why nobody knows; in words")]
    fulfilled_on: date | None
    is_settled: Annotated[bool, Meta(description="judged for good, by the rules of its time")]
    found: Annotated[int, Meta(description="how much was recorded that counts; `evidence` has the newest")]
    evidence: list[EvidenceOut]
    rules: list[DutyRuleOut]
    exemption_id: UUID | None
    checked_at: datetime


class TrendOut(msgspec.Struct, kw_only=True):
    """How many places stood how with one duty in one period."""

    obligation: str
    title: str
    period: str
    first_day: date
    last_day: date
    overdue: int
    unknown: int
    due: int
    exempted: int
    late: int
    fulfilled: int
    not_applicable: int


class RecheckOut(msgspec.Struct, kw_only=True):
    """What judging one compound anew has found."""

    looked_at: int
    changed: int


class RecheckJobOut(msgspec.Struct, kw_only=True):
    """The work that judges all of the place; see ``/jobs/{job_id}``."""

    job_id: UUID
