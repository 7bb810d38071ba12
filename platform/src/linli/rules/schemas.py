"""What is sent and shown of rules, overrides and frozen rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

Reason = Annotated[str, Meta(min_length=1, max_length=500)]
Written = Annotated[
    Any,
    Meta(
        description="in its written form: a share as `>= 2/3 of all`, a duration as `10 working_days` "
        "(units: hours, days, working_days, weeks, months, years), otherwise a number, true or false, a text or a list"
    ),
]


class OverrideIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A value to hold from a day on in place of the wider one."""

    value: Written
    starts_on: date
    ends_on: date | None = None
    reason: Reason
    decision: Annotated[
        str, Meta(max_length=200, description="the decision or document that adopts it; a compound must name one")
    ] = ""
    decided_on: Annotated[date | None, Meta(description="the day of that decision")] = None


class Withdrawal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why an override is taken back; from today on the wider value holds again."""

    reason: Reason
    version: int


class SourceOut(msgspec.Struct, kw_only=True):
    """Where a value comes from."""

    level: Annotated[str, Meta(description="nation, province, city, district, street or compound")]
    jurisdiction: Annotated[str, Meta(description="CN, or a division code")]
    place: str
    rank: str
    rank_title: str
    title: str
    article: str
    effective_from: date
    effective_to: date | None
    confidence: Annotated[
        str,
        Meta(description="P: read in the text; S: in another source; S-: in a weak one; K: not looked up; D: proposed"),
    ]
    source: str
    note: str
    owner: Annotated[str, Meta(description="core, or the plugin whose pack it is")]
    override_id: UUID | None


class StepOut(msgspec.Struct, kw_only=True):
    """One value that could have held, and what became of it."""

    verdict: str
    reason: str
    value: Written
    text: str
    source: SourceOut


class RuleOut(msgspec.Struct, kw_only=True):
    """What holds for one rule here, on one day."""

    key: str
    topic: str
    topic_title: str
    title: str
    help: str
    type: str
    on: date
    is_known: bool
    value: Written
    text: Annotated[str, Meta(description="the value in words")]
    source: SourceOut | None
    only_stricter: Annotated[bool, Meta(description="a narrower place may only be stricter")]
    stricter: Annotated[str, Meta(description="which way is stricter, in words")]


class RuleDetail(RuleOut, kw_only=True):
    """What holds for one rule, and why."""

    why: list[StepOut]
    choices: dict[str, str]
    units: list[str]
    bases: list[str]
    comparisons: list[str]


class OverrideOut(msgspec.Struct, kw_only=True):
    """A value that a street or a compound chose."""

    id: UUID
    key: str
    title: str
    community_id: UUID | None
    compound_id: UUID | None
    place: str
    value: Written
    text: str
    starts_on: date
    ends_on: date | None
    reason: str
    decision: str
    decided_on: date | None
    set_by_name: str
    set_at: datetime
    is_active: bool
    withdrawn_on: date | None
    withdrawn_by_name: str
    withdraw_reason: str
    version: int


class FrozenOut(msgspec.Struct, kw_only=True):
    """One rule as a decision used it."""

    key: str
    topic_title: str
    title: str
    value: Written
    text: str
    level: str
    is_override: Annotated[bool, Meta(description="street or compound had settled it themselves")]
    document: str
    article: str
    confidence: str


class FreezeOut(msgspec.Struct, kw_only=True):
    """The rules that one decision was made under."""

    id: UUID
    purpose: str
    community_id: UUID | None
    compound_id: UUID | None
    place: str
    held_on: date
    made_at: datetime
    made_by_name: str
    digest: Annotated[str, Meta(description="SHA-256 of place, day and values")]
    is_intact: Annotated[bool, Meta(description="the values still give this digest")]
    values: list[FrozenOut]


class FacetOut(msgspec.Struct, kw_only=True):
    """One thing told of a body."""

    key: str
    title: str
    is_known: bool
    value: Written
    text: str
    source: SourceOut | None


class BodyOut(msgspec.Struct, kw_only=True):
    """A type of body: what it is made of, its term and its meetings, as they hold here."""

    code: str
    title: str
    kind: Annotated[str, Meta(description="statutory, or preset: taken from a handbook or plan")]
    basis: str
    facets: list[FacetOut]
