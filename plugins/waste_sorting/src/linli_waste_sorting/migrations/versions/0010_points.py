"""Points: purses of households, the ledger, what looked odd, and what points are redeemed for.

Revision ID: 0010_points
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from linli.sdk.migrations import APPEND_ONLY, append_only, protect

revision = "0010_points"
down_revision = "0009_booking_weights"

_SCHEMA = "plugin_waste_sorting"
_SOURCES = "'bag', 'watch', 'pickup', 'award', 'grant', 'reversal'"
_CUTS = "'', 'household_cap', 'rule_cap', 'window', 'own'"
_MOVES = (
    "(kind = 'earn' AND debit = 'issued' AND credit = 'household')"
    " OR (kind = 'reverse' AND debit = 'household' AND credit = 'reversed')"
    " OR (kind = 'redeem' AND debit = 'household' AND credit = 'redeemed')"
    " OR (kind = 'return' AND debit = 'redeemed' AND credit = 'household')"
    " OR (kind = 'expire' AND debit = 'household' AND credit = 'expired')"
)

#: Each entry moves its points in the purse too, whose row goes from one to the next: of two who spend the same points
#: at once the second is refused. What is taken back is what was given, whole; nothing else goes below zero.
_MOVE = """
CREATE FUNCTION plugin_waste_sorting.points_entry_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog
AS $f$
DECLARE
  original plugin_waste_sorting.points_entry;
  held integer;
BEGIN
  IF NEW.reverses_id IS NOT NULL THEN
    SELECT * INTO original FROM plugin_waste_sorting.points_entry e
     WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.reverses_id;
    IF original.kind IS DISTINCT FROM 'earn' OR original.purse_id <> NEW.purse_id OR original.points <> NEW.points THEN
      RAISE EXCEPTION 'an entry is reversed whole, in its own purse' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  UPDATE plugin_waste_sorting.points_purse p
     SET balance = p.balance + CASE WHEN NEW.credit = 'household' THEN NEW.points ELSE -NEW.points END
   WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.purse_id RETURNING p.balance INTO held;
  IF held IS NULL OR (held < 0 AND NEW.kind IN ('redeem', 'expire')) THEN
    RAISE EXCEPTION 'more points than the purse holds' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$f$
"""
_KEEP = """
CREATE FUNCTION plugin_waste_sorting.points_purse_is_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $f$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.balance <> 0 THEN
      RAISE EXCEPTION 'a purse begins empty' USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NEW.balance <> OLD.balance AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a balance follows from entries alone' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$f$
