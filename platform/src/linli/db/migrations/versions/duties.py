"""Approvals by a second person.

Revision ID: duties
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "duties"
down_revision = "notifications"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    for part in ("approvals", "access"):
        # Straight to the driver: the scripts hold colons and percent signs that are not parameters.
        driver.execute((_SQL / f"duties_{part}.sql").read_text(encoding="utf-8").encode())
