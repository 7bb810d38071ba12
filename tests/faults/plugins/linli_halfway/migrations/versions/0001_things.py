"""Things.

Revision ID: halfway_0001
"""

from alembic import op

from linli.sdk.migrations import protect

revision = "halfway_0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE plugin_halfway.thing (tenant_id uuid NOT NULL DEFAULT sec.tenant_id() REFERENCES core.tenant, "
        "id uuid NOT NULL DEFAULT gen_random_uuid(), name text, PRIMARY KEY (tenant_id, id))"
    )
    protect("plugin_halfway.thing", community=False)
    op.execute("INSERT INTO plugin_halfway.nothing VALUES (1)")
