"""Instructors with their terms, and activities of publicity."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import CommunityRow, Versioned, community_fk
from linli_waste_sorting.models import Base

#: How sorting was made known.
PUBLICITY_KINDS = ("event", "door", "talk", "leaflet", "board", "online", "other")
_KINDS = ", ".join(f"'{each}'" for each in PUBLICITY_KINDS)


class Instructor(Base, CommunityRow, Versioned):
    """Who instructs people in a compound 分类指导员 from a day on; there may be several at a time."""

    __tablename__ = "instructor"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("(undone_at IS NULL) = (undone_reason = '')", name="undone"),
        Index("ix_instructor_place", "tenant_id", "community_id", "compound_id", "starts_on"),
    )

    compound_id: Mapped[UUID]
    #: As residents see it.
    name: Mapped[str]
    #: An office, no private number.
    contact: Mapped[str] = mapped_column(server_default="")
    starts_on: Mapped[date]
    #: The last day of the term; ``None`` where none is agreed.
    ends_on: Mapped[date | None]
    named_by: Mapped[UUID | None]
    named_by_name: Mapped[str] = mapped_column(server_default="")
    #: Written down by mistake: it counts nowhere, and stays on record.
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str] = mapped_column(server_default="")


class Publicity(Base, CommunityRow, Versioned):
    """Something that was done to make sorting known 宣传活动."""

    __tablename__ = "publicity"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint("reach BETWEEN 0 AND 1000000", name="reach"),
        CheckConstraint("(struck_at IS NULL) = (struck_reason = '')", name="struck"),
        Index(
            "ix_publicity_day", "tenant_id", "community_id", "held_on", "id", postgresql_where=text("struck_at IS NULL")
        ),
        Index("ix_publicity_list", "tenant_id", "community_id", "id"),
    )

    #: ``None`` for the whole community.
    compound_id: Mapped[UUID | None]
    held_on: Mapped[date]
    kind: Mapped[str]
    title: Mapped[str]
    #: How many people it reached, as it was counted or estimated.
    reach: Mapped[int]
    note: Mapped[str] = mapped_column(server_default="")
    noted_by: Mapped[UUID | None]
    noted_by_name: Mapped[str] = mapped_column(server_default="")
    struck_at: Mapped[datetime | None]
    struck_reason: Mapped[str] = mapped_column(server_default="")
