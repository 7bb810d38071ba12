"""Things.

Revision ID: unique_0001
"""

from alembic import op

from linli.sdk.migrations import protect

revision = "unique_0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE plugin_unique.thing (tenant_id uuid NOT NULL DEFAULT sec.tenant_id() REFERENCES core.tenant, "
        "id uuid NOT NULL DEFAULT gen_random_uuid(), name text, PRIMARY KEY (tenant_id, id))"
    )
    protect("plugin_unique.thing", community=False)
    op.execute("CREATE UNIQUE INDEX uq_thing_name ON plugin_unique.thing (name)")
