"""A row of every table in every place: what the attacks are after, and what their positive controls find."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from linli.db.lint import OPEN_TABLES
from linli.kit.scope import Scope
from linli.testing.catalogue import Column, Table, read_tables, run
from linli.testing.facts import facts_of
from linli.testing.world import WORLD, known_id

__all__ = ["Place", "Planted", "copy_row"]

#: What people write and others read: where these columns stand, the canary of their place is put in.
_FREE_TEXT = {
    "name", "title", "body", "body_html", "body_text", "note", "remarks", "contact", "address", "pets", "label",
    "account_name", "actor_name", "author_name", "created_by_name", "office_address", "file_name", "condition",
}  # fmt: skip
#: Names of communities are known in the whole street.
_NAMES_ARE_KNOWN = {"core.community"}
#: Values that keep a planted row out of the way of what runs by itself.
_GIVEN: dict[str, dict[str, Any]] = {
    "core.job": {
        "state": "done",
        "event_id": str(known_id("a planted event")),
        "lane_id": str(known_id("a planted lane")),
        "consumer": "core.nobody",
        "n": 1,
    },
    "core.audit_entry": {"n": 900_000},
    "core.role_grant": {"role": "volunteer"},
    # A duty that is declared: rows of others are shown to nobody.
    "core.obligation_record": {"obligation": "notices.accounts"},
    "core.invitation": {"role": "community_administrator", "expires_at": "2099-01-01T00:00:00Z"},
    "core.app": {
        "whole_street": True,
        "webhook_url": "https://app.example.test/hook",
        "panel_url": "https://app.example.test/panel",
        "rate": 60,
    },
    # As the page of an issued one reads it.
    "core.briefing": {
        "content": {
            **dict.fromkeys(("title", "month", "number", "made_on", "made_by"), "briefing"),
            "words": {
                **dict.fromkeys(
                    ("period", "number", "made_on", "made_by", "note", "figures", "nothing", "running"), ""
                ),
                **dict.fromkeys(("duties", "duty", "duties_by_duty", "duties_by_place", "place", "happened"), ""),
                **dict.fromkeys(("ranks", "no_numbers"), ""),
                **{name: ["", "", ""] for name in ("figure_heads", "duty_heads", "happened_heads", "rank_heads")},
            },
            "is_running": False,
            "sections": [],
            "months": [],
            "duties": [],
            "places": [],
            "happened": [],
        }
    },
    "core.app_community": {"is_let_in": True, "shows_panel": True},
    "core.roster_import": {
        "file_format": "csv",
        "state": "ready",
        "mapping": {"format": "csv", "header_row": 1, "fields": ["door"], "titles": ["房号"]},
    },
}
_BY_TYPE: dict[str, Any] = {
    "integer": 1,
    "smallint": 1,
    "bigint": 1,
    "numeric": 1,
    "real": 1,
    "double precision": 1,
    "boolean": False,
    "date": "2025-01-01",
    "time without time zone": "08:00",
    "timestamp without time zone": "2025-01-01T00:00:00",
    "timestamp with time zone": "2025-01-01T00:00:00Z",
    "interval": "1 day",
    "json": {},
    "jsonb": {},
    "text[]": [],
    "uuid[]": [],
    "integer[]": [],
}


@dataclass(frozen=True)
class Place:
    """A street office as a whole (no community) or one community."""

    key: str
    number: int
    tenant_id: UUID
    community_id: UUID | None

    @property
    def scope(self) -> Scope:
        if self.community_id is None:
            return Scope.of_street(self.tenant_id)
        return Scope.of_communities(self.tenant_id, self.community_id)

    def writing(self, table: Table) -> Scope:
        """Where this place's rows of a table are written: the street's own rows only in the street's scope."""
        return self.scope if table.is_communitys else Scope.of_street(self.tenant_id)

    @property
    def canary(self) -> str:
        """A word that stands in this place's rows and nowhere else."""
        return f"canary-{self.key}-end"


def _places() -> dict[str, Place]:
    found = {}
    for side, street in (("here", WORLD.here), ("there", WORLD.there)):
        for number, community in enumerate((None, *(each.id for each in street.communities))):
            key = f"{side}{number}"
            found[key] = Place(key, len(found), street.id, community)
    return found


PLACES = _places()
#: Who attacks whom: the other street, its communities, and the neighbour within the street.
SIDES = (
    ("here1", "here2"),
    ("here1", "there1"),
    ("here0", "there0"),
    ("here0", "there1"),
    ("here1", "there0"),
)