"""


def upgrade() -> None:
    _purses()
    _claims()
    _items()
    _days()
    _redemptions()
    _entries()
    _flags()
    for table in ("points_purse", "points_claim", "points_item", "points_day", "points_redemption", "points_flag"):
        protect(f"{_SCHEMA}.{table}", community=True)
    protect(f"{_SCHEMA}.points_entry", community=True, rights=APPEND_ONLY)
    append_only(f"{_SCHEMA}.points_entry")
    op.execute(_MOVE)
    op.execute(
        f"CREATE TRIGGER points_entry_moves AFTER INSERT ON {_SCHEMA}.points_entry "
        "FOR EACH ROW EXECUTE FUNCTION plugin_waste_sorting.points_entry_moves()"
    )
    op.execute(_KEEP)
    op.execute(
        f"CREATE TRIGGER points_purse_is_kept BEFORE INSERT OR UPDATE OF balance ON {_SCHEMA}.points_purse "
        "FOR EACH ROW EXECUTE FUNCTION plugin_waste_sorting.points_purse_is_kept()"
    )


def _purses() -> None:
    op.create_table(
        "points_purse",
        *_keys("points_purse"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("building_id", sa.Uuid),
        sa.Column("dwelling_id", sa.Uuid),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("balance", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("kept_on", sa.Date, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        _reference("points_purse", "compound_id", "core.compound"),
        _reference("points_purse", "dwelling_id", "core.dwelling"),
        _unique("points_purse", "code"),
        sa.CheckConstraint("code ~ '^[a-z2-7]{12}$'", name="ck_points_purse_code"),
        sa.CheckConstraint("dwelling_id IS NOT NULL OR closed_at IS NOT NULL", name="ck_points_purse_door"),
        schema=_SCHEMA,
    )
    open_ = sa.text("closed_at IS NULL")
    _index("uq_points_purse_door", "points_purse", "community_id", "dwelling_id", unique=True, where=open_)
    _index("ix_points_purse_list", "points_purse", "community_id", "id")


def _claims() -> None:
    op.create_table(
        "points_claim",
        *_keys("points_claim"),
        sa.Column("purse_id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("turn", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("given", sa.Integer, nullable=False),
        _text("why"),
        sa.Column("measure", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("acted_by", sa.Uuid),
        _text("acted_by_name"),
        _text("note"),
        _reference("points_claim", "purse_id", f"{_SCHEMA}.points_purse"),
        _unique("points_claim", "source", "source_id", "turn"),
        sa.CheckConstraint(f"source IN ({_SOURCES})", name="ck_points_claim_source"),
        sa.CheckConstraint(f"why IN ({_CUTS})", name="ck_points_claim_why"),
        sa.CheckConstraint("asked >= 0 AND given BETWEEN 0 AND asked", name="ck_points_claim_given"),
        sa.CheckConstraint("(given = asked) = (why = '')", name="ck_points_claim_cut"),
        schema=_SCHEMA,
    )
    _index("ix_points_claim_purse", "points_claim", "community_id", "purse_id", "day")
    _index("ix_points_claim_acted", "points_claim", "community_id", "acted_by", "at")


def _items() -> None:
    op.create_table(
        "points_item",
        *_keys("points_item"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("stock", sa.Integer, server_default=sa.text("0"), nullable=False),
        _text("note"),
        sa.Column("most", sa.Integer),
        sa.Column("period", sa.Text, server_default="month", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        *_versioned(),
        sa.CheckConstraint("points BETWEEN 1 AND 100000", name="ck_points_item_points"),
        sa.CheckConstraint("stock >= 0", name="ck_points_item_stock"),
        sa.CheckConstraint("most BETWEEN 1 AND 1000", name="ck_points_item_most"),
        sa.CheckConstraint("period IN ('month', 'quarter', 'year')", name="ck_points_item_period"),
        schema=_SCHEMA,
    )
    used = sa.text("closed_at IS NULL")
    _index("uq_points_item_name", "points_item", "community_id", "name", unique=True, where=used)
    _index("ix_points_item_list", "points_item", "community_id", "id")


def _days() -> None:
    op.create_table(
        "points_day",
        *_keys("points_day"),
        sa.Column("compound_id", sa.Uuid),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("opens", sa.Time, nullable=False),
        sa.Column("closes", sa.Time, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        _text("note"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        _text("cancel_reason"),
        *_versioned(),
        _reference("points_day", "compound_id", "core.compound"),
        sa.CheckConstraint("closes > opens", name="ck_points_day_hours"),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancel_reason = '')", name="ck_points_day_cancelled"),
        schema=_SCHEMA,
    )
    op.create_index(
        "uq_points_day_time",
        "points_day",
        ["tenant_id", "community_id", "compound_id", "day", "opens"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
        schema=_SCHEMA,
    )
    _index("ix_points_day_list", "points_day", "community_id", "day", "id")


def _redemptions() -> None:
    op.create_table(
        "points_redemption",
        *_keys("points_redemption"),
        sa.Column("purse_id", sa.Uuid, nullable=False),
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("day_id", sa.Uuid),
        sa.Column("pieces", sa.Integer, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, server_default="reserved", nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("acted_by", sa.Uuid),
        _text("acted_by_name"),
        _text("reason"),
        *_versioned(),
        _reference("points_redemption", "purse_id", f"{_SCHEMA}.points_purse"),
        _reference("points_redemption", "item_id", f"{_SCHEMA}.points_item"),
        _reference("points_redemption", "day_id", f"{_SCHEMA}.points_day"),
        sa.CheckConstraint("state IN ('reserved', 'handed', 'cancelled', 'missed')", name="ck_points_redemption_state"),
        sa.CheckConstraint("pieces BETWEEN 1 AND 99", name="ck_points_redemption_pieces"),
        sa.CheckConstraint("points > 0", name="ck_points_redemption_points"),
        sa.CheckConstraint("(state = 'reserved') = (ended_at IS NULL)", name="ck_points_redemption_ended"),
        schema=_SCHEMA,
    )
    table, open_ = "points_redemption", sa.text("state = 'reserved'")
    _index(
        "uq_points_redemption_open", table, "community_id", "purse_id", "item_id", "day_id", unique=True, where=open_
    )
    _index("ix_points_redemption_list", table, "community_id", "id")
    _index("ix_points_redemption_purse", table, "community_id", "purse_id", "id")
    _index("ix_points_redemption_day", table, "community_id", "day_id")


def _entries() -> None:
    op.create_table(
        "points_entry",
        *_keys("points_entry"),
        sa.Column("purse_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("debit", sa.Text, nullable=False),
        sa.Column("credit", sa.Text, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("claim_id", sa.Uuid),
        sa.Column("redemption_id", sa.Uuid),
        sa.Column("reverses_id", sa.Uuid),
        _reference("points_entry", "purse_id", f"{_SCHEMA}.points_purse"),
        _reference("points_entry", "claim_id", f"{_SCHEMA}.points_claim"),
        _reference("points_entry", "redemption_id", f"{_SCHEMA}.points_redemption"),
        _reference("points_entry", "reverses_id", f"{_SCHEMA}.points_entry"),
        _unique("points_entry", "claim_id"),
        _unique("points_entry", "reverses_id"),
        _unique("points_entry", "redemption_id", "kind"),
        sa.CheckConstraint("points > 0", name="ck_points_entry_points"),
        sa.CheckConstraint(_MOVES, name="ck_points_entry_moves"),
        sa.CheckConstraint("(kind IN ('earn', 'reverse')) = (claim_id IS NOT NULL)", name="ck_points_entry_claim"),
        sa.CheckConstraint(
            "(kind IN ('redeem', 'return')) = (redemption_id IS NOT NULL)", name="ck_points_entry_redemption"
        ),
        sa.CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name="ck_points_entry_reverses"),
        sa.CheckConstraint(
            "expires_on IS NULL OR kind IN ('earn', 'return', 'redeem')", name="ck_points_entry_expires"
        ),
        schema=_SCHEMA,
    )
    _index("ix_points_entry_list", "points_entry", "community_id", "id")
    _index("ix_points_entry_purse", "points_entry", "community_id", "purse_id", "id")
    _index("ix_points_entry_day", "points_entry", "community_id", "day")


def _flags() -> None:
    op.create_table(
        "points_flag",
        *_keys("points_flag"),
        sa.Column("compound_id", sa.Uuid, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        _text("decision"),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Uuid),
        _text("decided_by_name"),
        _text("note"),
        *_versioned(),
        _reference("points_flag", "compound_id", "core.compound"),
        _reference("points_flag", "entry_id", f"{_SCHEMA}.points_entry"),
        _unique("points_flag", "entry_id", "reason"),
        sa.CheckConstraint("reason IN ('often', 'window', 'burst')", name="ck_points_flag_reason"),
        sa.CheckConstraint("decision IN ('', 'kept', 'reversed')", name="ck_points_flag_decision"),
        sa.CheckConstraint("(decision = '') = (decided_at IS NULL)", name="ck_points_flag_decided"),
        schema=_SCHEMA,
    )
    _index("ix_points_flag_list", "points_flag", "community_id", "id")
    _index("ix_points_flag_raised", "points_flag", "compound_id", "raised_at")


def _keys(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("tenant_id", sa.Uuid, server_default=sa.text("sec.tenant_id()"), nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("community_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", "community_id", "id", name=f"uq_{table}_tenant_id_community_id_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "community_id"],
            ["core.community.tenant_id", "core.community.id"],
            name=f"fk_{table}_tenant_id_community_id",
        ),
    )


def _versioned() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, server_default="", nullable=False)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "community_id", column],
        [f"{target}.{each}" for each in ("tenant_id", "community_id", "id")],
        name=f"fk_{table}_tenant_id_community_id_{column}",
    )


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    named = ("tenant_id", "community_id", *columns)
    return sa.UniqueConstraint(*named, name=f"uq_{table}_{'_'.join(named)}")


def _index(name: str, table: str, *columns: str, unique: bool = False, where: sa.TextClause | None = None) -> None:
    op.create_index(name, table, ["tenant_id", *columns], unique=unique, postgresql_where=where, schema=_SCHEMA)
