"""The one generator of row-level security: what every tenant table wears, core's and plugins' alike."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.schema import Table

APP_ROLE = "linli_app"
OWNER_ROLE = "linli_owner"
MIGRATE_ROLE = "linli_migrate"
SEC_ROLE = "linli_sec"
BACKUP_ROLE = "linli_backup"

_READABLE = "coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true)"
_WRITABLE = (
    "(SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false)"
)

_STREET = "(SELECT sec.communities()) IS NULL"

READ_WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")
APPEND_ONLY = ("SELECT", "INSERT")
READ_ONLY = ("SELECT",)


def protect(
    table: str, *, community: bool, rights: Sequence[str] = READ_WRITE, written_anywhere: bool = False
) -> list[str]:
    """The statements that put a table behind the tenant wall and, where asked, the community wall.

    Args:
        table: ``schema.table``; each partition is a table of its own here, with ``rights=()``.
        community: whether rows carry ``community_id``.
        rights: what the runtime role may do; append-only tables get no UPDATE and DELETE.
        written_anywhere: a street's own row may be written while a community's portal is open; otherwise only in
            the street's scope, so that nothing done in one community changes what holds for its siblings.
    """
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY base ON {table} AS PERMISSIVE FOR ALL TO PUBLIC USING (true)",
        (
            f"CREATE POLICY tenant_wall ON {table} AS RESTRICTIVE FOR ALL TO PUBLIC "
            "USING (tenant_id = (SELECT sec.tenant_id()))"
        ),
    ]
    if community:
        statements += [
            f"CREATE POLICY community_read ON {table} AS RESTRICTIVE FOR SELECT TO PUBLIC USING ({_READABLE})",
            f"CREATE POLICY community_insert ON {table} AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ({_WRITABLE})",
            f"CREATE POLICY community_update ON {table} AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ({_WRITABLE})",
            f"CREATE POLICY community_delete ON {table} AS RESTRICTIVE FOR DELETE TO PUBLIC USING ({_WRITABLE})",
        ]
    elif not written_anywhere:
        statements += [
            f"CREATE POLICY street_insert ON {table} AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ({_STREET})",
            f"CREATE POLICY street_update ON {table} AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ({_STREET})",
            f"CREATE POLICY street_delete ON {table} AS RESTRICTIVE FOR DELETE TO PUBLIC USING ({_STREET})",
        ]
    if rights:
        statements.append(f"GRANT {', '.join(rights)} ON {table} TO {APP_ROLE}")
    return statements


def protect_tables(tables: Sequence[Table]) -> list[str]:
    """``protect`` for mapped tables: the wall is read off their columns."""
    return [
        statement
        for table in tables
        if "tenant_id" in table.c
        for statement in protect(
            f"{table.schema}.{table.name}",
            community="community_id" in table.c,
            rights=table.info.get("rights", READ_WRITE),
            written_anywhere="written_anywhere" in table.info,
        )
    ]
