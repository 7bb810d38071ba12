"""Stations with their hours and containers.

Revision ID: 0001_stations
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import community_row, protect, refers, stamps

revision = "0001_stations"
down_revision = None

_SCHEMA = "plugin_waste_sorting"
_CATEGORIES = "'recyclable', 'hazardous', 'kitchen', 'other', 'bulky', 'decoration', 'garden'"


def upgrade() -> None:
    _stations()
    _openings()
    _containers()


def _stations() -> None:
    op.create_table(
        "station",
        *community_row("station"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.Column("weekdays", sa.Integer, server_default=sa.text("127"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        *stamps(versioned=True),
        refers("station", "compound_id", "core.compound"),
        sa.CheckConstraint(
            "kind IN ('staffed', 'point', 'recyclables', 'bulky', 'decoration', 'garden')", name="ck_station_kind"
        ),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name="ck_station_weekdays"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_station_name",
        "station",
        ["tenant_id", "community_id", "compound_id", "name"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        schema=_SCHEMA,
    )
    op.create_index("ix_station_list", "station", ["tenant_id", "community_id", "id"], schema=_SCHEMA)
    protect(f"{_SCHEMA}.station", community=True)


def _openings() -> None:
    op.create_table(
        "opening",
        *community_row("opening"),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("opens", sa.Time, nullable=False),
        sa.Column("closes", sa.Time, nullable=False),
        refers("opening", "station_id", f"{_SCHEMA}.station"),
        _unique("opening", "opens"),
        sa.CheckConstraint("closes > opens", name="ck_opening_hours"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.opening", community=True)


def _containers() -> None:
    op.create_table(
        "container",
        *community_row("container"),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("pieces", sa.Integer, nullable=False),
        sa.Column("litres", sa.Integer),
        refers("container", "station_id", f"{_SCHEMA}.station"),
        _unique("container", "category"),
        sa.CheckConstraint(f"category IN ({_CATEGORIES})", name="ck_container_category"),
        sa.CheckConstraint("pieces BETWEEN 1 AND 99", name="ck_container_pieces"),
        sa.CheckConstraint("litres BETWEEN 1 AND 20000", name="ck_container_litres"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.container", community=True)


def _unique(table: str, column: str) -> sa.UniqueConstraint:
    columns = ("tenant_id", "community_id", "station_id", column)
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")
