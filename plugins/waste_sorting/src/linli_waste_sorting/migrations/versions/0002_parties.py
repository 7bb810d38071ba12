"""Who answers for sorting in each compound.

Revision ID: 0002_parties
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import community_row, protect, refers, stamps

revision = "0002_parties"
down_revision = "0001_stations"

_SCHEMA = "plugin_waste_sorting"


def upgrade() -> None:
    op.create_table(
        "party",
        *community_row("party"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, server_default="", nullable=False),
        sa.Column("decision", sa.Text, server_default="", nullable=False),
        sa.Column("decided_on", sa.Date),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date),
        *stamps(versioned=True),
        refers("party", "compound_id", "core.compound"),
        sa.UniqueConstraint(
            *("tenant_id", "community_id", "compound_id", "starts_on"),
            name="uq_party_tenant_id_community_id_compound_id_starts_on",
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
