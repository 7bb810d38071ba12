"""What people keep of lists: which columns show, and named views.

Revision ID: list_views
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "list_views"
down_revision = "form_drafts"

_SQL = Path(__file__).parents[1] / "sql" / "list_views.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
