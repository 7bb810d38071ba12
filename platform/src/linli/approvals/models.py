"""Requests for approval: what was asked, frozen, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, Stamped, StreetOrCommunityRow


class Approval(Base, StreetOrCommunityRow, Stamped):
    """One request. A trigger keeps what was asked as it was, and a decision final; rows are never deleted."""

    __tablename__ = "approval"
    __keys__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'rejected', 'withdrawn', 'expired')", name="state"),
        CheckConstraint("asked_by <> decided_by OR state IN ('withdrawn', 'expired')", name="two_people"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        Index("ix_approval_asked_by", "tenant_id", "asked_by"),
        Index("ix_approval_waiting", "tenant_id", "expires_at", postgresql_where=text("state = 'waiting'")),
        # A second click asks for nothing new.
        Index(
            "uq_approval_waiting",
            "tenant_id",
            "community_id",
            "asked_by",
            "digest",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
            postgresql_nulls_not_distinct=True,
        ),
        {"info": {"rights": ("SELECT", "INSERT", "UPDATE")}},
    )

    #: ``<owner>.<verb>_<noun>``
    act: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    payload: Mapped[dict[str, Any]]
    #: SHA-256 of act and payload; it stands in the audit trail too.
    digest: Mapped[bytes]
    reason: Mapped[str]
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="waiting")
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    #: Why it was rejected, or what was done.
    outcome: Mapped[str] = mapped_column(server_default="")
    #: When the asker made use of an approval that only gives leave.
    used_at: Mapped[datetime | None]
