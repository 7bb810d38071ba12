"""Outside apps, where they are let in, what was sent to them; tokens of apps beside those of accounts.

Revision ID: apps
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "apps"
down_revision = "obligations"

_SQL = Path(__file__).parents[1] / "sql" / "apps.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
