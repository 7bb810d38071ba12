"""What the lists of this domain's API share."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from linli.privacy.schemas import ConsentOut

TAGS = ["privacy"]
AfterRow = Annotated[UUID | None, Meta(description="`next` of the page before")]


def consent_key(each: ConsentOut) -> str:
    """What tells the lines of a list of consents apart."""
    return f"{each.resident_id}.{each.purpose.id}"
