"""Residents, households, ownership: who lives where, who owns what, since when and until when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, CommunityRow, Stamped, Versioned, community_fk
from linli.db.sealed import sealed

#: What a search of residents looks in, each by its beginning.
FIND_KEYS = (
    "find_name",
    "find_given",
    "find_last",
    "find_full",
    "find_initials",
    "find_given_full",
    "find_given_initials",
    "find_other_full",
    "find_other_initials",
    "find_phone",
)


def _key(expression: str) -> Mapped[str | None]:
    """A column that the database derives, for searching alone: compared by bytes, so that a beginning is a range."""
    return mapped_column(Text(collation="C"), Computed(expression, persisted=True), deferred=True)


class Resident(Base, CommunityRow, Versioned):
    """A person in one community; the same person in two communities is two rows, linked by account.

    Phone and identity number are sealed; ``*_bi`` finds equal values, ``*_mask`` is what lists show. ``find_*`` are
    derived from the name and the mask that stand beside them, and go with them when a person is erased.
    """

    __tablename__ = "resident"
    __keys__ = (
        Index("ix_resident_phone", "tenant_id", "community_id", "phone_bi"),
        Index(
            "uq_resident_id_number",
            "tenant_id",
            "community_id",
            "id_number_bi",
            unique=True,
            postgresql_where=text("id_number_bi IS NOT NULL AND merged_into IS NULL"),
        ),
        Index("ix_resident_account", "tenant_id", "account_id"),
        Index("ix_resident_name", "tenant_id", "community_id", "name_pinyin", "id"),
        *(Index(f"ix_resident_{each}", "tenant_id", "community_id", each) for each in FIND_KEYS),
        CheckConstraint("gender IN ('', 'male', 'female')", name="gender"),
    )

    name: Mapped[str]
    name_pinyin: Mapped[str] = mapped_column(server_default="")
    gender: Mapped[str] = mapped_column(server_default="")
    born_on: Mapped[date | None]
    phone_ct: Mapped[bytes | None] = mapped_column(info=sealed("resident", "phone", index="phone_bi", kind="phone"))
    phone_bi: Mapped[bytes | None]
    phone_mask: Mapped[str] = mapped_column(server_default="")
    id_number_ct: Mapped[bytes | None] = mapped_column(
        info=sealed("resident", "id_number", index="id_number_bi", kind="id_number")
    )
    id_number_bi: Mapped[bytes | None]
    id_number_mask: Mapped[str] = mapped_column(server_default="")
    #: Requirement REG-003: residents whose household registration lies elsewhere.
    is_migrant: Mapped[bool] = mapped_column(server_default=text("false"))
    remarks: Mapped[str] = mapped_column(server_default="")
    account_id: Mapped[UUID | None]
    merged_into: Mapped[UUID | None]
    erased_at: Mapped[datetime | None]

    find_name = _key("lower(name)")
    find_given = _key("NULLIF(lower(substr(name, 2)), '')")
    find_last = _key("NULLIF(lower(substr(name, 3)), '')")
    # The words of ``linli.kit.pinyin.spell_name``.
    find_full = _key("NULLIF(split_part(name_pinyin, ' ', 1), '')")
    find_initials = _key("NULLIF(split_part(name_pinyin, ' ', 2), '')")
    find_given_full = _key("NULLIF(split_part(name_pinyin, ' ', 3), '')")
    find_given_initials = _key("NULLIF(split_part(name_pinyin, ' ', 4), '')")
    find_other_full = _key("NULLIF(split_part(name_pinyin, ' ', 5), '')")
    find_other_initials = _key("NULLIF(split_part(name_pinyin, ' ', 6), '')")
    find_phone = _key("NULLIF(right(phone_mask, 4), '')")


class Organisation(Base, CommunityRow, Versioned):
    """An owner that is not a person: title unit 产权单位, developer 建设单位, company."""

    __tablename__ = "organisation"
    __keys__ = (
        UniqueConstraint("tenant_id", "community_id", "name"),
        CheckConstraint("kind IN ('title_unit', 'developer', 'company', 'other')", name="kind"),
    )

    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="other")
    credit_code: Mapped[str] = mapped_column(server_default="")
    contact: Mapped[str] = mapped_column(server_default="")


class Ownership(Base, CommunityRow, Versioned):
    """A share of a dwelling held by a person or an organisation over a span of days.

    Co-owners have one vote for the unit and choose who casts it (``is_representative``).
    """

    __tablename__ = "ownership"
    __keys__ = (
        community_fk("dwelling_id", "core.dwelling"),
        community_fk("resident_id", "core.resident"),
        community_fk("organisation_id", "core.organisation"),
        CheckConstraint("num_nonnulls(resident_id, organisation_id) = 1", name="one_owner"),
        CheckConstraint("share_numerator > 0 AND share_numerator <= share_denominator", name="share"),
        CheckConstraint("ended_on IS NULL OR started_on IS NULL OR ended_on >= started_on", name="span"),
        CheckConstraint(
            "basis IN ('registry', 'purchase', 'inheritance', 'court', 'relocation', 'unit_housing')", name="basis"
        ),
        Index("ix_ownership_dwelling", "tenant_id", "community_id", "dwelling_id"),
        Index("ix_ownership_resident", "tenant_id", "community_id", "resident_id"),
        Index("ix_ownership_organisation", "tenant_id", "community_id", "organisation_id"),
    )

    dwelling_id: Mapped[UUID]
    resident_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    share_numerator: Mapped[int] = mapped_column(server_default="1")
    share_denominator: Mapped[int] = mapped_column(server_default="1")
    basis: Mapped[str] = mapped_column(server_default="registry")
    is_representative: Mapped[bool] = mapped_column(server_default=text("false"))
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class Household(Base, CommunityRow, Versioned):
    """The people who live in one dwelling together, from the day they moved in to the day they left."""

    __tablename__ = "household"
    __keys__ = (
        community_fk("dwelling_id", "core.dwelling"),
        CheckConstraint("tenure IN ('owner', 'lease', 'public_rent', 'other')", name="tenure"),
        CheckConstraint("ended_on IS NULL OR started_on IS NULL OR ended_on >= started_on", name="span"),
        Index("ix_household_dwelling", "tenant_id", "community_id", "dwelling_id"),
    )

    dwelling_id: Mapped[UUID]
    tenure: Mapped[str] = mapped_column(server_default="owner")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    #: Requirement REG-004: registered pets.
    pets: Mapped[str] = mapped_column(server_default="")


class HouseholdMember(Base, CommunityRow, Stamped):
    """A person's stay in a household; closed by a moving-out day, never deleted."""

    __tablename__ = "household_member"
    __keys__ = (
        community_fk("household_id", "core.household"),
        community_fk("resident_id", "core.resident"),
        CheckConstraint("moved_out_on IS NULL OR moved_in_on IS NULL OR moved_out_on >= moved_in_on", name="span"),
        CheckConstraint(
            "relation IN ('head', 'spouse', 'child', 'parent', 'relative', 'lessee', 'other')", name="relation"
        ),
        Index("ix_household_member_household", "tenant_id", "community_id", "household_id"),
        Index("ix_household_member_resident", "tenant_id", "community_id", "resident_id"),
    )

    household_id: Mapped[UUID]
    resident_id: Mapped[UUID]
    relation: Mapped[str] = mapped_column(server_default="other")
    moved_in_on: Mapped[date | None]
    moved_out_on: Mapped[date | None]


