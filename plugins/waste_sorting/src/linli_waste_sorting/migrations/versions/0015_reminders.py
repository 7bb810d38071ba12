"""When those on a shift were last reminded; and what the lists of points, rankings and shifts are sorted by.

Revision ID: 0015_reminders
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_reminders"
down_revision = "0014_list_orders"

_SCHEMA = "plugin_waste_sorting"
#: Index to its table and to what follows tenant and community.
_NEW = {
    "ix_points_purse_balance": ("points_purse", "balance", "id"),
    "ix_points_purse_opened": ("points_purse", "opened_at", "id"),
    "ix_points_flag_list_raised": ("points_flag", "raised_at", "id"),
    "ix_points_redemption_at": ("points_redemption", "at", "id"),
    "ix_points_redemption_points": ("points_redemption", "points", "id"),
    "ix_ranking_month": ("ranking", "month", "id"),
}


def upgrade() -> None:
    op.add_column("watch_shift", sa.Column("reminded_at", sa.DateTime(timezone=True)), schema=_SCHEMA)
    for name, (table, *columns) in _NEW.items():
        op.create_index(name, table, ["tenant_id", "community_id", *columns], schema=_SCHEMA)
