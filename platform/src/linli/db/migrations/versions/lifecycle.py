"""Files that stand in a closed record are sealed: from then on nobody changes or removes them.

Revision ID: lifecycle
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "lifecycle"
down_revision = "idempotency_keys"

_KEEP = """
CREATE FUNCTION core.keep_sealed_file() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  IF TG_OP = 'DELETE' OR (NEW.tenant_id, NEW.id, NEW.community_id, NEW.owner, NEW.subject_type, NEW.subject_id,
      NEW.name, NEW.media_type, NEW.size, NEW.sha256, NEW.expires_at, NEW.removed_at, NEW.sealed_at)
    IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.community_id, OLD.owner, OLD.subject_type, OLD.subject_id,
      OLD.name, OLD.media_type, OLD.size, OLD.sha256, OLD.expires_at, OLD.removed_at, OLD.sealed_at) THEN
    RAISE EXCEPTION '% on a sealed file is refused: it stands in a closed record', TG_OP USING ERRCODE = 'AO001';
  END IF;
  RETURN NEW;
END $f$
"""


def upgrade() -> None:
    op.add_column("file", sa.Column("sealed_at", sa.DateTime(timezone=True)), schema="core")
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER sealed BEFORE UPDATE OR DELETE ON core.file FOR EACH ROW "
        "WHEN (OLD.sealed_at IS NOT NULL) EXECUTE FUNCTION core.keep_sealed_file()"
    )
    op.execute("ALTER TABLE core.file ENABLE ALWAYS TRIGGER sealed")
