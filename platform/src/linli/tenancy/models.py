"""Street office > community > compound > building > unit entrance > dwelling."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Numeric, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, Stamped, TenantRow, Versioned, community_fk
from linli.kit.ids import new_id


class Tenant(Base, Stamped):
    """A street office 街道办事处 or township. Open: a name, a code and an address, no personal data."""

    __tablename__ = "tenant"
    __table_args__ = {"info": {"open": "names the street offices themselves", "rights": ("SELECT",)}}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    district_code: Mapped[str]
    district_name: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(server_default="active")
    vanished_at: Mapped[datetime | None]


class Domain(Base):
    """A custom host name that maps to a street office."""

    __tablename__ = "domain"
    __table_args__ = {"info": {"open": "a host must be resolved before a tenant is known", "rights": ("SELECT",)}}

    host: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]


class Division(Base):
    """A unit of the official register: district (6 digits), street (9), community (12)."""

    __tablename__ = "division"
    __table_args__ = {"info": {"open": "published administrative divisions", "rights": ("SELECT",)}}

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_code: Mapped[str] = mapped_column(index=True)
    level: Mapped[int] = mapped_column(SmallInteger)


class CalendarDay(Base):
    """A day whose nature differs from its weekday: official holiday or make-up workday 调休."""

    __tablename__ = "calendar_day"
    __table_args__ = {"info": {"open": "the State Council's published holidays", "rights": ("SELECT",)}}

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]


class Community(Base, TenantRow, Versioned):
    """A community 社区: the area of one residents' committee, with its own admin portal."""

    __tablename__ = "community"
    __keys__ = (
        UniqueConstraint("tenant_id", "code"),
        UniqueConstraint("tenant_id", "slug"),
        CheckConstraint("status IN ('active', 'vanished')", name="status"),
    )

    code: Mapped[str]
    slug: Mapped[str]
    name: Mapped[str]
    register_name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    office_phone: Mapped[str] = mapped_column(server_default="")
    office_address: Mapped[str] = mapped_column(server_default="")
    #: When the register last stopped naming this community; kept, never deleted.
    vanished_at: Mapped[datetime | None]


class Compound(Base, CommunityRow, Versioned):
    """A residential compound 小区: the unit that governs itself."""

    __tablename__ = "compound"
    __keys__ = (
        UniqueConstraint("tenant_id", "community_id", "name"),
        CheckConstraint(
            "kind IN ('commodity', 'unit_dormitory', 'affordable', 'relocation', 'mixed', 'other')", name="kind"
        ),
    )

    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="other")
    #: Requirement REG-002: old compounds and their condition are marked.
    is_old: Mapped[bool] = mapped_column(server_default=text("false"))
    condition: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    built_year: Mapped[int | None]
    management: Mapped[str] = mapped_column(server_default="none")
    archived_at: Mapped[datetime | None]


class Building(Base, CommunityRow, Versioned):
    """A building 楼栋 of a compound. ``sort_key`` orders 2 before 10."""

    __tablename__ = "building"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        UniqueConstraint("tenant_id", "community_id", "compound_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "compound_id", "name"),
    )

    compound_id: Mapped[UUID]
    name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(server_default="")
    floors: Mapped[int | None]


class UnitEntrance(Base, CommunityRow, Stamped):
    """A unit entrance 单元 of a building."""

    __tablename__ = "unit_entrance"
    __keys__ = (
        community_fk("building_id", "core.building"),
        UniqueConstraint("tenant_id", "community_id", "building_id", "name"),
    )

    building_id: Mapped[UUID]
    name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(server_default="")


class Dwelling(Base, CommunityRow, Versioned):
    """An exclusive part 专有部分 of a building: a home, a shop, a garage; carries its exclusive area in m2."""

    __tablename__ = "dwelling"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        community_fk("building_id", "core.building"),
        community_fk("unit_entrance_id", "core.unit_entrance"),
        Index(
            "uq_dwelling_door",
            "tenant_id",
            "community_id",
            "building_id",
            text("coalesce(unit_entrance_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            "door",
            unique=True,
        ),
        Index("ix_dwelling_place", "tenant_id", "compound_id", "sort_key", "id"),
        Index("ix_dwelling_community", "tenant_id", "community_id", "sort_key", "id"),
        Index("ix_dwelling_find_door", "tenant_id", "community_id", "find_door"),
        Index("ix_dwelling_find_key", "tenant_id", "community_id", "find_key"),
        CheckConstraint("usage IN ('residential', 'commercial', 'parking', 'storage', 'other')", name="usage"),
        CheckConstraint("area_basis IN ('registry', 'surveyed', 'contract', 'unknown')", name="area_basis"),
        CheckConstraint("exclusive_area IS NULL OR exclusive_area > 0", name="exclusive_area"),
        CheckConstraint("delivery IN ('delivered', 'sold_undelivered', 'unsold')", name="delivery"),
    )

    compound_id: Mapped[UUID]
    building_id: Mapped[UUID]
    unit_entrance_id: Mapped[UUID | None]
    door: Mapped[str]
    #: Building, unit and door in one string that sorts as people count.
    sort_key: Mapped[str] = mapped_column(server_default="")
    #: "3号楼 2单元 501", kept for lists and search.
    label: Mapped[str] = mapped_column(server_default="")
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    exclusive_area: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    #: Registry area, else surveyed, else contract (区分所有权解释 第8条).
    area_basis: Mapped[str] = mapped_column(server_default="unknown")
    usage: Mapped[str] = mapped_column(server_default="residential")
    #: The developer's unsold and sold-but-undelivered units count together as one head (解释 第9条).
    delivery: Mapped[str] = mapped_column(server_default="delivered")
    #: ``door`` and ``sort_key`` compared by bytes, so that a beginning is a range; for searching alone.
    find_door: Mapped[str | None] = mapped_column(Text(collation="C"), Computed("door", persisted=True), deferred=True)
    find_key: Mapped[str | None] = mapped_column(
        Text(collation="C"), Computed("sort_key", persisted=True), deferred=True
    )


class CommunitySummary(Base, CommunityRow):
    """Counts per community for the street's overview, kept by the writers; never counted per request."""

    __tablename__ = "community_summary"
    __keys__ = (UniqueConstraint("tenant_id", "community_id"),)

    compounds: Mapped[int] = mapped_column(server_default="0")
    buildings: Mapped[int] = mapped_column(server_default="0")
    dwellings: Mapped[int] = mapped_column(server_default="0")
    households: Mapped[int] = mapped_column(server_default="0")
    residents: Mapped[int] = mapped_column(server_default="0")
    counted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AppliedManifest(Base, TenantRow):
    """What ``tenants apply`` last wrote: the keys it owns, to tell what a portal changed since."""

    __tablename__ = "applied_manifest"
    __keys__ = (Index("ix_applied_manifest_at", "tenant_id", "applied_at"),)

    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())
    digest: Mapped[bytes]
    content: Mapped[dict[str, Any]]