@dataclass
class Planted:
    """The rows, as JSON, by table and place."""

    tables: dict[str, Table]
    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    @property
    def tenant_tables(self) -> list[Table]:
        """Every table behind a wall."""
        return [each for each in self.tables.values() if each.name not in OPEN_TABLES and each.is_tenants]

    def targets(self) -> Iterator[tuple[Table, Place, Place, dict[str, Any], dict[str, Any]]]:
        """Table, own place, other place, own row, other's row: every pair that a wall must keep apart."""
        for table in self.tenant_tables:
            for attacker, victim in SIDES:
                own = self.row_near(table, PLACES[attacker])
                other = self.rows.get((table.name, victim))
                if own is None or other is None:
                    continue
                if PLACES[attacker].tenant_id == PLACES[victim].tenant_id and not table.is_communitys:
                    continue
                yield table, PLACES[attacker], PLACES[victim], own, other

    def row_near(self, table: Table, place: Place) -> dict[str, Any] | None:
        """The place's own row; for a table without communities its street's, for the street one of its communities'."""
        side = place.key[:-1]
        for key in (place.key, f"{side}0", f"{side}1"):
            if (table.name, key) in self.rows:
                return self.rows[table.name, key]
        return None

    def ids_of(self, *keys: str) -> set[str]:
        """The ids of every row of these places, as text."""
        return {row["id"] for (_, key), row in self.rows.items() if key in keys and "id" in row}


def plant(connection: psycopg.Connection) -> Planted:
    """Give every table behind a wall a row in every place, and every free text the canary of its place.

    Args:
        connection: a superuser's, in autocommit, to a database that holds the world.
    """
    planted = Planted(read_tables(connection))
    # A row that breaks a check would not be planted; checks are no part of the walls.
    for table, constraint in connection.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid "
        "WHERE contype = 'c' AND c.relnamespace::regnamespace::text ~ '^(core|plugin_)'"
    ).fetchall():
        run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in _parents_first(planted.tenant_tables):
            for place in PLACES.values():
                if table.may_be_streets if place.community_id is None else table.is_communitys:
                    planted.rows[table.name, place.key] = _row(connection, planted, table, place)
        for table in planted.tenant_tables:
            _name(connection, table)
        for (name, key), row in list(planted.rows.items()):
            planted.rows[name, key] = _read(connection, planted.tables[name], row) or {}
    for place in PLACES.values():
        # Accounts belong to no place; each place knows some.
        street = WORLD.here if place.tenant_id == WORLD.here.id else WORLD.there
        known = street.communities[int(place.key[-1]) - 1] if place.community_id else street
        planted.rows["core.account", place.key] = {"id": str(known.administrator)}
    return planted


def _parents_first(tables: list[Table]) -> list[Table]:
    waiting, done = list(tables), []
    names = {each.name for each in tables}
    while waiting:
        placed = {each.name for each in done}
        ready = [
            each
            for each in waiting
            if all(r.target in placed or r.target not in names or r.target == each.name for r in each.references)
        ]
        if not ready:
            raise AssertionError(f"references run in a circle: {[each.name for each in waiting]}")
        # Ids that are kept without a reference name a row all the same, where there can be one already.
        ready = [each for each in ready if _named_by_ids(each, names) <= placed] or ready
        done += ready
        waiting = [each for each in waiting if each not in ready]
    return done


def _named_by_ids(table: Table, names: set[str]) -> set[str]:
    """Tables of the same schema that columns of this one are named after."""
    schema = table.name.partition(".")[0]
    return {f"{schema}.{name.removesuffix('_id')}" for name in table.columns if name.endswith("_id")} & names - {
        table.name
    }


