"""Pick-ups that staff book for somebody, and recyclables by weight.

Revision ID: 0009_booking_weights
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import community_row, protect, refers

revision = "0009_booking_weights"
down_revision = "0008_guide"

_SCHEMA = "plugin_waste_sorting"
_RECYCLABLES = "'paper', 'plastic', 'metal', 'glass', 'textile', 'appliance', 'mixed'"


def upgrade() -> None:
    _booked_by_staff()
    _recyclables()


def _booked_by_staff() -> None:
    op.add_column("booking", sa.Column("booked_by", sa.Uuid), schema=_SCHEMA)
    op.add_column("booking", sa.Column("booked_by_name", sa.Text, server_default="", nullable=False), schema=_SCHEMA)
    op.create_check_constraint(
        "ck_booking_booked_by", "booking", "booked_by IS NULL OR booked_by_name <> ''", schema=_SCHEMA
    )
    op.create_index("ix_booking_resident", "booking", ["tenant_id", "resident_id", "id"], schema=_SCHEMA)


def _recyclables() -> None:
    op.add_column("slot", sa.Column("carrier_id", sa.Uuid), schema=_SCHEMA)
    op.add_column("slot", sa.Column("pay_note", sa.Text, server_default="", nullable=False), schema=_SCHEMA)
    op.create_check_constraint("ck_slot_pay", "slot", "pay_note = '' OR category = 'recyclable'", schema=_SCHEMA)
    op.create_foreign_key(
        "fk_slot_tenant_id_community_id_carrier_id",
        "slot",
        "carrier",
        ["tenant_id", "community_id", "carrier_id"],
        ["tenant_id", "community_id", "id"],
        source_schema=_SCHEMA,
        referent_schema=_SCHEMA,
    )
    op.add_column("booking", sa.Column("paid_fen", sa.BigInteger), schema=_SCHEMA)
    op.create_check_constraint("ck_booking_paid", "booking", "paid_fen >= 0", schema=_SCHEMA)
    op.create_table(
        "booking_weight",
        *community_row("booking_weight"),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("expected_kg", sa.Numeric(6, 1)),
        sa.Column("taken_kg", sa.Numeric(6, 1)),
        sa.UniqueConstraint("tenant_id", "community_id", "booking_id", "kind", name="uq_booking_weight_kind"),
        refers("booking_weight", "booking_id", f"{_SCHEMA}.booking"),
        sa.CheckConstraint(f"kind IN ({_RECYCLABLES})", name="ck_booking_weight_kind"),
        sa.CheckConstraint("expected_kg IS NOT NULL OR taken_kg IS NOT NULL", name="ck_booking_weight_known"),
        sa.CheckConstraint("expected_kg BETWEEN 0.1 AND 2000", name="ck_booking_weight_expected"),
        sa.CheckConstraint("taken_kg BETWEEN 0.1 AND 2000", name="ck_booking_weight_taken"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.booking_weight", community=True)
