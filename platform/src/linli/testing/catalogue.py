"""What the database itself says of its tables: the attacks aim by it, so that no new table is forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from linli.db.walls import APP_ROLE

_TABLES = """
SELECT c.oid::int AS oid, n.nspname || '.' || c.relname AS name, c.relkind::text AS kind,
       array(SELECT r FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) r
              WHERE has_table_privilege(%(app)s, c.oid, r)) AS rights,
       array(SELECT a.attname::text FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k (n, o)
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n
              WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.o) AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
 ORDER BY 2
"""
_COLUMNS = """
SELECT a.attrelid::int AS oid, a.attname::text AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS not_null,
       a.atthasdef AS has_default,
       (SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k
         WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]) AS checks
  FROM pg_attribute a WHERE a.attrelid = ANY (%(oids)s) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 ORDER BY a.attrelid, a.attnum
"""
_REFERENCES = """
SELECT k.conrelid::int AS oid, k.conname::text AS name, k.confrelid::int AS target,
       array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (n, o)
               JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.o) AS columns,
       array(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (n, o)
               JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.o) AS targets
  FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = ANY (%(oids)s) ORDER BY 1, 2
"""
_WORDS = re.compile(r"'([^']*)'::text")


@dataclass(frozen=True)
class Column:
    """A column that rows may be given a value for."""

    name: str
    type: str
    not_null: bool
    has_default: bool
    words: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A foreign key, with the name of the table it leads to."""

    name: str
    columns: tuple[str, ...]
    target: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table, what the runtime role may do with it, and where it leads."""

    name: str
    key: tuple[str, ...]
    rights: frozenset[str]
    columns: dict[str, Column]
    references: tuple[Reference, ...]

    @property
    def is_tenants(self) -> bool:
        return "tenant_id" in self.columns and self.columns["tenant_id"].not_null

    @property
    def is_communitys(self) -> bool:
        return "community_id" in self.columns

    @property
    def may_be_streets(self) -> bool:
        return not self.is_communitys or not self.columns["community_id"].not_null

    @property
    def names(self) -> str:
        """The columns, as an INSERT lists them."""
        return ", ".join(f'"{name}"' for name in self.columns)

    @property
    def by_key(self) -> str:
        """A condition that finds one row, with named parameters."""
        return " AND ".join(f'"{name}" = %({name})s' for name in self.key)


def read_tables(connection: psycopg.Connection) -> dict[str, Table]:
    """Every table of core, sec and the installed plugins, by name."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        tables: list[Any] = cursor.execute(_TABLES, {"app": APP_ROLE}).fetchall()
        given = {"oids": [each.oid for each in tables]}
        columns: list[Any] = cursor.execute(_COLUMNS, given).fetchall()
        references: list[Any] = cursor.execute(_REFERENCES, given).fetchall()
    names = {each.oid: each.name for each in tables}
    return {
        table.name: Table(
            table.name,
            tuple(table.key),
            frozenset(table.rights),
            {
                each.name: Column(
                    each.name, each.type, each.not_null, each.has_default, tuple(_WORDS.findall(each.checks or ""))
                )
                for each in columns
                if each.oid == table.oid
            },
            tuple(
                Reference(each.name, tuple(each.columns), names[each.target], tuple(each.targets))
                for each in references
                if each.oid == table.oid
            ),
        )
        for table in tables
    }


def run(connection: psycopg.Connection, statement: str, given: Any = None) -> psycopg.Cursor[Any]:
    """Execute a statement that was put together from names of the catalogue."""
    return connection.execute(statement.encode(), given)