class RosterImport(Base, CommunityRow, Versioned):
    """One uploaded roster on its way from file to register."""

    __tablename__ = "roster_import"
    __keys__ = (
        community_fk("compound_id", "core.compound"),
        CheckConstraint(
            "state IN ('uploaded', 'checking', 'faulty', 'ready', 'committing', 'committed', 'failed', 'discarded')",
            name="state",
        ),
        Index("ix_roster_import_at", "tenant_id", "community_id", "created_at"),
    )

    compound_id: Mapped[UUID]
    file_id: Mapped[UUID]
    file_name: Mapped[str]
    file_format: Mapped[str]
    job_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="uploaded")
    #: Header row and the column of each recognised field; unknown headers are kept and reported.
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    rows_total: Mapped[int] = mapped_column(server_default="0")
    rows_checked: Mapped[int] = mapped_column(server_default="0")
    rows_faulty: Mapped[int] = mapped_column(server_default="0")
    rows_written: Mapped[int] = mapped_column(server_default="0")
    summary: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    message: Mapped[str] = mapped_column(server_default="")


class RosterRow(Base, CommunityRow):
    """A staged row of a roster: what was read, what it will do, what is wrong with it.

    Sealed: it holds phone numbers.
    """

    __tablename__ = "roster_row"
    __keys__ = (
        community_fk("import_id", "core.roster_import", ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "community_id", "import_id", "n"),
        Index(
            "ix_roster_row_faulty",
            "tenant_id",
            "community_id",
            "import_id",
            "n",
            postgresql_where=text("faults IS NOT NULL"),
        ),
        Index("ix_roster_row_door", "tenant_id", "community_id", "import_id", "door_key", "n"),
    )

    import_id: Mapped[UUID]
    #: The row's number in the user's own file, counted from 1 with the header.
    n: Mapped[int]
    cells_ct: Mapped[bytes] = mapped_column(info=sealed("roster_row", "cells"))
    faults: Mapped[list[str] | None]
    effect: Mapped[str] = mapped_column(server_default="")
    #: A keyed hash of the door: the rows of one dwelling are judged together.
    door_key: Mapped[bytes | None]
    staged_at: Mapped[datetime] = mapped_column(server_default=func.now())
