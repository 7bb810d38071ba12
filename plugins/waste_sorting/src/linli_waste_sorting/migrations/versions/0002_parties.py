"""Who answers for sorting in each compound.

Revision ID: 0002_parties
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import protect

revision = "0002_parties"
down_revision = "0001_stations"

_SCHEMA = "plugin_waste_sorting"


def upgrade() -> None:
    op.create_table(
        "party",
        sa.Column("tenant_id", sa.Uuid, server_default=sa.text("sec.tenant_id()"), nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("community_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, server_default="", nullable=False),
        sa.Column("decision", sa.Text, server_default="", nullable=False),
        sa.Column("decided_on", sa.Date),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_party"),
        sa.UniqueConstraint("tenant_id", "community_id", "id", name="uq_party_tenant_id_community_id_id"),
        sa.UniqueConstraint(
            *("tenant_id", "community_id", "compound_id", "starts_on"),
            name="uq_party_tenant_id_community_id_compound_id_starts_on",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["core.community.tenant_id", "core.community.id"],
            name="fk_party_tenant_id_community_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id", "compound_id"],
            ["core.compound.tenant_id", "core.compound.community_id", "core.compound.id"],
            name="fk_party_tenant_id_community_id_compound_id",
        ),
        sa.CheckConstraint("kind IN ('property_company', 'self_managing', 'street_decision')", name="ck_party_kind"),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_party_days"),
        sa.CheckConstraint(
            "kind <> 'street_decision' OR (decision <> '' AND decided_on IS NOT NULL)", name="ck_party_decision"
        ),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_party_current",
        "party",
        ["tenant_id", "community_id", "compound_id"],
        unique=True,
        postgresql_where=sa.text("ends_on IS NULL"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.party", community=True)
