"""A notice becomes a record: several places, categories, moments, closing with a snapshot, templates, channels.

Revision ID: 0002_record
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import APPEND_ONLY, append_only, protect

revision = "0002_record"
down_revision = "0001"

_SCHEMA = "plugin_notices"

_CHECKS = {
    "state": "state IN ('draft', 'scheduled', 'published', 'withdrawn')",
    "scheduled": "state <> 'scheduled' OR publish_at IS NOT NULL",
    "closed": "closed_at IS NULL OR state IN ('published', 'withdrawn')",
    "period_days": "period_days > 0",
    "period_unit": "period_unit IN ('day', 'workday')",
    "objection_days": "objection_days > 0",
    "identity_rule": "identity_rule IN ('shown', 'masked', 'staff_only')",
    "narrowed": "community_id IS NOT NULL OR NOT is_narrowed",
}

#: All that a closed notice may still become is withdrawn.
_KEEP_NOTICE = """
CREATE FUNCTION plugin_notices.keep_closed_notice() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
DECLARE
  free text[] := '{updated_at,version}';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'published' AND NEW.state = 'withdrawn' THEN
      free := free || '{state,withdrawn_at,withdrawn_by,withdraw_reason}'::text[];
    END IF;
    IF to_jsonb(NEW) - free = to_jsonb(OLD) - free THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% on a closed notice is refused', TG_OP USING ERRCODE = 'AO001';
END $f$
"""

#: What belongs to a notice closes with it.
_KEEP_PARTS = """
CREATE FUNCTION plugin_notices.keep_closed_parts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
DECLARE
  touched uuid[];
BEGIN
  touched := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.notice_id] WHEN 'DELETE' THEN ARRAY[OLD.notice_id]
    ELSE ARRAY[OLD.notice_id, NEW.notice_id] END;
  IF EXISTS (SELECT 1 FROM plugin_notices.notice n WHERE n.id = ANY (touched) AND n.closed_at IS NOT NULL) THEN
    RAISE EXCEPTION '% on % is refused: its notice is closed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AO001';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $f$
