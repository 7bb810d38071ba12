"""What residents say about a notice, and how much of it waits for an answer."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, Versioned, community_fk
from linli_notices.models import Base


class Objection(Base, CommunityRow, Versioned):
    """An objection or a comment of one resident. A trigger lets it be filed and edited in the notice's days alone."""

    __tablename__ = "objection"
    # No reference to the notice: one of the street has no community that a reference could carry.
    __keys__ = (
        community_fk("resident_id", "core.resident"),
        community_fk("dwelling_id", "core.dwelling"),
        community_fk("compound_id", "core.compound"),
        ForeignKeyConstraint(
            ["tenant_id", "community_id", "compound_id", "building_id"],
            [
                "core.building.tenant_id",
                "core.building.community_id",
                "core.building.compound_id",
                "core.building.id",
            ],
        ),
        community_fk("merged_into", "plugin_notices.objection"),
        CheckConstraint("kind IN ('objection', 'comment')", name="kind"),
        CheckConstraint("state IN ('open', 'answered', 'withdrawn')", name="state"),
        CheckConstraint("outcome IN ('', 'accepted', 'not_accepted', 'merged')", name="outcome"),
        CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name="answered"),
        CheckConstraint("(outcome = 'merged') = (merged_into IS NOT NULL)", name="merged"),
        CheckConstraint("outcome = '' OR state = 'answered'", name="outcome_answered"),
        Index("ix_objection_notice", "tenant_id", "community_id", "notice_id", "id"),
        Index("ix_objection_newest", "tenant_id", "community_id", "id"),
        Index("ix_objection_resident", "tenant_id", "community_id", "resident_id"),
        Index(
            "ix_objection_open",
            "tenant_id",
            "community_id",
            "answer_due_on",
            postgresql_where=text("state = 'open'"),
        ),
    )

    notice_id: Mapped[UUID]
    kind: Mapped[str]
    body: Mapped[str]
    #: ``None`` once the person's data was erased; the words stay as part of the record.
    resident_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    #: The home on which the right to speak rested when it was filed.
    dwelling_id: Mapped[UUID | None]
    compound_id: Mapped[UUID | None]
    building_id: Mapped[UUID | None]
    #: The person's own consent to their name being read by others (PIPL 25); where the notice's rule asks for it.
    shows_name: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Handed in on paper and typed by staff.
    is_on_paper: Mapped[bool] = mapped_column(server_default=text("false"))
    filed_by: Mapped[UUID | None]
    filed_by_name: Mapped[str] = mapped_column(server_default="")
    #: By the database's clock, whatever the sender says.
    filed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    edited_at: Mapped[datetime | None]
    #: The first moment that is too late, as it was reckoned when it was filed.
    takes_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(server_default="open")
    outcome: Mapped[str] = mapped_column(server_default="")
    merged_into: Mapped[UUID | None]
    answer: Mapped[str] = mapped_column(server_default="")
    #: The last day on which an answer is in time.
    answer_due_on: Mapped[date]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answered_by_name: Mapped[str] = mapped_column(server_default="")
    withdrawn_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class ObjectionCount(Base, CommunityRow):
    """How much was said about a notice in one community; counted by the writer, never per request."""

    __tablename__ = "objection_count"
    __keys__ = (UniqueConstraint("tenant_id", "community_id", "notice_id"),)

    notice_id: Mapped[UUID]
    objections: Mapped[int] = mapped_column(server_default="0")
    comments: Mapped[int] = mapped_column(server_default="0")
    unanswered: Mapped[int] = mapped_column(server_default="0")
    #: The earliest day on which one of the unanswered is due; before today, one is overdue.
    next_due_on: Mapped[date | None]
