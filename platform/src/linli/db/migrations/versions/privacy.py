"""Requests of the people concerned, reveals, consents, assessments, holds, periods and purges.

Revision ID: privacy
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "privacy"
down_revision = "lifecycle"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    for part in ("tables", "accounts"):
        # Straight to the driver: the scripts hold colons and percent signs that are not parameters.
        driver.execute((_SQL / f"privacy_{part}.sql").read_text(encoding="utf-8").encode())
