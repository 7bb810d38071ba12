"""Events with their lanes and inbox; queues, turns and lanes of jobs; a doorbell for each queue.

Revision ID: events
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "events"
down_revision = "rules"

_SQL = Path(__file__).parents[1] / "sql" / "events.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
