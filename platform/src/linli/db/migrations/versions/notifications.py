"""Messages to people: inbox, deliveries, what people chose, and the street's own words.

Revision ID: notifications
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "notifications"
down_revision = "0001"

_SQL = Path(__file__).parents[1] / "sql" / "notifications.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script holds colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