"""


def upgrade() -> None:
    _notice()
    _places()
    _snapshots()
    _categories()
    _templates()
    _channels()
    _triggers()


def _ids(*, street_wide: bool = False) -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.Uuid, server_default=sa.text("sec.tenant_id()"), nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("community_id", sa.Uuid, nullable=street_wide),
    ]


def _stamps(*, versioned: bool = True) -> list[sa.Column]:
    stamps = [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
        for name in ("created_at", "updated_at")
    ]
    return [*stamps, sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False)][
        : 3 if versioned else 2
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


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "community_id", column],
        [f"{target}.tenant_id", f"{target}.community_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_community_id_{column}",
    )


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f"ck_{table}_{name}")


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, server_default="", nullable=False)


def _flag(name: str, default: str = "false") -> sa.Column:
    return sa.Column(name, sa.Boolean, server_default=sa.text(default), nullable=False)


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _notice() -> None:
    for column in (
        _flag("is_narrowed"),
        _text("category"),
        sa.Column("period_days", sa.Integer),
        sa.Column("period_unit", sa.Text, server_default="day", nullable=False),
        _moment("publish_at"),
        sa.Column("scheduled_by", sa.Uuid),
        _text("scheduled_by_name"),
        _text("schedule_note"),
        _flag("allows_objections"),
        sa.Column("objection_days", sa.Integer),
        sa.Column("identity_rule", sa.Text, server_default="masked", nullable=False),
        _flag("notifies", "true"),
        sa.Column("corrects_id", sa.Uuid),
        _text("source_plugin"),
        sa.Column("source_id", sa.Uuid),
        _moment("closed_at"),
    ):
        op.add_column("notice", column, schema=_SCHEMA)
    op.drop_constraint("ck_notice_state", "notice", schema=_SCHEMA)
    for name, rule in _CHECKS.items():
        op.create_check_constraint(f"ck_notice_{name}", "notice", rule, schema=_SCHEMA)
    op.create_index(
        "ix_notice_open",
        "notice",
        ["tenant_id", "posting_to"],
        schema=_SCHEMA,
        postgresql_where=sa.text("state = 'published' AND closed_at IS NULL"),
    )
    op.create_index(
        "uq_notice_source",
        "notice",
        ["tenant_id", "community_id", "source_plugin", "source_id"],
        schema=_SCHEMA,
        unique=True,
        postgresql_where=sa.text("source_plugin <> ''"),
        postgresql_nulls_not_distinct=True,
    )


def _places() -> None:
    op.create_table(
        "notice_place",
        *_ids(),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("building_id", sa.Uuid),
        *_keys("notice_place"),
        _fk("notice_place", "notice_id", "plugin_notices.notice"),
        _fk("notice_place", "compound_id", "core.compound"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id", "compound_id", "building_id"],
            [f"core.building.{name}" for name in ("tenant_id", "community_id", "compound_id", "id")],
            name="fk_notice_place_tenant_id_community_id_compound_id_building_id",
        ),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_notice_place_place",
        "notice_place",
        ["tenant_id", "community_id", "notice_id", "compound_id", "building_id"],
        schema=_SCHEMA,
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    protect(f"{_SCHEMA}.notice_place", community=True)
    # What was for one compound or one building is for that one place.
    op.execute(
        "INSERT INTO plugin_notices.notice_place (tenant_id, community_id, notice_id, compound_id, building_id) "
        "SELECT tenant_id, community_id, id, compound_id, building_id FROM plugin_notices.notice "
        "WHERE compound_id IS NOT NULL"
    )
    op.execute("UPDATE plugin_notices.notice SET is_narrowed = true WHERE compound_id IS NOT NULL")
    for name in ("building_id", "compound_id"):
        op.drop_column("notice", name, schema=_SCHEMA)


def _snapshots() -> None:
    op.create_table(
        "notice_snapshot",
        *_ids(street_wide=True),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        _moment("made_at", nullable=False),
        *_keys("notice_snapshot"),
        _check("notice_snapshot", "purpose", "purpose IN ('closing', 'withdrawal')"),
        _check("notice_snapshot", "sha256", "sha256 = sha256(content)"),
        _check("notice_snapshot", "previous", "length(previous) = 32"),
        schema=_SCHEMA,
    )
    for name, columns in (("number", ["number"]), ("purpose", ["notice_id", "purpose"])):
        op.create_index(
            f"uq_notice_snapshot_{name}",
            "notice_snapshot",
            ["tenant_id", "community_id", *columns],
            schema=_SCHEMA,
            unique=True,
            postgresql_nulls_not_distinct=True,
        )
    protect(
        f"{_SCHEMA}.notice_snapshot",
        community=True,
        street_wide="a street closes what it published",
        rights=APPEND_ONLY,
    )
    append_only(f"{_SCHEMA}.notice_snapshot")


def _categories() -> None:
    op.create_table(
        "notice_category",
        *_ids()[:2],
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("days", sa.Integer),
        sa.Column("unit", sa.Text, server_default="day", nullable=False),
        _flag("is_public"),
        _flag("allows_objections"),
        sa.Column("objection_days", sa.Integer),
        sa.Column("identity_rule", sa.Text, server_default="masked", nullable=False),
        _text("source"),
        _moment("archived_at"),
        *_stamps(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_notice_category"),
        sa.ForeignKeyConstraint(["tenant_id"], ["core.tenant.id"], name="fk_notice_category_tenant_id"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_notice_category_tenant_id_key"),
        _check("notice_category", "kind", "kind IN ('announcement', 'posting')"),
        _check("notice_category", "days", "days > 0"),
        _check("notice_category", "unit", "unit IN ('day', 'workday')"),
        _check("notice_category", "objection_days", "objection_days > 0"),
        _check("notice_category", "identity_rule", "identity_rule IN ('shown', 'masked', 'staff_only')"),
        schema=_SCHEMA,
    )
    protect(f"{_SCHEMA}.notice_category", community=False)


def _templates() -> None:
    op.create_table(
        "notice_template",
        *_ids(street_wide=True),
        sa.Column("name", sa.Text, nullable=False),
        _text("category"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        _text("example"),
        sa.Column("created_by", sa.Uuid),
        _text("author_name"),
        _moment("archived_at"),
        *_stamps(),
        *_keys("notice_template"),
        schema=_SCHEMA,
    )
    op.create_index("ix_notice_template_list", "notice_template", ["tenant_id", "community_id", "id"], schema=_SCHEMA)
    protect(f"{_SCHEMA}.notice_template", community=True, street_wide="a street offers templates to its communities")


def _channels() -> None:
    op.create_table(
        "notice_channel",
        *_ids(street_wide=True),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("done_on", sa.Date, nullable=False),
        sa.Column("done_by", sa.Text, nullable=False),
        _text("note"),
        sa.Column("file_id", sa.Uuid),
        sa.Column("recorded_by", sa.Uuid),
        _text("recorded_by_name"),
        *_stamps(versioned=False),
        *_keys("notice_channel"),
        _check(
            "notice_channel",
            "channel",
            "channel IN ('board', 'chat_group', 'public_account', 'radio', 'television', 'banner', 'brochure', "
            "'talk', 'other')",
        ),
        schema=_SCHEMA,
    )
    op.create_index("ix_notice_channel_notice", "notice_channel", ["tenant_id", "notice_id"], schema=_SCHEMA)
    protect(f"{_SCHEMA}.notice_channel", community=True, street_wide="a street makes its own notices known")


def _triggers() -> None:
    op.execute(_KEEP_NOTICE)
    op.execute(
        "CREATE TRIGGER closed BEFORE UPDATE OR DELETE ON plugin_notices.notice FOR EACH ROW "
        "WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION plugin_notices.keep_closed_notice()"
    )
    op.execute("ALTER TABLE plugin_notices.notice ENABLE ALWAYS TRIGGER closed")
    op.execute(_KEEP_PARTS)
    for table in ("notice_place", "notice_channel"):
        op.execute(
            f"CREATE TRIGGER closed BEFORE INSERT OR UPDATE OR DELETE ON plugin_notices.{table} FOR EACH ROW "
            "EXECUTE FUNCTION plugin_notices.keep_closed_parts()"
        )
        op.execute(f"ALTER TABLE plugin_notices.{table} ENABLE ALWAYS TRIGGER closed")
