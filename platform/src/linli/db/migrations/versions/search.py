"""What residents and dwellings are found by: keys that the database derives, each with its index.

Revision ID: search
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from linli.kit.pinyin import spell_name

revision = "search"
down_revision = "apps"

_KEYS = {
    "find_name": "lower(name)",
    "find_given": "NULLIF(lower(substr(name, 2)), '')",
    "find_last": "NULLIF(lower(substr(name, 3)), '')",
    "find_full": "NULLIF(split_part(name_pinyin, ' ', 1), '')",
    "find_initials": "NULLIF(split_part(name_pinyin, ' ', 2), '')",
    "find_given_full": "NULLIF(split_part(name_pinyin, ' ', 3), '')",
    "find_given_initials": "NULLIF(split_part(name_pinyin, ' ', 4), '')",
    "find_other_full": "NULLIF(split_part(name_pinyin, ' ', 5), '')",
    "find_other_initials": "NULLIF(split_part(name_pinyin, ' ', 6), '')",
    "find_phone": "NULLIF(right(phone_mask, 4), '')",
}
#: Names that are read in one go.
_AT_ONCE = 2000
_NEXT = text(
    "SELECT tenant_id, id, name FROM core.resident WHERE name_pinyin <> '' AND (tenant_id, id) > (:tenant, :id) "
    "ORDER BY tenant_id, id LIMIT :most"
)
_SPELL = text("UPDATE core.resident SET name_pinyin = :spelt WHERE tenant_id = :tenant AND id = :id")
_NONE = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    _spell_anew()
    added = ", ".join(
        f'ADD COLUMN {name} text COLLATE "C" GENERATED ALWAYS AS ({derived}) STORED' for name, derived in _KEYS.items()
    )
    op.execute(f"ALTER TABLE core.resident {added}")
    for name in _KEYS:
        op.execute(f"CREATE INDEX ix_resident_{name} ON core.resident (tenant_id, community_id, {name})")
    op.execute('ALTER TABLE core.dwelling ADD COLUMN find_door text COLLATE "C" GENERATED ALWAYS AS (door) STORED')
    op.execute('ALTER TABLE core.dwelling ADD COLUMN find_key text COLLATE "C" GENERATED ALWAYS AS (sort_key) STORED')
    for name in ("find_door", "find_key"):
        op.execute(f"CREATE INDEX ix_dwelling_{name} ON core.dwelling (tenant_id, community_id, {name})")


def _spell_anew() -> None:
    """The given name and a second reading of the surname were not kept before."""
    connection = op.get_bind()
    after = {"tenant": _NONE, "id": _NONE}
    while rows := connection.execute(_NEXT, {**after, "most": _AT_ONCE}).all():
        connection.execute(
            _SPELL, [{"tenant": row.tenant_id, "id": row.id, "spelt": spell_name(row.name)} for row in rows]
        )
        after = {"tenant": rows[-1].tenant_id, "id": rows[-1].id}
