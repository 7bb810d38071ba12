"""Figures of a month, definitions of indicators, rankings; instructors and publicity.

Revision ID: 0011_indicators
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from linli.sdk.migrations import protect

revision = "0011_indicators"
down_revision = "0010_points"

_SCHEMA = "plugin_waste_sorting"
_MOMENT = sa.DateTime(timezone=True)
_KINDS = "'event', 'door', 'talk', 'leaflet', 'board', 'online', 'other'"
_STREET_WIDE = "a street ranks its communities for all of them to read"


def upgrade() -> None:
    _figures()
    _sets()
    _rankings()
    _instructors()
    _publicity()


def _figures() -> None:
    op.create_table(
        "monthly_figures",
        *_keys("monthly_figures"),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("place_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid),
        sa.Column("amounts", JSONB, nullable=False),
        sa.Column("computed_at", _MOMENT, nullable=False),
        sa.Column("frozen_at", _MOMENT),
        sa.Column("differs_at", _MOMENT),
        *_stamped(),
        _compound("monthly_figures"),
        sa.CheckConstraint("level IN ('community', 'compound', 'building')", name="ck_monthly_figures_level"),
        sa.CheckConstraint("extract(day FROM month) = 1", name="ck_monthly_figures_month"),
        sa.CheckConstraint("(level = 'community') = (compound_id IS NULL)", name="ck_monthly_figures_compound"),
        sa.UniqueConstraint(
            *("tenant_id", "community_id", "month", "level", "place_id"), name="uq_monthly_figures_place"
        ),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.monthly_figures", community=True)


def _sets() -> None:
    op.create_table(
        "indicator_set",
        sa.Column("tenant_id", sa.Uuid, server_default=sa.text("sec.tenant_id()"), nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("preset", sa.Text, server_default="", nullable=False),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.Column("indicators", JSONB, nullable=False),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_by_name", sa.Text, server_default="", nullable=False),
        *_stamped(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_indicator_set"),
        sa.ForeignKeyConstraint(["tenant_id"], ["core.tenant.id"], name="fk_indicator_set_tenant_id"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_indicator_set_tenant_id_number"),
        sa.CheckConstraint("number >= 1", name="ck_indicator_set_number"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.indicator_set", community=False)


def _rankings() -> None:
    op.create_table(
        "ranking",
        *_keys("ranking", is_street_wide=True),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default="draft", nullable=False),
        sa.Column("set_number", sa.Integer, nullable=False),
        sa.Column("indicators", JSONB, nullable=False),
        sa.Column("least_households", sa.Integer, nullable=False),
        sa.Column("least_weight", sa.Integer, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_by_name", sa.Text, server_default="", nullable=False),
        *_act("reviewed"),
        *_act("published"),
        *_act("withdrawn"),
        sa.Column("withdraw_reason", sa.Text, server_default="", nullable=False),
        sa.Column("replaces_id", sa.Uuid),
        sa.Column("notice_id", sa.Uuid),
        *_stamped(),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("subject IN ('communities', 'compounds', 'buildings')", name="ck_ranking_subject"),
        sa.CheckConstraint("(subject = 'communities') = (community_id IS NULL)", name="ck_ranking_place"),
        sa.CheckConstraint("state IN ('draft', 'reviewed', 'published', 'withdrawn')", name="ck_ranking_state"),
        sa.CheckConstraint("extract(day FROM month) = 1", name="ck_ranking_month"),
        sa.CheckConstraint(
            "(state IN ('published', 'withdrawn')) = (published_at IS NOT NULL)", name="ck_ranking_published"
        ),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="ck_ranking_withdrawn"),
        sa.CheckConstraint("(state = 'withdrawn') = (withdraw_reason <> '')", name="ck_ranking_reason"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_ranking_standing",
        "ranking",
        ["tenant_id", "community_id", "subject", "month"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
        postgresql_nulls_not_distinct=True,
        schema=_SCHEMA,
    )
    op.create_index("ix_ranking_list", "ranking", ["tenant_id", "community_id", "id"], schema=_SCHEMA)
    protect(f"{_SCHEMA}.ranking", community=True, street_wide=_STREET_WIDE)


def _instructors() -> None:
    op.create_table(
        "instructor",
        *_keys("instructor"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, server_default="", nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("named_by", sa.Uuid),
        sa.Column("named_by_name", sa.Text, server_default="", nullable=False),
        sa.Column("undone_at", _MOMENT),
        sa.Column("undone_reason", sa.Text, server_default="", nullable=False),
        *_stamped(),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
        _compound("instructor"),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_instructor_days"),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_reason = '')", name="ck_instructor_undone"),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_instructor_place", "instructor", ["tenant_id", "community_id", "compound_id", "starts_on"], schema=_SCHEMA
    )
    protect(f"{_SCHEMA}.instructor", community=True)


def _publicity() -> None:
    op.create_table(
        "publicity",
        *_keys("publicity"),
        sa.Column("compound_id", sa.Uuid),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("reach", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, server_default="", nullable=False),
        sa.Column("noted_by", sa.Uuid),
        sa.Column("noted_by_name", sa.Text, server_default="", nullable=False),
        sa.Column("struck_at", _MOMENT),
        sa.Column("struck_reason", sa.Text, server_default="", nullable=False),
        *_stamped(),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
        _compound("publicity"),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="ck_publicity_kind"),
        sa.CheckConstraint("reach BETWEEN 0 AND 1000000", name="ck_publicity_reach"),
        sa.CheckConstraint("(struck_at IS NULL) = (struck_reason = '')", name="ck_publicity_struck"),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_publicity_day",
        "publicity",
        ["tenant_id", "community_id", "held_on", "id"],
        postgresql_where=sa.text("struck_at IS NULL"),
        schema=_SCHEMA,
    )
    op.create_index("ix_publicity_list", "publicity", ["tenant_id", "community_id", "id"], schema=_SCHEMA)
    protect(f"{_SCHEMA}.publicity", community=True)


def _keys(table: str, *, is_street_wide: bool = False) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("tenant_id", sa.Uuid, server_default=sa.text("sec.tenant_id()"), nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("community_id", sa.Uuid, nullable=is_street_wide),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", "community_id", "id", name=f"uq_{table}_tenant_id_community_id_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["core.community.tenant_id", "core.community.id"],
            name=f"fk_{table}_tenant_id_community_id",
        ),
    )


def _stamped() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", _MOMENT, server_default=sa.func.now(), nullable=False),
    )


def _act(verb: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column(f"{verb}_at", _MOMENT),
        sa.Column(f"{verb}_by", sa.Uuid),
        sa.Column(f"{verb}_by_name", sa.Text, server_default="", nullable=False),
    )


def _compound(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "community_id", "compound_id"],
        [f"core.compound.{each}" for each in ("tenant_id", "community_id", "id")],
        name=f"fk_{table}_tenant_id_community_id_compound_id",
    )
