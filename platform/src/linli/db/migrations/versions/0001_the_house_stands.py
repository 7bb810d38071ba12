"""The tables, walls and definer functions of the core.

Revision ID: 0001
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    for part in ("tables", "walls", "audit", "access", "identity", "tasks", "statistics"):
        script = (_SQL / f"0001_{part}.sql").read_text(encoding="utf-8")
        if script.strip():
            # Straight to the driver: the scripts hold colons and percent signs that are not parameters.
            driver.execute(script.encode())
