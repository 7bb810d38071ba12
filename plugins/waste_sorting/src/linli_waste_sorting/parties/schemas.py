"""What goes in and out about parties, with the limits of each field."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

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
