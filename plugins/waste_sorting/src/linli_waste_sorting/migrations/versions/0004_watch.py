"""The bin watch: shifts, who holds a place in them, swaps, and the stations' codes.

Revision ID: 0004_watch
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import community_row, protect, refers

revision = "0004_watch"
down_revision = "0003_weights"

_SCHEMA = "plugin_waste_sorting"


def upgrade() -> None:
    _shifts()
    _duties()
    _swaps()
    _codes()


def _shifts() -> None:
    op.create_table(
        "watch_shift",
        *community_row("watch_shift", versioned=True),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("begins", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("plan_id", sa.Uuid, nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("cancel_reason", sa.Text, server_default="", nullable=False),
        refers("watch_shift", "compound_id", "core.compound"),
        refers("watch_shift", "station_id", f"{_SCHEMA}.station"),
        sa.CheckConstraint("ends > begins", name="ck_watch_shift_hours"),
        sa.CheckConstraint("wanted BETWEEN 1 AND 20", name="ck_watch_shift_wanted"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_watch_shift_begin",
        "watch_shift",
        ["tenant_id", "community_id", "station_id", "day", "begins"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
        schema=_SCHEMA,
    )
    _index("watch_shift", "day", "community_id", "day", "begins", "id")
    _index("watch_shift", "plan", "community_id", "plan_id")
    protect(f"{_SCHEMA}.watch_shift", community=True)


def _duties() -> None:
    op.create_table(
        "watch_duty",
        *community_row("watch_duty", versioned=True),
        sa.Column("shift_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("person_name", sa.Text, nullable=False),
        sa.Column("given_by", sa.Text, server_default="", nullable=False),
        sa.Column("instead_of", sa.Uuid),
        sa.Column("offered_at", sa.DateTime(timezone=True)),
        sa.Column("ended", sa.Text, server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("came_at", sa.DateTime(timezone=True)),
        sa.Column("came_by", sa.Text, server_default="", nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True)),
        sa.Column("minutes", sa.Integer),
        sa.Column("counted_at", sa.DateTime(timezone=True)),
        refers("watch_duty", "shift_id", f"{_SCHEMA}.watch_shift"),
        sa.CheckConstraint(
            "ended IN ('', 'left', 'removed', 'replaced', 'swapped', 'cancelled')", name="ck_watch_duty_ended"
        ),
        sa.CheckConstraint("(ended = '') = (ended_at IS NULL)", name="ck_watch_duty_ended_at"),
        sa.CheckConstraint("came_by IN ('', 'code', 'staff')", name="ck_watch_duty_came_by"),
        sa.CheckConstraint("(came_by = '') = (came_at IS NULL)", name="ck_watch_duty_came_at"),
        sa.CheckConstraint("left_at >= came_at", name="ck_watch_duty_left_at"),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name="ck_watch_duty_minutes"),
        sa.CheckConstraint("(minutes IS NULL) = (counted_at IS NULL)", name="ck_watch_duty_counted_at"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_watch_duty_person",
        "watch_duty",
        ["tenant_id", "community_id", "shift_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("ended = '' AND account_id IS NOT NULL"),
        schema=_SCHEMA,
    )
    _index("watch_duty", "shift", "community_id", "shift_id")
    _index("watch_duty", "account", "account_id")
    protect(f"{_SCHEMA}.watch_duty", community=True)


def _swaps() -> None:
    op.create_table(
        "watch_swap",
        *community_row("watch_swap", versioned=True),
        sa.Column("duty_id", sa.Uuid, nullable=False),
        sa.Column("return_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, server_default="open", nullable=False),
        refers("watch_swap", "duty_id", f"{_SCHEMA}.watch_duty"),
        refers("watch_swap", "return_id", f"{_SCHEMA}.watch_duty"),
        sa.CheckConstraint("state IN ('open', 'agreed', 'declined', 'withdrawn')", name="ck_watch_swap_state"),
        sa.CheckConstraint("duty_id <> return_id", name="ck_watch_swap_two"),
        _unique("watch_swap", "duty_id", "return_id"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.watch_swap", community=True)


def _codes() -> None:
    op.create_table(
        "watch_code",
        *community_row("watch_code", versioned=True),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        refers("watch_code", "station_id", f"{_SCHEMA}.station"),
        sa.CheckConstraint("code ~ '^[a-z2-7]{16}$'", name="ck_watch_code_code"),
        _unique("watch_code", "station_id"),
        _unique("watch_code", "code"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.watch_code", community=True)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    wanted = ("tenant_id", "community_id", *columns)
    return sa.UniqueConstraint(*wanted, name=f"uq_{table}_{'_'.join(wanted)}")


def _index(table: str, name: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{name}", table, ["tenant_id", *columns], schema=_SCHEMA)
