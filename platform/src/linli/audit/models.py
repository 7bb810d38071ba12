"""The audit chain and its head. The runtime role may read; it appends through ``core.append_audit`` alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, TenantRow, tenant_fk
from linli.db.walls import APPEND_ONLY


class AuditEntry(Base):
    """One act. ``hash`` covers every other column and ``prev_hash``."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "n"),
        ForeignKeyConstraint(["tenant_id"], ["core.tenant.id"]),
        tenant_fk("community_id", "core.community"),
        UniqueConstraint("tenant_id", "community_id", "id"),
        Index("ix_audit_entry_at", "tenant_id", "at"),
        Index("ix_audit_entry_subject", "tenant_id", "subject_type", "subject_id"),
        {"info": {"rights": ("SELECT",), "street_or_community": "the street audits itself"}},
    )

    tenant_id: Mapped[UUID]
    n: Mapped[int] = mapped_column(BigInteger)
    id: Mapped[UUID]
    at: Mapped[datetime]
    community_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    ip: Mapped[str]
    request_id: Mapped[str]
    reason: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


class AuditHead(Base):
    """The last number and hash of a tenant's chain; locked while the chain grows."""

    __tablename__ = "audit_head"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id"),
        ForeignKeyConstraint(["tenant_id"], ["core.tenant.id"]),
        {"info": {"rights": ("SELECT",), "written_anywhere": True}},
    )

    tenant_id: Mapped[UUID]
    n: Mapped[int] = mapped_column(BigInteger, server_default="0")
    hash: Mapped[bytes]
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AuditAnchor(Base, TenantRow):
    """A signed word on the chain: at this moment row ``n`` had this hash. Copies of it belong outside of the house."""

    __tablename__ = "audit_anchor"
    __keys__ = (
        UniqueConstraint("tenant_id", "n", "key_id"),
        {"info": {"rights": APPEND_ONLY}},
    )

    n: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]
    at: Mapped[datetime]
    key_id: Mapped[str]
    signature: Mapped[bytes]
