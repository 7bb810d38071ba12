"""What the street's console keeps: numbers day by day, tasks and pushes to communities, briefings as issued.

Revision ID: console
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "console"
down_revision = "search"

_SQL = Path(__file__).parents[1] / "sql" / "console.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
