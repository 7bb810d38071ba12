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
    ip: Annotated[str, Meta(description="the address it came from; empty for the platform itself")]
    reason: str
    before: Annotated[dict[str, Any] | None, Meta(description="the changed fields as they were")]
    after: Annotated[dict[str, Any] | None, Meta(description="the changed fields as they are now")]
    request_id: str
    hash: Annotated[str, Meta(description="SHA-256 over this act and the hash before it, hexadecimal")]


class AnchorOut(Struct, kw_only=True):
    """A signed word on the street's chain: at this moment row ``n`` had this hash."""

    id: UUID
    n: Annotated[int, Meta(description="place in the street's chain")]
    hash: Annotated[str, Meta(description="of that act, hexadecimal")]
    at: datetime
    key_id: Annotated[str, Meta(description="of the public key that `linli audit key` shows")]
    signature: Annotated[str, Meta(description="Ed25519, hexadecimal")]


class VerificationOut(Struct, kw_only=True):
    """How the last verification ended, and the one that is going on."""

    ok: Annotated[bool | None, Meta(description="null where the record was never verified")]
    at: datetime | None
    rows: int
    fault: str
    message: Annotated[str, Meta(description="the finding in words")]
    anchored: Annotated[int, Meta(description="the highest number that an anchor proves; 0 where none does")]
    job_id: Annotated[UUID | None, Meta(description="of the verification that waits or runs")]
    percent: int | None
