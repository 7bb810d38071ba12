"""Pick-ups that staff book for somebody.

Revision ID: 0011_mend
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_mend"
down_revision = "0008_guide"

_SCHEMA = "plugin_waste_sorting"


def upgrade() -> None:
    _booked_by_staff()


def _booked_by_staff() -> None:
    op.add_column("booking", sa.Column("booked_by", sa.Uuid), schema=_SCHEMA)
    op.add_column("booking", sa.Column("booked_by_name", sa.Text, server_default="", nullable=False), schema=_SCHEMA)
    op.create_check_constraint(
        "ck_booking_booked_by", "booking", "booked_by IS NULL OR booked_by_name <> ''", schema=_SCHEMA
    )
    op.create_index("ix_booking_resident", "booking", ["tenant_id", "resident_id", "id"], schema=_SCHEMA)
