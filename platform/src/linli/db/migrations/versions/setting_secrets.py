"""Settings that are keys to services, sealed.

Revision ID: setting_secrets
"""

from __future__ import annotations

from alembic import op

revision = "setting_secrets"
down_revision = "audit_anchors"


def upgrade() -> None:
    op.execute("ALTER TABLE core.setting ADD COLUMN secret_ct bytea")
