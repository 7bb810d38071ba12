"""What a community settles for its own place in the guide of what goes where.

Revision ID: 0008_guide
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import community_row, protect, stamps

revision = "0008_guide"
down_revision = "0007_bookings"

_SCHEMA = "plugin_waste_sorting"
_CATEGORIES = "'recyclable', 'hazardous', 'kitchen', 'other', 'bulky', 'decoration', 'garden'"


def upgrade() -> None:
    op.create_table(
        "guide_item",
        *community_row("guide_item"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("aliases", sa.Text, server_default="", nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, server_default="", nullable=False),
        *stamps(versioned=True),
        sa.UniqueConstraint("tenant_id", "community_id", "name", name="uq_guide_item_tenant_id_community_id_name"),
        sa.CheckConstraint(f"category IN ({_CATEGORIES})", name="ck_guide_item_category"),
        schema=_SCHEMA,
    )
    op.create_index("ix_guide_item_list", "guide_item", ["tenant_id", "community_id", "id"], schema=_SCHEMA)
    protect(f"{_SCHEMA}.guide_item", community=True)
