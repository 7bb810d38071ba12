"""Signed anchors of the audit chains, and the platform's own keys.

Revision ID: audit_anchors
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "audit_anchors"
down_revision = "privacy"

_SQL = Path(__file__).parents[1] / "sql" / "audit_anchors.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
