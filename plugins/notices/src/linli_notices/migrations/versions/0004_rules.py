"""Days of categories follow rules, and a posting keeps what its rule said.

Revision ID: 0004_rules
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_rules"
down_revision = "0003_participation"

_SCHEMA = "plugin_notices"


def upgrade() -> None:
    op.add_column("notice", sa.Column("rule_freeze_id", sa.Uuid()), schema=_SCHEMA)
    op.add_column(
        "notice_category",
        sa.Column("follows_rule", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema=_SCHEMA,
    )