def _row(connection: psycopg.Connection, planted: Planted, table: Table, place: Place) -> dict[str, Any]:
    where = "tenant_id = %(tenant)s"
    if table.is_communitys:
        where += " AND community_id IS NOT DISTINCT FROM %(community)s"
    given = {"tenant": place.tenant_id, "community": place.community_id}
    found = run(
        connection, f"SELECT to_jsonb(t) FROM {table.name} t WHERE {where} ORDER BY {table.key[-1]} LIMIT 1", given
    ).fetchone()
    if found:
        return found[0]
    row: dict[str, Any] = {"tenant_id": str(place.tenant_id)}
    if table.is_communitys:
        row["community_id"] = place.community_id and str(place.community_id)
    for reference in table.references:
        _refer(planted, table, reference.columns, reference.target, reference.targets, place, row)
    for column in table.columns.values():
        if column.name not in row and (not column.has_default or column.name in table.key) and column.not_null:
            row[column.name] = _unkeyed(planted, table, column, place) or _value(table, column, place)
    given_values = _GIVEN.get(table.name) or facts_of(_plugin_of(table.name)).rows.get(table.name, {})
    row |= {name: value + place.number if name == "n" else value for name, value in given_values.items()}
    names = ", ".join(f'"{name}"' for name in row)
    made = run(
        connection,
        f"INSERT INTO {table.name} AS t ({names}) SELECT {names} FROM jsonb_populate_record(NULL::{table.name}, %s) "
        "RETURNING to_jsonb(t)",
        [json.dumps(row)],
    ).fetchone()
    assert made is not None
    return made[0]


def _plugin_of(table: str) -> str:
    return table.partition(".")[0].removeprefix("plugin_")


def _refer(
    planted: Planted,
    table: Table,
    columns: tuple[str, ...],
    target: str,
    targets: tuple[str, ...],
    place: Place,
    row: dict[str, Any],
) -> None:
    # Whatever may refer does: an empty reference would leave the key unproven. A street's row refers to no community's.
    aim = planted.rows.get((target, place.key)) or (
        planted.rows.get((target, f"{place.key[:-1]}0")) if not planted.tables[target].is_communitys else None
    )
    if aim is None or target == table.name:
        return
    for column, name in zip(columns, targets, strict=True):
        row.setdefault(column, aim[name])


def _unkeyed(planted: Planted, table: Table, column: Column, place: Place) -> Any:
    # Some ids are kept without a foreign key: they name the place's own row all the same.
    if not column.name.endswith("_id"):
        return None
    schemas = (table.name.partition(".")[0], "core")
    rows = (planted.rows.get((f"{each}.{column.name.removesuffix('_id')}", place.key)) for each in schemas)
    aim = next((row for row in rows if row), None)
    return aim["id"] if aim else None


def _value(table: Table, column: Column, place: Place) -> Any:
    if column.type == "uuid":
        return str(known_id("planted", table.name, column.name, place.key))
    if column.type in ("text", "character varying"):
        return column.words[0] if column.words else place.canary
    if column.type == "bytea":
        return "\\x" + place.canary.encode().hex()
    if column.type in _BY_TYPE:
        return _BY_TYPE[column.type]
    raise AssertionError(
        f"{table.name}.{column.name}: a {column.type} cannot be planted; give it a value in rows of your PluginFacts"
    )


def _name(connection: psycopg.Connection, table: Table) -> None:
    texts = [
        column.name
        for column in table.columns.values()
        if column.name in _FREE_TEXT and column.type == "text" and table.name not in _NAMES_ARE_KNOWN
    ]
    if not texts or "UPDATE" not in table.rights:
        return
    for place in PLACES.values():
        where = "tenant_id = %(tenant)s"
        if table.is_communitys:
            where += " AND community_id IS NOT DISTINCT FROM %(community)s"
        elif place.community_id is not None:
            continue
        # Names stay unique within their place: the row's own end of its id follows.
        values = ", ".join(f'"{name}" = %(canary)s || right({table.key[-1]}::text, 6)' for name in texts)
        run(
            connection,
            f"UPDATE {table.name} SET {values} WHERE {where}",
            {"canary": place.canary, "tenant": place.tenant_id, "community": place.community_id},
        )


def _read(connection: psycopg.Connection, table: Table, row: dict[str, Any]) -> dict[str, Any] | None:
    found = run(connection, f"SELECT to_jsonb(t) FROM {table.name} t WHERE {table.by_key}", row).fetchone()
    return found and found[0]


def copy_row(connection: psycopg.Connection, table: str, row: dict[str, Any], changes: dict[str, Any]) -> str:
    """Another row like this one, but for the changes; created later, so it comes second. Returns its id."""
    fresh = str(uuid4())
    run(
        connection,
        f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s)",
        [json.dumps({**row, "id": fresh})],
    )
    values = ", ".join(f'"{name}" = %s' for name in changes)
    run(connection, f"UPDATE {table} SET {values} WHERE id = %s", [*changes.values(), fresh])
    return fresh
