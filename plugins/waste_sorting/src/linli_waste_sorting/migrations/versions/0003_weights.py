"""Carriers, their contracts, what they collected, and the months that were reported.

Revision ID: 0003_weights
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from linli.sdk.migrations import community_row, protect, refers, stamps

revision = "0003_weights"
down_revision = "0002_parties"

_SCHEMA = "plugin_waste_sorting"
_CATEGORIES = "'recyclable', 'hazardous', 'kitchen', 'other', 'bulky', 'decoration', 'garden'"


def upgrade() -> None:
    _carriers()
    _contracts()
    _collections()
    _reports()


def _carriers() -> None:
    op.create_table(
        "carrier",
        *community_row("carrier"),
        sa.Column("name", sa.Text, nullable=False),
        _text("licence"),
        _text("contact"),
        _text("note"),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        *stamps(versioned=True),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_carrier_name",
        "carrier",
        ["tenant_id", "community_id", "name"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.carrier", community=True)


def _contracts() -> None:
    op.create_table(
        "contract",
        *community_row("contract"),
        sa.Column("carrier_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("categories", JSONB, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        _text("ended_because"),
        *stamps(versioned=True),
        refers("contract", "carrier_id", f"{_SCHEMA}.carrier"),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_contract_days"),
        schema=_SCHEMA,
    )
    op.create_index("ix_contract_days", "contract", ["tenant_id", "community_id", "ends_on"], schema=_SCHEMA)
    protect(f"{_SCHEMA}.contract", community=True)
    columns = ("tenant_id", "community_id", "contract_id", "compound_id")
    op.create_table(
        "contract_compound",
        *community_row("contract_compound"),
        sa.Column("contract_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        refers("contract_compound", "contract_id", f"{_SCHEMA}.contract"),
        refers("contract_compound", "compound_id", "core.compound"),
        sa.UniqueConstraint(*columns, name="uq_contract_compound_place"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.contract_compound", community=True)


def _collections() -> None:
    op.create_table(
        "collection",
        *community_row("collection"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("station_id", sa.Uuid),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("carrier_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("clock", sa.Time),
        sa.Column("pieces", sa.Integer),
        sa.Column("kg", sa.Numeric(10, 1)),
        sa.Column("destination", sa.Text, nullable=False),
        _text("note"),
        sa.Column("doubts", JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("noted_by", sa.Uuid),
        _text("noted_name"),
        sa.Column("replaces_id", sa.Uuid),
        sa.Column("voided_at", sa.DateTime(timezone=True)),
        sa.Column("voided_by", sa.Uuid),
        _text("voided_name"),
        _text("void_reason"),
        *stamps(),
        refers("collection", "compound_id", "core.compound"),
        refers("collection", "station_id", f"{_SCHEMA}.station"),
        refers("collection", "carrier_id", f"{_SCHEMA}.carrier"),
        refers("collection", "replaces_id", f"{_SCHEMA}.collection"),
        sa.CheckConstraint(f"category IN ({_CATEGORIES})", name="ck_collection_category"),
        sa.CheckConstraint("pieces IS NOT NULL OR kg IS NOT NULL", name="ck_collection_quantity"),
        sa.CheckConstraint("pieces BETWEEN 1 AND 999", name="ck_collection_pieces"),
        sa.CheckConstraint("kg BETWEEN 0.1 AND 99999.9", name="ck_collection_kg"),
        sa.CheckConstraint("(voided_at IS NULL) = (void_reason = '')", name="ck_collection_void"),
        schema=_SCHEMA,
    )
    op.create_index("ix_collection_day", "collection", ["tenant_id", "community_id", "day", "id"], schema=_SCHEMA)
    op.create_index(
        "ix_collection_place", "collection", ["tenant_id", "compound_id", "category", "day"], schema=_SCHEMA
    )
    protect(f"{_SCHEMA}.collection", community=True)


def _reports() -> None:
    op.create_table(
        "ledger_report",
        *community_row("ledger_report"),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Uuid),
        _text("reported_name"),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("kg", sa.Numeric(12, 1), nullable=False),
        sa.Column("totals", JSONB, nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True)),
        sa.Column("reopened_by", sa.Uuid),
        _text("reopened_name"),
        _text("reopen_reason"),
        *stamps(),
        sa.CheckConstraint("extract(day FROM month) = 1", name="ck_ledger_report_month"),
        sa.CheckConstraint("(reopened_at IS NULL) = (reopen_reason = '')", name="ck_ledger_report_reopened"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_ledger_report_month",
        "ledger_report",
        ["tenant_id", "community_id", "month"],
        unique=True,
        postgresql_where=sa.text("reopened_at IS NULL"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.ledger_report", community=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, server_default="", nullable=False)
