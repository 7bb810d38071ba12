"""Objections and comments with their answers, reach by building, and consents to what a public notice shows.

Revision ID: 0003_participation
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import APPEND_ONLY, append_only, protect

revision = "0003_participation"
down_revision = "0002_record"

_SCHEMA = "plugin_notices"

#: The clock of the database is the judge, and the words of an answered objection stay. A notice that is not to be seen
#: from here is no news: whether it exists elsewhere cannot be told from the answer.
_IN_TIME = """
CREATE FUNCTION plugin_notices.objection_in_time() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
DECLARE
  n plugin_notices.notice;
  moment timestamptz;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state <> 'open' THEN
      RAISE EXCEPTION 'an answered or withdrawn objection is not rewritten' USING ERRCODE = 'AO001';
    END IF;
  END IF;
  -- Whoever closes the notice waits for those who file, and those who come later wait for the closing.
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('notices.objection.' || NEW.notice_id::text, 0));
  moment := clock_timestamp();
  SELECT * INTO n FROM plugin_notices.notice WHERE tenant_id = NEW.tenant_id AND id = NEW.notice_id;
  IF FOUND AND NOT (n.allows_objections AND n.state = 'published' AND n.closed_at IS NULL
      AND moment >= n.posting_from::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND moment < coalesce(LEAST(NEW.takes_until, (n.posting_to + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'),
                            'infinity')) THEN
    RAISE EXCEPTION 'the notice takes no objections now' USING ERRCODE = 'OB001';
  END IF;
  IF TG_OP = 'INSERT' THEN
    NEW.filed_at := moment;
  ELSE
    NEW.edited_at := moment;
  END IF;
  RETURN NEW;
END $f$
"""


def upgrade() -> None:
    _objections()
    _counts()
    _reach()
    _disclosures()
    for table in ("objection", "objection_count", "notice_reach"):
        protect(f"{_SCHEMA}.{table}", community=True)
    protect(
        f"{_SCHEMA}.notice_disclosure",
        community=True,
        street_wide="a street confirms what its own notices show",
        rights=APPEND_ONLY,
    )
    append_only(f"{_SCHEMA}.notice_disclosure")
    op.execute(_IN_TIME)
    op.execute(
        "CREATE TRIGGER objection_in_time BEFORE INSERT OR UPDATE OF body, kind, shows_name, notice_id, filed_at, "
        "takes_until ON plugin_notices.objection FOR EACH ROW EXECUTE FUNCTION plugin_notices.objection_in_time()"
    )


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


def _place_fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "community_id", column],
        [f"{target}.tenant_id", f"{target}.community_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_community_id_{column}",
    )


def _building_fk(table: str) -> sa.ForeignKeyConstraint:
    columns = ("tenant_id", "community_id", "compound_id", "building_id")
    return sa.ForeignKeyConstraint(
        list(columns),
        [f"core.building.{'id' if each == 'building_id' else each}" for each in columns],
        name=f"fk_{table}_tenant_id_community_id_compound_id_building_id",
    )


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True))


def _text(name: str, default: str | None = "") -> sa.Column:
    return sa.Column(name, sa.Text, server_default=default, nullable=False)


def _flag(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean, server_default=sa.text("false"), nullable=False)


def _objections() -> None:
    table = "objection"
    checks = {
        "kind": "kind IN ('objection', 'comment')",
        "state": "state IN ('open', 'answered', 'withdrawn')",
        "outcome": "outcome IN ('', 'accepted', 'not_accepted', 'merged')",
        "answered": "(state = 'answered') = (answered_at IS NOT NULL)",
        "merged": "(outcome = 'merged') = (merged_into IS NOT NULL)",
        "outcome_answered": "outcome = '' OR state = 'answered'",
    }
    op.create_table(
        table,
        *_ids(),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        _text("kind", None),
        _text("body", None),
        *(sa.Column(f"{name}_id", sa.Uuid) for name in ("resident", "account", "dwelling", "compound", "building")),
        _flag("shows_name"),
        _flag("is_on_paper"),
        sa.Column("filed_by", sa.Uuid),
        _text("filed_by_name"),
        sa.Column("filed_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        _moment("edited_at"),
        _moment("takes_until"),
        _text("state", "open"),
        _text("outcome"),
        sa.Column("merged_into", sa.Uuid),
        _text("answer"),
        sa.Column("answer_due_on", sa.Date, nullable=False),
        _moment("answered_at"),
        sa.Column("answered_by", sa.Uuid),
        _text("answered_by_name"),
        _moment("withdrawn_at"),
        _moment("erased_at"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
        *_keys(table),
        _place_fk(table, "resident_id", "core.resident"),
        _place_fk(table, "dwelling_id", "core.dwelling"),
        _place_fk(table, "compound_id", "core.compound"),
        _place_fk(table, "merged_into", f"{_SCHEMA}.objection"),
        _building_fk(table),
        *(sa.CheckConstraint(condition, name=f"ck_objection_{name}") for name, condition in checks.items()),
        schema=_SCHEMA,
    )
    for name, last in (("notice", ["notice_id", "id"]), ("newest", ["id"]), ("resident", ["resident_id"])):
        op.create_index(f"ix_objection_{name}", table, ["tenant_id", "community_id", *last], schema=_SCHEMA)
    op.create_index(
        "ix_objection_open",
        table,
        ["tenant_id", "community_id", "answer_due_on"],
        schema=_SCHEMA,
        postgresql_where=sa.text("state = 'open'"),
    )


def _counts() -> None:
    op.create_table(
        "objection_count",
        *_ids(),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        *(
            sa.Column(name, sa.Integer, server_default=sa.text("0"), nullable=False)
            for name in ("objections", "comments", "unanswered")
        ),
        sa.Column("next_due_on", sa.Date),
        *_keys("objection_count"),
        sa.UniqueConstraint(
            "tenant_id", "community_id", "notice_id", name="uq_objection_count_tenant_id_community_id_notice_id"
        ),
        schema=_SCHEMA,
    )


def _reach() -> None:
    for name in ("compound_id", "building_id", "dwelling_id"):
        op.add_column("notice_read", sa.Column(name, sa.Uuid), schema=_SCHEMA)
    op.create_index(
        "ix_notice_read_home",
        "notice_read",
        ["tenant_id", "community_id", "notice_id", "building_id", "dwelling_id"],
        schema=_SCHEMA,
    )
    op.create_table(
        "notice_reach",
        *_ids(),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("building_id", sa.Uuid, nullable=False),
        sa.Column("readers", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("households", sa.Integer, server_default=sa.text("0"), nullable=False),
        *_keys("notice_reach"),
        _building_fk("notice_reach"),
        sa.UniqueConstraint(
            "tenant_id",
            "community_id",
            "notice_id",
            "building_id",
            name="uq_notice_reach_tenant_id_community_id_notice_id_building_id",
        ),
        schema=_SCHEMA,
    )


def _disclosures() -> None:
    op.create_table(
        "notice_disclosure",
        *_ids(street_wide=True),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        _text("reason", None),
        sa.Column("confirmed_by", sa.Uuid),
        _text("confirmed_by_name"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        *_keys("notice_disclosure"),
        sa.CheckConstraint("reason <> ''", name="ck_notice_disclosure_reason"),
        sa.Index("ix_notice_disclosure_notice", "tenant_id", "community_id", "notice_id"),
        schema=_SCHEMA,
    )
