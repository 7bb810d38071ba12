"""Pick-ups that people book, and reports of full bins.

Revision ID: 0007_bookings
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import community_row, protect, refers, stamps

revision = "0007_bookings"
down_revision = "0005_inspections"

_SCHEMA = "plugin_waste_sorting"
_FETCHED = "'bulky', 'decoration', 'recyclable'"
_STATES = "'requested', 'confirmed', 'done', 'rejected', 'cancelled', 'missed'"
_CATEGORIES = "'recyclable', 'hazardous', 'kitchen', 'other', 'bulky', 'decoration', 'garden'"
_OPEN = sa.text("state IN ('requested', 'confirmed')")


def upgrade() -> None:
    _slots()
    _bookings()
    _pieces()
    _changes()
    _reports()
    _voices()


def _slots() -> None:
    op.create_table(
        "slot",
        *community_row("slot"),
        sa.Column("compound_id", sa.Uuid),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("opens", sa.Time, nullable=False),
        sa.Column("closes", sa.Time, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("books_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.Column("fee_fen", sa.BigInteger),
        sa.Column("fee_per", sa.Text, server_default="", nullable=False),
        sa.Column("fee_decision", sa.Text, server_default="", nullable=False),
        sa.Column("fee_decided_on", sa.Date),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        *stamps(versioned=True),
        refers("slot", "compound_id", "core.compound"),
        sa.CheckConstraint(f"category IN ({_FETCHED})", name="ck_slot_category"),
        sa.CheckConstraint("closes > opens", name="ck_slot_hours"),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name="ck_slot_capacity"),
        sa.CheckConstraint("taken BETWEEN 0 AND capacity", name="ck_slot_taken"),
        sa.CheckConstraint(
            "fee_per IN ('', 'piece', 'booking') AND (fee_per = '') = (fee_fen IS NULL)", name="ck_slot_fee_per"
        ),
        sa.CheckConstraint(
            "fee_fen IS NULL OR (fee_fen > 0 AND fee_decision <> '' AND fee_decided_on IS NOT NULL)", name="ck_slot_fee"
        ),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_slot_time",
        "slot",
        ["tenant_id", "community_id", "compound_id", "category", "day", "opens"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        schema=_SCHEMA,
    )
    _index("ix_slot_day", "slot", "community_id", "day", "id")
    protect(f"{_SCHEMA}.slot", community=True)


def _bookings() -> None:
    op.create_table(
        "booking",
        *community_row("booking"),
        sa.Column("slot_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("building_id", sa.Uuid),
        sa.Column("dwelling_id", sa.Uuid),
        sa.Column("resident_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("state", sa.Text, server_default="requested", nullable=False),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.Column("fee_fen", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        *stamps(versioned=True),
        refers("booking", "slot_id", f"{_SCHEMA}.slot"),
        refers("booking", "compound_id", "core.compound"),
        refers("booking", "dwelling_id", "core.dwelling"),
        refers("booking", "resident_id", "core.resident"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="ck_booking_state"),
        sa.CheckConstraint("(state = 'requested') = (answered_at IS NULL)", name="ck_booking_answered"),
        sa.CheckConstraint("fee_fen >= 0", name="ck_booking_fee"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_booking_dwelling",
        "booking",
        ["tenant_id", "community_id", "slot_id", "dwelling_id"],
        unique=True,
        postgresql_where=_OPEN,
        schema=_SCHEMA,
    )
    _index("ix_booking_slot", "booking", "community_id", "slot_id")
    _index("ix_booking_list", "booking", "community_id", "id")
    _index("ix_booking_account", "booking", "account_id", "id")
    _index("ix_booking_asked", "booking", "compound_id", "requested_at")
    _index("ix_booking_open", "booking", "community_id", "id", where=_OPEN)
    protect(f"{_SCHEMA}.booking", community=True)


def _pieces() -> None:
    op.create_table(
        "booking_piece",
        *community_row("booking_piece"),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pieces", sa.Integer, nullable=False),
        refers("booking_piece", "booking_id", f"{_SCHEMA}.booking"),
        sa.UniqueConstraint(
            *("tenant_id", "community_id", "booking_id", "position"),
            name="uq_booking_piece_tenant_id_community_id_booking_id_position",
        ),
        sa.CheckConstraint("pieces BETWEEN 1 AND 99", name="ck_booking_piece_pieces"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.booking_piece", community=True)


def _changes() -> None:
    op.create_table(
        "booking_change",
        *community_row("booking_change"),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("opens", sa.Time, nullable=False),
        sa.Column("is_moved", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("acted_by", sa.Uuid),
        sa.Column("acted_by_name", sa.Text, server_default="", nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        refers("booking_change", "booking_id", f"{_SCHEMA}.booking"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="ck_booking_change_state"),
        schema=_SCHEMA,
    )
    _index("ix_booking_change_booking", "booking_change", "community_id", "booking_id", "id")
    protect(f"{_SCHEMA}.booking_change", community=True)


def _reports() -> None:
    op.create_table(
        "full_report",
        *community_row("full_report"),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("voices", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.Column("handled_by", sa.Uuid),
        sa.Column("handled_by_name", sa.Text, server_default="", nullable=False),
        sa.Column("answer", sa.Text, server_default="", nullable=False),
        *stamps(versioned=True),
        refers("full_report", "station_id", f"{_SCHEMA}.station"),
        refers("full_report", "compound_id", "core.compound"),
        sa.CheckConstraint(f"category IN ({_CATEGORIES})", name="ck_full_report_category"),
        sa.CheckConstraint("voices >= 1", name="ck_full_report_voices"),
        sa.CheckConstraint("(handled_at IS NULL) = (answer = '')", name="ck_full_report_answer"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_full_report_open",
        "full_report",
        ["tenant_id", "community_id", "station_id", "category"],
        unique=True,
        postgresql_where=sa.text("handled_at IS NULL"),
        schema=_SCHEMA,
    )
    _index("ix_full_report_list", "full_report", "community_id", "id")
    _index("ix_full_report_asked", "full_report", "compound_id", "first_at")
    protect(f"{_SCHEMA}.full_report", community=True)


def _voices() -> None:
    op.create_table(
        "full_report_voice",
        *community_row("full_report_voice"),
        sa.Column("full_report_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("words", sa.Text, server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        refers("full_report_voice", "full_report_id", f"{_SCHEMA}.full_report"),
        refers("full_report_voice", "resident_id", "core.resident"),
        sa.UniqueConstraint(
            *("tenant_id", "community_id", "full_report_id", "account_id"),
            name="uq_full_report_voice_account",
        ),
        schema=_SCHEMA,
    )
    _index("ix_full_report_voice_account", "full_report_voice", "account_id", "id")
    protect(f"{_SCHEMA}.full_report_voice", community=True)


def _index(name: str, table: str, *columns: str, where: sa.TextClause | None = None) -> None:
    op.create_index(name, table, ["tenant_id", *columns], postgresql_where=where, schema=_SCHEMA)
