"""How plugins fare in each street, told to every request beside what it asks anyway.

Revision ID: faults
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "faults"
down_revision = "setting_secrets"

_SQL = Path(__file__).parents[1] / "sql" / "faults.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
