"""What the API tells of the record of acts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct


class AuditEntryOut(Struct, kw_only=True):
    """One act. Personal data in ``before`` and ``after`` is masked."""

    n: Annotated[int, Meta(description="place in the street's chain, from 1")]
    id: UUID
    at: datetime
    community_id: Annotated[UUID | None, Meta(description="null for an act of the whole street")]
    actor_id: Annotated[UUID | None, Meta(description="the account; null for the platform itself")]
    actor_name: str
    action: Annotated[str, Meta(description="e.g. core.resident.update")]
    subject_type: str
    subject_id: str
    reason: str
    before: Annotated[dict[str, Any] | None, Meta(description="the changed fields as they were")]
    after: Annotated[dict[str, Any] | None, Meta(description="the changed fields as they are now")]
    request_id: str
    hash: Annotated[str, Meta(description="SHA-256 over this act and the hash before it, hexadecimal")]
