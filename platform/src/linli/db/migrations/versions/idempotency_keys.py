"""The answers that retried requests of the API get again.

Revision ID: idempotency_keys
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "idempotency_keys"
down_revision = "files"

_SQL = Path(__file__).parents[1] / "sql" / "idempotency_keys.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
