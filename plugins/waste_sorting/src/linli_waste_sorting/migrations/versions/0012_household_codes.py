"""What the codes on a household's phones are signed with, and when it was given a card.

Revision ID: 0012_household_codes
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_household_codes"
down_revision = "0011_indicators"

_SCHEMA = "plugin_waste_sorting"
#: 244 bits drawn by lot; the database has no other source of them by itself.
_DRAWN = sa.text("uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())")


def upgrade() -> None:
    # Defaults fill the rows that are there, whatever rows this role may see; new ones get their key from the plugin.
    key = sa.Column("key", sa.LargeBinary, server_default=_DRAWN, nullable=False)
    op.add_column("points_purse", key, schema=_SCHEMA)
    # Codes that were read until now may have been printed.
    carded_at = sa.Column("carded_at", sa.DateTime(timezone=True), server_default=sa.func.now())
    op.add_column("points_purse", carded_at, schema=_SCHEMA)
    for name in ("key", "carded_at"):
        op.alter_column("points_purse", name, server_default=None, schema=_SCHEMA)
    op.create_check_constraint("ck_points_purse_key", "points_purse", "octet_length(key) = 32", schema=_SCHEMA)
