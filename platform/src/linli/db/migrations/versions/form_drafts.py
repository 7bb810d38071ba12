"""What people typed into long forms and have not sent.

Revision ID: form_drafts
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "form_drafts"
down_revision = "console"

_SQL = Path(__file__).parents[1] / "sql" / "form_drafts.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
