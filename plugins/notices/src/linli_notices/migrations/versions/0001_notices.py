"""Notices, who has read them, and how many have.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import protect

revision = "0001"
down_revision = None

_SCHEMA = "plugin_notices"


def upgrade() -> None:
    _notice()
    _reads()
    protect(f"{_SCHEMA}.notice", community=True, street_wide="a street publishes for all its communities")
    protect(f"{_SCHEMA}.notice_read", community=True)
    protect(f"{_SCHEMA}.notice_readership", community=True)


def _ids(*, street_wide: bool = False) -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.Uuid, server_default=sa.text("sec.tenant_id()"), nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("community_id", sa.Uuid, nullable=street_wide),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", "community_id", "id", name=f"uq_{table}_tenant_id_community_id_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["core.community.tenant_id", "core.community.id"],
            name=f"fk_{table}_tenant_id_community_id",
        ),
    ]


def _notice() -> None:
    op.create_table(
        "notice",
        *_ids(street_wide=True),
        sa.Column("compound_id", sa.Uuid),
        sa.Column("building_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("body_html", sa.Text, nullable=False),
        sa.Column("body_text", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default="draft", nullable=False),
        sa.Column("posting_from", sa.Date),
        sa.Column("posting_to", sa.Date),
        sa.Column("is_public", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("is_pinned", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("created_by", sa.Uuid),
        sa.Column("author_name", sa.Text, server_default="", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("published_by", sa.Uuid),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Uuid),
        sa.Column("withdraw_reason", sa.Text, server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
        *_keys("notice"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id", "compound_id"],
            ["core.compound.tenant_id", "core.compound.community_id", "core.compound.id"],
            name="fk_notice_tenant_id_community_id_compound_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id", "compound_id", "building_id"],
            [
                "core.building.tenant_id",
                "core.building.community_id",
                "core.building.compound_id",
                "core.building.id",
            ],
            name="fk_notice_tenant_id_community_id_compound_id_building_id",
        ),
        sa.CheckConstraint("compound_id IS NULL OR community_id IS NOT NULL", name="ck_notice_compound"),
        sa.CheckConstraint("building_id IS NULL OR compound_id IS NOT NULL", name="ck_notice_building"),
        sa.CheckConstraint("kind IN ('announcement', 'posting')", name="ck_notice_kind"),
        sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="ck_notice_state"),
        sa.CheckConstraint("posting_to IS NULL OR posting_to >= posting_from", name="ck_notice_period"),
        sa.CheckConstraint(
            "state <> 'published' OR posting_from IS NOT NULL AND (kind = 'announcement' OR posting_to IS NOT NULL)",
            name="ck_notice_published",
        ),
        sa.CheckConstraint("state <> 'withdrawn' OR withdraw_reason <> ''", name="ck_notice_withdrawn"),
        schema=_SCHEMA,
    )
    op.create_index("ix_notice_newest", "notice", ["tenant_id", "community_id", "id"], schema=_SCHEMA)
    op.create_index(
        "ix_notice_board",
        "notice",
        ["tenant_id", "community_id", "is_pinned", "posting_from", "id"],
        schema=_SCHEMA,
    )


def _reads() -> None:
    op.create_table(
        "notice_read",
        *_ids(),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        *_keys("notice_read"),
        sa.UniqueConstraint(
            "tenant_id",
            "community_id",
            "notice_id",
            "account_id",
            name="uq_notice_read_tenant_id_community_id_notice_id_account_id",
        ),
        schema=_SCHEMA,
    )
    op.create_table(
        "notice_readership",
        *_ids(),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("readers", sa.Integer, server_default=sa.text("0"), nullable=False),
        *_keys("notice_readership"),
        sa.UniqueConstraint(
            "tenant_id",
            "community_id",
            "notice_id",
            name="uq_notice_readership_tenant_id_community_id_notice_id",
        ),
        schema=_SCHEMA,
    )
