"""The tables of pick-ups and of reports that a bin is full."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from linli.sdk import CommunityRow, Fen, Versioned, community_fk
from linli_waste_sorting.models import CATEGORIES, Base

#: What is fetched at the door, in the order in which it is offered.
FETCHED = ("bulky", "decoration", "recyclable")
#: What recyclables are sorted into when they are weighed, in the order in which it is asked.
RECYCLABLES = ("paper", "plastic", "metal", "glass", "textile", "appliance", "mixed")
#: From asking to its end; the first two are open.
STATES = ("requested", "confirmed", "done", "rejected", "cancelled", "missed")
OPEN = ("requested", "confirmed")

_FETCHED = ", ".join(f"'{each}'" for each in FETCHED)
_STATES = ", ".join(f"'{each}'" for each in STATES)
_RECYCLABLES = ", ".join(f"'{each}'" for each in RECYCLABLES)
_CATEGORIES = ", ".join(f"'{each}'" for each in CATEGORIES)


class Slot(Base, CommunityRow, Versioned):
    """When a crew comes for one kind of waste, and how many bookings it takes; counted in ``taken``, never beyond."""

    __tablename__ = "slot"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("carrier_id", "plugin_waste_sorting.carrier"),
        CheckConstraint(f"category IN ({_FETCHED})", name="category"),
        CheckConstraint("closes > opens", name="hours"),
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity"),
        # Whoever comes second at the same moment is refused by this, whatever the code above does.
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken"),
        CheckConstraint("fee_per IN ('', 'piece', 'booking') AND (fee_per = '') = (fee_fen IS NULL)", name="fee_per"),
        # Nobody is charged what the compound has not decided.
        CheckConstraint(
            "fee_fen IS NULL OR (fee_fen > 0 AND fee_decision <> '' AND fee_decided_on IS NOT NULL)", name="fee"
        ),
        CheckConstraint("pay_note = '' OR category = 'recyclable'", name="pay"),
        Index(
            "uq_slot_time",
            *("tenant_id", "community_id", "compound_id", "category", "day", "opens"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_slot_day", "tenant_id", "community_id", "day", "opens", "id"),
    )

    #: ``None`` for all compounds of the community.
    compound_id: Mapped[UUID | None]
    category: Mapped[str]
    day: Mapped[date]
    opens: Mapped[time]
    closes: Mapped[time]
    #: How many bookings; and how many there are that were not rejected, cancelled or moved elsewhere.
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default=text("0"))
    #: The first moment that is too late to book or to cancel.
    books_until: Mapped[datetime]
    note: Mapped[str] = mapped_column(server_default="")
    #: For each piece or for each booking; ``None`` where nothing is charged.
    fee_fen: Mapped[int | None] = mapped_column(Fen)
    fee_per: Mapped[str] = mapped_column(server_default="")
    fee_decision: Mapped[str] = mapped_column(server_default="")
    fee_decided_on: Mapped[date | None]
    #: Who comes; ``None`` where nobody has said.
    carrier_id: Mapped[UUID | None]
    #: What the carrier pays people for recyclables, in its own words; no money passes through here.
    pay_note: Mapped[str] = mapped_column(server_default="")
    #: Takes no bookings any more; those that it has stay.
    closed_at: Mapped[datetime | None]


class Booking(Base, CommunityRow, Versioned):
    """Somebody asks for things to be fetched from one dwelling. Nameless once the person's data was erased."""

    __tablename__ = "booking"
    __keys__ = (
        community_fk("slot_id", "plugin_waste_sorting.slot"),
        community_fk("compound_id", "core.compound"),
        community_fk("dwelling_id", "core.dwelling"),
        community_fk("resident_id", "core.resident"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("(state = 'requested') = (answered_at IS NULL)", name="answered"),
        CheckConstraint("fee_fen >= 0", name="fee"),
        CheckConstraint("paid_fen >= 0", name="paid"),
        CheckConstraint("booked_by IS NULL OR booked_by_name <> ''", name="booked_by"),
        # A second click, or a second person of the same dwelling, asks for nothing twice.
        Index(
            "uq_booking_dwelling",
            *("tenant_id", "community_id", "slot_id", "dwelling_id"),
            unique=True,
            postgresql_where=text("state IN ('requested', 'confirmed')"),
        ),
        Index("ix_booking_slot", "tenant_id", "community_id", "slot_id"),
        Index("ix_booking_list", "tenant_id", "community_id", "id"),
        Index("ix_booking_fee", "tenant_id", "community_id", "fee_fen", "id"),
        Index("ix_booking_state", "tenant_id", "community_id", "state", "id"),
        Index("ix_booking_account", "tenant_id", "account_id", "id"),
        Index("ix_booking_resident", "tenant_id", "resident_id", "id"),
        Index("ix_booking_asked", "tenant_id", "compound_id", "requested_at"),
        Index(
            "ix_booking_open",
            *("tenant_id", "community_id", "id"),
            postgresql_where=text("state IN ('requested', 'confirmed')"),
        ),
    )

    slot_id: Mapped[UUID]
    compound_id: Mapped[UUID]
    building_id: Mapped[UUID | None]
    dwelling_id: Mapped[UUID | None]
    resident_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    #: Of the staff, where they booked for somebody; ``None`` and empty where the person did it.
    booked_by: Mapped[UUID | None]
    booked_by_name: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="requested")
    note: Mapped[str] = mapped_column(server_default="")
    #: In all, as it was told before booking; what is charged later is never more.
    fee_fen: Mapped[int] = mapped_column(Fen, server_default=text("0"))
    #: What the carrier paid the person for recyclables, as it was told: information, no account. ``None``: not told.
    paid_fen: Mapped[int | None] = mapped_column(Fen)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: When staff said something for the first time, or the person took it back before.
    answered_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    things: Mapped[list[BookingPiece]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="BookingPiece.position"
    )
    weights: Mapped[list[BookingWeight]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="BookingWeight.id"
    )


