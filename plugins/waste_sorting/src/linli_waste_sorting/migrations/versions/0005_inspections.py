"""Rounds of inspection, what was noted on them, and what followed for households.

Revision ID: 0005_inspections
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import community_row, protect, refers, stamps

revision = "0005_inspections"
down_revision = "0004_watch"

_SCHEMA = "plugin_waste_sorting"
_CATEGORIES = "'recyclable', 'hazardous', 'kitchen', 'other', 'bulky', 'decoration', 'garden'"
_LIVE = sa.text("struck_at IS NULL")


def upgrade() -> None:
    _rounds()
    _points()
    _findings()
    _steps()
    _appeals()


def _rounds() -> None:
    op.create_table(
        "inspection_round",
        *community_row("inspection_round"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("inspector_id", sa.Uuid),
        _text("inspector_name"),
        _moment("finished_at"),
        *stamps(versioned=True),
        refers("inspection_round", "compound_id", "core.compound"),
        schema=_SCHEMA,
    )
    _index("ix_inspection_round_list", "inspection_round", "tenant_id", "community_id", "id")
    _index("ix_inspection_round_day", "inspection_round", "tenant_id", "compound_id", "day")
    op.create_index(
        "uq_inspection_round_open",
        "inspection_round",
        ["tenant_id", "community_id", "compound_id", "inspector_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.inspection_round", community=True)


def _points() -> None:
    op.create_table(
        "inspection_point",
        *community_row("inspection_point"),
        *_noted(),
        sa.Column("point", sa.Text, nullable=False),
        sa.Column("is_met", sa.Boolean, nullable=False),
        *_of_round("inspection_point"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_inspection_point_once",
        "inspection_point",
        ["tenant_id", "community_id", "round_id", "station_id", "point"],
        unique=True,
        postgresql_where=_LIVE,
        schema=_SCHEMA,
    )
    _index("ix_inspection_point_list", "inspection_point", "tenant_id", "community_id", "id")
    _index("ix_inspection_point_day", "inspection_point", "tenant_id", "community_id", "day")
    protect(f"{_SCHEMA}.inspection_point", community=True)


def _findings() -> None:
    op.create_table(
        "inspection_finding",
        *community_row("inspection_finding"),
        *_noted(),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("dwelling_id", sa.Uuid),
        sa.Column("is_guided", sa.Boolean, server_default=sa.text("false"), nullable=False),
        *_of_round("inspection_finding"),
        refers("inspection_finding", "dwelling_id", "core.dwelling"),
        _check("inspection_finding", "subject", "subject IN ('container', 'bag')"),
        _check("inspection_finding", "category", f"category IN ({_CATEGORIES})"),
        _check("inspection_finding", "result", "result IN ('correct', 'wrong', 'contaminated')"),
        _check("inspection_finding", "dwelling", "dwelling_id IS NULL OR subject = 'bag'"),
        schema=_SCHEMA,
    )
    for name, columns in (("list", ("id",)), ("round", ("round_id",)), ("day", ("day",))):
        _index(f"ix_inspection_finding_{name}", "inspection_finding", "tenant_id", "community_id", *columns)
    op.create_index(
        "ix_inspection_finding_household",
        "inspection_finding",
        ["tenant_id", "community_id", "dwelling_id", "day"],
        postgresql_where=sa.text("dwelling_id IS NOT NULL"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.inspection_finding", community=True)


def _steps() -> None:
    op.create_table(
        "household_step",
        *community_row("household_step"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("dwelling_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("done_on", sa.Date, nullable=False),
        sa.Column("done_by", sa.Uuid),
        _text("done_by_name"),
        _text("note"),
        _text("reference"),
        sa.Column("counts_from", sa.Date, nullable=False),
        sa.Column("counted", sa.Integer, nullable=False),
        sa.Column("needed", sa.Integer, nullable=False),
        _moment("taken_back_at"),
        _text("taken_back_by_name"),
        _text("taken_back_reason"),
        _text("taken_back_cause"),
        *stamps(versioned=True),
        refers("household_step", "compound_id", "core.compound"),
        refers("household_step", "dwelling_id", "core.dwelling"),
        _check("household_step", "kind", "kind IN ('dissuade', 'report', 'warning', 'handover', 'service')"),
        _check("household_step", "reference", "kind <> 'handover' OR reference <> ''"),
        _check("household_step", "taken_back_cause", "taken_back_cause IN ('', 'appeal', 'finding', 'mistake')"),
        _check("household_step", "taken_back", "(taken_back_at IS NULL) = (taken_back_cause = '')"),
        schema=_SCHEMA,
    )
    _index("ix_household_step_list", "household_step", "tenant_id", "community_id", "id")
    _index("ix_household_step_dwelling", "household_step", "tenant_id", "community_id", "dwelling_id", "done_on")
    protect(f"{_SCHEMA}.household_step", community=True)


def _appeals() -> None:
    op.create_table(
        "household_appeal",
        *community_row("household_appeal"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("dwelling_id", sa.Uuid, nullable=False),
        sa.Column("finding_id", sa.Uuid),
        sa.Column("step_id", sa.Uuid),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("resident_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("filed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("state", sa.Text, server_default="open", nullable=False),
        _text("answer"),
        _moment("decided_at"),
        sa.Column("decided_by", sa.Uuid),
        _text("decided_by_name"),
        *stamps(versioned=True),
        refers("household_appeal", "compound_id", "core.compound"),
        refers("household_appeal", "dwelling_id", "core.dwelling"),
        refers("household_appeal", "finding_id", f"{_SCHEMA}.inspection_finding"),
        refers("household_appeal", "step_id", f"{_SCHEMA}.household_step"),
        refers("household_appeal", "resident_id", "core.resident"),
        _check("household_appeal", "one_subject", "num_nonnulls(finding_id, step_id) = 1"),
        _check("household_appeal", "state", "state IN ('open', 'upheld', 'rejected')"),
        _check("household_appeal", "decided", "(state = 'open') = (decided_at IS NULL)"),
        schema=_SCHEMA,
    )
    for column in ("finding_id", "step_id"):
        op.create_index(
            f"uq_household_appeal_{column.removesuffix('_id')}",
            "household_appeal",
            ["tenant_id", "community_id", column],
            unique=True,
            schema=_SCHEMA,
        )
    _index("ix_household_appeal_list", "household_appeal", "tenant_id", "community_id", "id")
    _index("ix_household_appeal_dwelling", "household_appeal", "tenant_id", "community_id", "dwelling_id")
    protect(f"{_SCHEMA}.household_appeal", community=True)


def _noted() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("round_id", sa.Uuid, nullable=False),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        _text("note"),
        sa.Column("is_final", sa.Boolean, server_default=sa.text("false"), nullable=False),
        _moment("struck_at"),
        _text("struck_by_name"),
        _text("struck_reason"),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )


def _of_round(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        refers(table, "round_id", f"{_SCHEMA}.inspection_round"),
        refers(table, "station_id", f"{_SCHEMA}.station"),
        refers(table, "compound_id", "core.compound"),
        _check(table, "struck", "(struck_at IS NULL) = (struck_reason = '')"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, server_default="", nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, list(columns), schema=_SCHEMA)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")
