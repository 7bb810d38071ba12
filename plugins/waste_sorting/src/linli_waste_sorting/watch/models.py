"""The tables of the bin watch."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.sdk import SHANGHAI, CommunityRow, Versioned, community_fk
from linli_waste_sorting.models import Base


class Shift(Base, CommunityRow, Versioned):
    """One station on one day from when to when, Asia/Shanghai, and how many people are wanted there."""

    __tablename__ = "watch_shift"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("station_id", "plugin_waste_sorting.station"),
        CheckConstraint("ends > begins", name="hours"),
        CheckConstraint("wanted BETWEEN 1 AND 20", name="wanted"),
        # ShiftsPlanned twice, it is still one shift.
        Index(
            "uq_watch_shift_begin",
            "tenant_id",
            "community_id",
            "station_id",
            "day",
            "begins",
            unique=True,
            postgresql_where=text("cancelled_at IS NULL"),
        ),
        Index("ix_watch_shift_day", "tenant_id", "community_id", "day", "begins", "id"),
        Index("ix_watch_shift_plan", "tenant_id", "community_id", "plan_id"),
    )

    compound_id: Mapped[UUID]
    station_id: Mapped[UUID]
    day: Mapped[date]
    begins: Mapped[time]
    ends: Mapped[time]
    wanted: Mapped[int]
    #: Shifts that were planned in one act, which can be taken back as one.
    plan_id: Mapped[UUID]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(server_default="")
    #: When staff last reminded those who hold a place.
    reminded_at: Mapped[datetime | None]

    @property
    def begins_at(self) -> datetime:
        """The moment at which it begins."""
        return datetime.combine(self.day, self.begins, SHANGHAI)

    @property
    def ends_at(self) -> datetime:
        """The moment at which it is over."""
        return datetime.combine(self.day, self.ends, SHANGHAI)


class Duty(Base, CommunityRow, Versioned):
    """One person's place in a shift. Given up or handed on it stays on record, and another one takes its place."""

    __tablename__ = "watch_duty"
    __keys__ = (
        community_fk("shift_id", "plugin_waste_sorting.watch_shift"),
        CheckConstraint("ended IN ('', 'left', 'removed', 'replaced', 'swapped', 'cancelled')", name="ended"),
        CheckConstraint("(ended = '') = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("came_by IN ('', 'code', 'staff')", name="came_by"),
        CheckConstraint("(came_by = '') = (came_at IS NULL)", name="came_at"),
        CheckConstraint("left_at >= came_at", name="left_at"),
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        CheckConstraint("(minutes IS NULL) = (counted_at IS NULL)", name="counted_at"),
        # A second click takes no second place.
        Index(
            "uq_watch_duty_person",
            "tenant_id",
            "community_id",
            "shift_id",
            "account_id",
            unique=True,
            postgresql_where=text("ended = '' AND account_id IS NOT NULL"),
        ),
        Index("ix_watch_duty_shift", "tenant_id", "community_id", "shift_id"),
        Index("ix_watch_duty_account", "tenant_id", "account_id"),
    )

    shift_id: Mapped[UUID]
    #: What they sign in with; none for somebody without a phone whom staff wrote down.
    account_id: Mapped[UUID | None]
    person_name: Mapped[str]
    #: Staff who gave them the place; empty for those who took it themselves.
    given_by: Mapped[str] = mapped_column(server_default="")
    #: Whose place this was before, by a substitution or a swap.
    instead_of: Mapped[UUID | None]
    #: Since when somebody is looked for to take it over.
    offered_at: Mapped[datetime | None]
    ended: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
    came_at: Mapped[datetime | None]
    #: By the code at the station, or noted by staff.
    came_by: Mapped[str] = mapped_column(server_default="")
    left_at: Mapped[datetime | None]
    #: What counts of it, once the shift is over.
    minutes: Mapped[int | None]
    counted_at: Mapped[datetime | None]


class Swap(Base, CommunityRow, Versioned):
    """Somebody proposes their own place in return for one that is offered; agreed to, the two change hands."""

    __tablename__ = "watch_swap"
    __keys__ = (
        community_fk("duty_id", "plugin_waste_sorting.watch_duty"),
        community_fk("return_id", "plugin_waste_sorting.watch_duty"),
        CheckConstraint("state IN ('open', 'agreed', 'declined', 'withdrawn')", name="state"),
        CheckConstraint("duty_id <> return_id", name="two"),
        UniqueConstraint("tenant_id", "community_id", "duty_id", "return_id"),
    )

    #: The place that is offered.
    duty_id: Mapped[UUID]
    #: The one that is proposed in return.
    return_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default="open")


class StationCode(Base, CommunityRow, Versioned):
    """What the code at a station says: who reads it there has been there."""

    __tablename__ = "watch_code"
    __keys__ = (
        community_fk("station_id", "plugin_waste_sorting.station"),
        CheckConstraint("code ~ '^[a-z2-7]{16}$'", name="code"),
        UniqueConstraint("tenant_id", "community_id", "station_id"),
        UniqueConstraint("tenant_id", "community_id", "code"),
    )

    station_id: Mapped[UUID]
    code: Mapped[str]
