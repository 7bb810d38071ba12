"""How duties stand and stood: a row for each place, duty and period; releases from duties; sums for the trend."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, Versioned, community_fk

_STATES = "'overdue', 'unknown', 'due', 'exempted', 'late', 'fulfilled', 'not_applicable'"


class ObligationRecord(Base, CommunityRow):
    """One duty of one compound, or of a whole community, in one period; as it was judged once ``settled_at`` is set."""

    __tablename__ = "obligation_record"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("exemption_id", "core.obligation_exemption"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("first_day <= last_day", name="days"),
        Index(
            "uq_obligation_record_period",
            "tenant_id",
            "community_id",
            "compound_id",
            "obligation",
            "period",
            unique=True,
            # A community's own duty has no compound, and counts once there too.
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "uq_obligation_record_shown",
            "tenant_id",
            "community_id",
            "compound_id",
            "obligation",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("is_shown"),
        ),
        Index(
            "ix_obligation_record_open",
            "tenant_id",
            "community_id",
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_obligation_record_place", "tenant_id", "compound_id", "obligation", "due_on"),
    )

    #: ``NULL``: the community's own duty.
    compound_id: Mapped[UUID | None]
    obligation: Mapped[str]
    #: Its days, or ``occasion:`` and the occasion's key.
    period: Mapped[str]
    #: What the deadline runs from, in words; empty for periods of the calendar.
    occasion: Mapped[str] = mapped_column(server_default="")
    first_day: Mapped[date]
    last_day: Mapped[date]
    due_on: Mapped[date]
    state: Mapped[str]
    #: Why there is no duty, or why nobody knows.
    reason: Mapped[str] = mapped_column(server_default="")
    fulfilled_on: Mapped[date | None]
    #: The place or its plugin is younger than the period.
    is_partial: Mapped[bool] = mapped_column(server_default=text("false"))
    #: The newest that count, each with ``on``, ``title`` and ``path``; ``found`` is how many there are.
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    found: Mapped[int] = mapped_column(server_default=text("0"))
    #: The rules that it is judged by, as they held: title, article, source and all. Fixed from the due day on.
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    exemption_id: Mapped[UUID | None]
    #: What boards show of this duty here: the worst that is open.
    is_shown: Mapped[bool] = mapped_column(server_default=text("false"))
    checked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]
    #: When those responsible were told that it falls due, and that it is overdue.
    due_told_at: Mapped[datetime | None]
    overdue_told_at: Mapped[datetime | None]


class ObligationExemption(Base, CommunityRow, Versioned):
    """A place is released from a duty for a time; never deleted: it ends, or it is withdrawn."""

    __tablename__ = "obligation_exemption"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("reason <> ''", name="reason"),
        Index(
            "uq_obligation_exemption_day",
            "tenant_id",
            "community_id",
            "compound_id",
            "obligation",
            "starts_on",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_obligation_exemption_newest", "tenant_id", "id"),
        # History: nothing is deleted.
        {"info": {"rights": ("SELECT", "INSERT", "UPDATE")}},
    )

    compound_id: Mapped[UUID | None]
    obligation: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str]
    given_by_name: Mapped[str] = mapped_column(server_default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_name: Mapped[str] = mapped_column(server_default="")
    withdraw_reason: Mapped[str] = mapped_column(server_default="")


class ObligationTally(Base, CommunityRow):
    """How many places of a community stand how with one duty in one period; kept by whoever judges."""

    __tablename__ = "obligation_tally"
    __keys__ = (UniqueConstraint("tenant_id", "community_id", "obligation", "first_day", "last_day"),)

    obligation: Mapped[str]
    #: Of the period; of duties that run from occasions, the month in which they were due.
    first_day: Mapped[date]
    last_day: Mapped[date]
    overdue: Mapped[int] = mapped_column(server_default=text("0"))
    unknown: Mapped[int] = mapped_column(server_default=text("0"))
    due: Mapped[int] = mapped_column(server_default=text("0"))
    exempted: Mapped[int] = mapped_column(server_default=text("0"))
    late: Mapped[int] = mapped_column(server_default=text("0"))
    fulfilled: Mapped[int] = mapped_column(server_default=text("0"))
    not_applicable: Mapped[int] = mapped_column(server_default=text("0"))
