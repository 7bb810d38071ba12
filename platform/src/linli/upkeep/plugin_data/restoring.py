"""Putting back what an archive holds of a plugin, where the plugin is installed again and has stored nothing yet."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, text

from linli.audit import record
from linli.db.migrate import Lineage
from linli.house import House
from linli.kit.actor import SYSTEM
from linli.kit.errors import Conflict, NotFound
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.plugins.registry import Plugins
from linli.upkeep.plugin_data.archive import (
    COLUMNS,
    CORE_ROWS,
    TABLES,
    ArchiveBroken,
    Archived,
    archived,
    driver_of,
    identifiers,
    lineage_of,
    no_triggers,
    opened,
    read_archive,
    revision_of,
)

_REFERENCES = text(
    "SELECT DISTINCT c.relname, r.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
    "JOIN pg_class r ON r.oid = k.confrelid WHERE k.contype = 'f' AND k.conrelid <> k.confrelid "
    "AND c.relnamespace = CAST(:schema AS regnamespace) AND r.relnamespace = CAST(:schema AS regnamespace)"
)


def restore_plugin(house: House, plugins: Plugins, source: Path) -> Archived:
    """Put a plugin's rows and files back as they were, where it is installed again and has stored nothing yet.

    Raises:
        NotFound: the plugin is not installed, or its tables are not there.
        Conflict: it stands at another revision than the archive, or has stored something already.
        ArchiveBroken: the file is none of ours, or was altered.
    """
    with read_archive(source) as (archive, told):
        name = told["plugin"]
        if name not in plugins:
            raise NotFound(_("没有安装名为“{name}”的插件").format(name=name))
        with opened(house, name) as connection:
            lineage = lineage_of(name)
            revision = revision_of(connection, lineage)
            if revision != told["revision"]:
                message = _("插件的数据库版本是 {now}，备份的是 {then}，请先安装同一版本")
                raise Conflict(message.format(now=revision, then=told["revision"]))
            _require_empty(connection, lineage)
            # Rows refer to files, so the core's come first.
            _write_rows(connection, archive, {each: told["tables"][each] for each in CORE_ROWS}, name)
            _put_files(house, connection, archive, name, told)
            _write_rows(connection, archive, _in_order(connection, lineage, told["tables"]), name)
            for sequence, value in told["sequences"].items():
                if value is not None:
                    connection.execute(
                        text("SELECT setval(CAST(:name AS regclass), :value)"),
                        {"name": f"{lineage.schema}.{sequence}", "value": value},
                    )
        done = archived(told)
    for tenant_id in done.streets:
        with house.owner.unit_of_work(Scope.of_street(tenant_id), SYSTEM) as session:
            record(session, "core.plugin.restore", ("plugin", name), after={"rows": done.total, "files": done.files})
    return done


def _require_empty(connection: Connection, lineage: Lineage) -> None:
    own = [f"{lineage.schema}.{each}" for each in connection.scalars(TABLES, {"schema": lineage.schema})]
    conditions = {
        **dict.fromkeys(own, ""),
        **{table: f" WHERE {column} = :plugin" for table, column in CORE_ROWS.items()},
    }
    for table, where in conditions.items():
        if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table}{where})"), {"plugin": lineage.name}):  # noqa: S608
            raise Conflict(_("插件在 {table} 里已经有数据，请先移除再恢复").format(table=table))


def _write_rows(
    connection: Connection, archive: zipfile.ZipFile, tables: Mapping[str, Mapping[str, Any]], plugin: str
) -> None:
    for table, part in tables.items():
        known = connection.scalars(COLUMNS, {"table": table}).all()
        if sorted(known) != sorted(part["columns"]):
            raise Conflict(_("{table} 的列与备份不同，请先安装同一版本").format(table=table))
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
            sql.Identifier(*table.split(".")), identifiers(part["columns"])
        )
        with no_triggers(connection, table), driver_of(connection).cursor() as cursor:
            with archive.open(f"tables/{table}.csv") as source, cursor.copy(statement) as copy:
                while chunk := source.read(1 << 18):
                    copy.write(chunk)
            if cursor.rowcount != part["rows"]:
                raise ArchiveBroken(_("备份里的 {name} 被改动过").format(name=table))
        _require_own(connection, table, plugin, part["rows"])


def _require_own(connection: Connection, table: str, plugin: str, rows: int) -> None:
    # An archive that somebody made up must not switch on, or set, what belongs to others.
    if (column := CORE_ROWS.get(table)) is not None:
        query = text(f"SELECT count(*) FROM {table} WHERE {column} = :plugin")  # noqa: S608 our own names
        if connection.scalar(query, {"plugin": plugin}) != rows:
            raise ArchiveBroken(_("备份里的 {name} 有别的插件的数据").format(name=table))


def _put_files(
    house: House, connection: Connection, archive: zipfile.ZipFile, plugin: str, told: Mapping[str, Any]
) -> None:
    # Where files went meanwhile is of no matter: they are written where new ones go. What is left behind by a failure
    # further on has no row, and the daily sweep takes it away.
    query = text("UPDATE core.file SET storage = :storage WHERE owner = :plugin AND removed_at IS NULL RETURNING *")
    with no_triggers(connection, "core.file"):
        rows = connection.execute(query, {"storage": house.files.name, "plugin": plugin}).all()
    for row in rows:
        keys = {"file": row.storage_key, "thumbnail": row.thumbnail_key}
        for part in told["files"].get(str(row.id), ()):
            with archive.open(f"{part}s/{row.id}") as source:
                house.files.put(keys[part], source, limit=1 << 40)  # type: ignore[arg-type]


def _in_order(
    connection: Connection, lineage: Lineage, tables: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """A plugin's tables, each after those that it refers to."""
    waiting = {name.partition(".")[2]: part for name, part in tables.items() if name not in CORE_ROWS}
    needs: dict[str, set[str]] = {name: set() for name in waiting}
    for table, referred in connection.execute(_REFERENCES, {"schema": lineage.schema}):
        needs.get(table, set()).add(referred)
    ordered: dict[str, Mapping[str, Any]] = {}
    while ready := [name for name in waiting if not needs[name] & set(waiting)]:
        for name in ready:
            ordered[f"{lineage.schema}.{name}"] = waiting.pop(name)
    if waiting:
        raise Conflict(_("{tables} 互相引用，不能逐个恢复").format(tables=listed(sorted(waiting))))
    return ordered
