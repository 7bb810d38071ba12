"""Files know their pixels and have a small picture beside them.

Revision ID: files
"""

from __future__ import annotations

from alembic import op

revision = "files"
down_revision = "duties"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE core.file
            ADD COLUMN width INTEGER,
            ADD COLUMN height INTEGER,
            ADD COLUMN thumbnail_key TEXT,
            ADD COLUMN thumbnail_size INTEGER,
            ADD COLUMN thumbnail_sha256 BYTEA,
            ADD CONSTRAINT ck_file_thumbnail
                CHECK (num_nulls(thumbnail_key, thumbnail_size, thumbnail_sha256) IN (0, 3))
        """
    )
    op.execute(
        """
        CREATE INDEX ix_file_expires_at ON core.file (tenant_id, expires_at)
         WHERE expires_at IS NOT NULL AND removed_at IS NULL
        """
    )
    op.execute("CREATE INDEX ix_file_storage_key ON core.file (tenant_id, storage_key)")
    op.execute(
        """
        CREATE INDEX ix_file_thumbnail_key ON core.file (tenant_id, thumbnail_key) WHERE thumbnail_key IS NOT NULL
        """
    )
    op.execute("CREATE INDEX ix_file_created_by ON core.file (tenant_id, created_by)")
