"""Tasks of a street for one community each, and what the community reported."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, Versioned


class Assignment(Base, CommunityRow, Versioned):
    """A task that the street gave a community; never deleted: it is reported as done, or withdrawn."""

    __tablename__ = "assignment"
    __keys__ = (
        UniqueConstraint("tenant_id", "community_id", "push_id"),
        CheckConstraint("due_on >= assigned_on", name="days"),
        CheckConstraint("(done_on IS NULL) = (report = '')", name="report"),
        CheckConstraint("withdrawn_at IS NULL OR done_on IS NULL", name="end"),
        Index("ix_assignment_newest", "tenant_id", "community_id", "id"),
        # History: nothing is deleted.
        {"info": {"rights": ("SELECT", "INSERT", "UPDATE")}},
    )

    #: What it was given with: asked again, the community has the same task. No reference: the push is the street's.
    push_id: Mapped[UUID]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(server_default="")
    assigned_on: Mapped[date]
    due_on: Mapped[date]
    assigned_by_name: Mapped[str] = mapped_column(server_default="")
    #: What was done, in the community's words.
    report: Mapped[str] = mapped_column(server_default="")
    done_on: Mapped[date | None]
    done_by_name: Mapped[str] = mapped_column(server_default="")
    withdrawn_at: Mapped[datetime | None]
    withdraw_reason: Mapped[str] = mapped_column(server_default="")
