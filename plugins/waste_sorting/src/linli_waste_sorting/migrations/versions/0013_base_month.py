"""The month that a street compares weights with.

Revision ID: 0013_base_month
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_base_month"
down_revision = "0012_household_codes"

_SCHEMA = "plugin_waste_sorting"


def upgrade() -> None:
    for table in ("indicator_set", "monthly_figures"):
        op.add_column(table, sa.Column("base_month", sa.Date), schema=_SCHEMA)
        is_first = "extract(day FROM base_month) = 1"
        op.create_check_constraint(f"ck_{table}_base_month", table, is_first, schema=_SCHEMA)
