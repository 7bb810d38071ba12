"""What streets and compounds have chosen in place of wider rules, and the rules that decisions were made under.

Revision ID: rules
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

revision = "rules"
down_revision = "faults"

_SQL = Path(__file__).parents[1] / "sql" / "rules.sql"


def upgrade() -> None:
    driver: Any = op.get_bind().connection.driver_connection
    # Straight to the driver: the script may hold colons and percent signs that are not parameters.
    driver.execute(_SQL.read_text(encoding="utf-8").encode())
