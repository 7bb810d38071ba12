"""What a street pushed down, and what became of it in each community."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, TenantRow, tenant_fk


class PushRun(Base, TenantRow):
    """One thing that was pushed down to some communities; never deleted."""

    __tablename__ = "push"
    __keys__ = (
        # A second click confirms nothing new.
        UniqueConstraint("tenant_id", "key"),
        CheckConstraint("state IN ('running', 'done', 'undoing', 'undone')", name="state"),
        Index("ix_push_newest", "tenant_id", "id"),
        {"info": {"rights": ("SELECT", "INSERT", "UPDATE")}},
    )

    #: ``<owner>.<noun>`` of the declared push.
    kind: Mapped[str]
    title: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: Made with the preview that was confirmed.
    key: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default="running")
    total: Mapped[int]
    asked_by_name: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    #: The work in the background; ``None`` where it was done at once.
    job_id: Mapped[UUID | None]
    undo_reason: Mapped[str] = mapped_column(server_default="")


class PushResult(Base, CommunityRow):
    """What became of a push in one community."""

    __tablename__ = "push_result"
    __keys__ = (
        tenant_fk("push_id", "core.push"),
        UniqueConstraint("tenant_id", "community_id", "push_id"),
        CheckConstraint("state IN ('waiting', 'done', 'refused', 'undone')", name="state"),
        Index("ix_push_result_push", "tenant_id", "push_id", "state"),
        {"info": {"rights": ("SELECT", "INSERT", "UPDATE")}},
    )

    push_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default="waiting")
    #: What was done, or why it was not.
    told: Mapped[str] = mapped_column(server_default="")
    #: Its page, from the admin portal's root; empty for none.
    path: Mapped[str] = mapped_column(server_default="")
    #: Ids of the rows that it made.
    made: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    #: Taking it back was tried since it was last asked for.
    undo_tried: Mapped[bool] = mapped_column(server_default=text("false"))
    settled_at: Mapped[datetime | None]