class BookingPiece(Base, CommunityRow):
    """What is to be fetched: a thing and how many of it."""

    __tablename__ = "booking_piece"
    __keys__ = (
        community_fk("booking_id", "plugin_waste_sorting.booking"),
        CheckConstraint("pieces BETWEEN 1 AND 99", name="pieces"),
        UniqueConstraint("tenant_id", "community_id", "booking_id", "position"),
    )

    booking_id: Mapped[UUID]
    position: Mapped[int]
    name: Mapped[str]
    pieces: Mapped[int]


class BookingWeight(Base, CommunityRow):
    """Recyclables of one kind: what the person expects them to weigh, and what the carrier weighed and took."""

    __tablename__ = "booking_weight"
    __keys__ = (
        community_fk("booking_id", "plugin_waste_sorting.booking"),
        CheckConstraint(f"kind IN ({_RECYCLABLES})", name="kind"),
        CheckConstraint("expected_kg IS NOT NULL OR taken_kg IS NOT NULL", name="known"),
        CheckConstraint("expected_kg BETWEEN 0.1 AND 2000", name="expected"),
        CheckConstraint("taken_kg BETWEEN 0.1 AND 2000", name="taken"),
        UniqueConstraint("tenant_id", "community_id", "booking_id", "kind", name="uq_booking_weight_kind"),
    )

    booking_id: Mapped[UUID]
    kind: Mapped[str]
    #: Kilograms; ``None`` for what nobody had spoken of.
    expected_kg: Mapped[Decimal | None] = mapped_column(Numeric(6, 1))
    #: ``None`` until it is fetched, and for what was not taken.
    taken_kg: Mapped[Decimal | None] = mapped_column(Numeric(6, 1))


class BookingChange(Base, CommunityRow):
    """What became of a booking, by whom and when."""

    __tablename__ = "booking_change"
    __keys__ = (
        community_fk("booking_id", "plugin_waste_sorting.booking"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index("ix_booking_change_booking", "tenant_id", "community_id", "booking_id", "id"),
    )

    booking_id: Mapped[UUID]
    #: What it was afterwards, and when it was to be fetched then.
    state: Mapped[str]
    day: Mapped[date]
    opens: Mapped[time]
    is_moved: Mapped[bool] = mapped_column(server_default=text("false"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: Of the staff; both empty where the person who had booked did it.
    acted_by: Mapped[UUID | None]
    acted_by_name: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")


class FullReport(Base, CommunityRow, Versioned):
    """The bins for one kind of waste at a station are full; whoever says so too while it is open joins this report."""

    __tablename__ = "full_report"
    __keys__ = (
        community_fk("station_id", "plugin_waste_sorting.station"),
        community_fk("compound_id", "core.compound"),
        CheckConstraint(f"category IN ({_CATEGORIES})", name="category"),
        CheckConstraint("voices >= 1", name="voices"),
        CheckConstraint("(handled_at IS NULL) = (answer = '')", name="answer"),
        Index(
            "uq_full_report_open",
            *("tenant_id", "community_id", "station_id", "category"),
            unique=True,
            postgresql_where=text("handled_at IS NULL"),
        ),
        Index("ix_full_report_list", "tenant_id", "community_id", "id"),
        Index("ix_full_report_asked", "tenant_id", "compound_id", "first_at"),
    )

    station_id: Mapped[UUID]
    compound_id: Mapped[UUID]
    category: Mapped[str]
    #: How many people have said so.
    voices: Mapped[int] = mapped_column(server_default=text("1"))
    first_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    last_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[UUID | None]
    handled_by_name: Mapped[str] = mapped_column(server_default="")
    #: What was done about it; the people who reported it read this.
    answer: Mapped[str] = mapped_column(server_default="")


class FullReportVoice(Base, CommunityRow):
    """One person who reports that a bin is full. Nameless once the person's data was erased."""

    __tablename__ = "full_report_voice"
    __keys__ = (
        community_fk("full_report_id", "plugin_waste_sorting.full_report"),
        community_fk("resident_id", "core.resident"),
        UniqueConstraint(
            *("tenant_id", "community_id", "full_report_id", "account_id"), name="uq_full_report_voice_account"
        ),
        Index("ix_full_report_voice_account", "tenant_id", "account_id", "id"),
    )

    full_report_id: Mapped[UUID]
    resident_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    words: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
