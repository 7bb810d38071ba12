"""Carriers, their contracts, what they collected, and the months that were reported."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from linli.sdk import CommunityRow, Stamped, Versioned, community_fk
from linli_waste_sorting.models import CATEGORIES, Base

_CATEGORIES = ", ".join(f"'{each}'" for each in CATEGORIES)
#: Of one record, in kilograms: far above what one lorry carries, far below a slip of several digits.
MOST_KG = Decimal("99999.9")
MOST_PIECES = 999


class Carrier(Base, CommunityRow, Versioned):
    """Who takes waste away from a community 收运单位."""

    __tablename__ = "carrier"
    __keys__ = (
        # Two of one name could not be told apart by whoever notes a collection.
        Index(
            "uq_carrier_name",
            "tenant_id",
            "community_id",
            "name",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    name: Mapped[str]
    #: The number of its permit to collect and transport waste 许可证号.
    licence: Mapped[str] = mapped_column(server_default="")
    #: Of its office, no private number.
    contact: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[datetime | None]


class Contract(Base, CommunityRow, Versioned):
    """What a carrier takes away, from where and to where, in writing 收运合同."""

    __tablename__ = "contract"
    __keys__ = (
        community_fk("carrier_id", "plugin_waste_sorting.carrier"),
        CheckConstraint("ends_on >= starts_on", name="days"),
        Index("ix_contract_days", "tenant_id", "community_id", "ends_on"),
    )

    carrier_id: Mapped[UUID]
    #: Of the document.
    number: Mapped[str]
    #: Kinds of waste, some of ``CATEGORIES``, in their order.
    categories: Mapped[list[str]]
    #: Where it is taken, e.g. a treatment plant 去向.
    destination: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    #: Why it ended before the day that was agreed; empty where it did not.
    ended_because: Mapped[str] = mapped_column(server_default="")

    compounds: Mapped[list[ContractCompound]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="ContractCompound.id"
    )


class ContractCompound(Base, CommunityRow):
    """A compound from which a contract has waste taken away."""

    __tablename__ = "contract_compound"
    __keys__ = (
        community_fk("contract_id", "plugin_waste_sorting.contract"),
        community_fk("compound_id", "core.compound"),
        # Of its own name: the one that is made of the columns is too long.
        UniqueConstraint("tenant_id", "community_id", "contract_id", "compound_id", name="uq_contract_compound_place"),
    )

    contract_id: Mapped[UUID]
    compound_id: Mapped[UUID]


class Collection(Base, CommunityRow, Stamped):
    """What was taken away once 清运记录. It is never changed: a wrong one is struck out and written anew."""

    __tablename__ = "collection"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("station_id", "plugin_waste_sorting.station"),
        community_fk("carrier_id", "plugin_waste_sorting.carrier"),
        community_fk("replaces_id", "plugin_waste_sorting.collection"),
        CheckConstraint(f"category IN ({_CATEGORIES})", name="category"),
        CheckConstraint("pieces IS NOT NULL OR kg IS NOT NULL", name="quantity"),
        CheckConstraint("pieces BETWEEN 1 AND 999", name="pieces"),
        CheckConstraint("kg BETWEEN 0.1 AND 99999.9", name="kg"),
        CheckConstraint("(voided_at IS NULL) = (void_reason = '')", name="void"),
        Index("ix_collection_day", "tenant_id", "community_id", "day", "id"),
        Index("ix_collection_kg", "tenant_id", "community_id", "kg", "id"),
        Index("ix_collection_place", "tenant_id", "compound_id", "category", "day"),
    )

    compound_id: Mapped[UUID]
    #: Where in the compound; ``None`` for the compound as a whole.
    station_id: Mapped[UUID | None]
    category: Mapped[str]
    carrier_id: Mapped[UUID]
    day: Mapped[date]
    #: Asia/Shanghai; ``None`` where the paper names the day alone.
    clock: Mapped[time | None]
    #: Containers that were emptied; ``None`` where they were not counted.
    pieces: Mapped[int | None]
    #: ``None`` where it was not weighed.
    kg: Mapped[Decimal | None] = mapped_column(Numeric(10, 1))
    destination: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    #: What looked implausible and was confirmed by whoever noted it: keys of ``doubts.DOUBTS``.
    doubts: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    noted_by: Mapped[UUID | None]
    noted_name: Mapped[str] = mapped_column(server_default="")
    #: The record that was struck out in favour of this one.
    replaces_id: Mapped[UUID | None]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[UUID | None]
    voided_name: Mapped[str] = mapped_column(server_default="")
    void_reason: Mapped[str] = mapped_column(server_default="")


class LedgerReport(Base, CommunityRow, Stamped):
    """That a month's ledger was reported to the street, and what it said then."""

    __tablename__ = "ledger_report"
    __keys__ = (
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("(reopened_at IS NULL) = (reopen_reason = '')", name="reopened"),
        Index(
            "uq_ledger_report_month",
            "tenant_id",
            "community_id",
            "month",
            unique=True,
            postgresql_where=text("reopened_at IS NULL"),
        ),
    )

    #: Its first day.
    month: Mapped[date]
    reported_at: Mapped[datetime]
    reported_by: Mapped[UUID | None]
    reported_name: Mapped[str] = mapped_column(server_default="")
    times: Mapped[int]
    kg: Mapped[Decimal] = mapped_column(Numeric(12, 1))
    #: Compound to kind of waste to ``{"kg", "times", "pieces"}``, as they were at that moment.
    totals: Mapped[dict[str, Any]]
    #: Taken back to be put right; a later report takes its place.
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[UUID | None]
    reopened_name: Mapped[str] = mapped_column(server_default="")
    reopen_reason: Mapped[str] = mapped_column(server_default="")
