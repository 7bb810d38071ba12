"""One file with all that a plugin stored: written as things stand at one moment, and read back with its checks."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from linli.db.migrate import MIGRATION_LOCK, Lineage, lifted_force
from linli.db.walls import OWNER_ROLE
from linli.files.storage.base import BytesMissing
from linli.house import House
from linli.kit.clock import now
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.plugins.manifest import NAME, RESERVED_NAMES

FORMAT = 1
#: Rows of the core that belong to a plugin and go along with its own: table to the column that names the plugin, in an
#: order in which they can be written again.
CORE_ROWS: dict[str, str] = {
    "core.file": "owner",
    "core.setting": "owner",
    "core.plugin_allowance": "plugin",
    "core.plugin_enablement": "plugin",
}
TABLES = text(
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname"
)
COLUMNS = text(
    "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 "
    "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)
_SEQUENCES = text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = :schema ORDER BY sequencename")


@dataclass(frozen=True, slots=True)
class Archived:
    """What an archive holds.

    Attributes:
        plugin: its name.
        version: of the distribution that the database was last migrated for.
        rows: of the plugin's own tables, by ``schema.table``.
        files: stored files, thumbnails not counted.
        lost: ids of files whose bytes could not be found; their rows are in the archive.
        streets: which streets had it allowed.
    """

    plugin: str
    version: str
    rows: Mapping[str, int]
    files: int
    lost: tuple[str, ...]
    streets: tuple[UUID, ...]

    @property
    def total(self) -> int:
        """Rows of all its tables."""
        return sum(self.rows.values())


class ArchiveBroken(ValueError):
    """A file is no archive of a plugin, or its parts do not match what it says of them."""


def export_plugin(house: House, name: str, target: Path) -> Archived:
    """Write all that a plugin stored into one file, as it stands at one moment; changes nothing.

    Sealed values stay sealed: they open in this installation alone.

    Raises:
        NotFound: the database knows no such plugin.
        FileExistsError: there is such a file already.
    """
    with opened(house, name) as connection:
        return write_archive(house, connection, name, target)


@contextmanager
def opened(house: House, name: str) -> Iterator[Connection]:
    """One transaction of the tables' owner, let through its own walls, with no migration beside it."""
    lineage = lineage_of(name)
    if not NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise NotFound(_unknown(name))
    with house.owner.engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
        if not connection.scalar(text("SELECT to_regnamespace(:schema) IS NOT NULL"), {"schema": lineage.schema}):
            raise NotFound(_unknown(name))
        for table in connection.scalars(TABLES, {"schema": lineage.schema}).all():
            connection.execute(text(f'LOCK TABLE {lineage.schema}."{table}" IN EXCLUSIVE MODE'))
        with lifted_force(connection, lineage.schema):
            yield connection


def _unknown(name: str) -> str:
    return _("数据库里没有插件“{name}”的数据").format(name=name)


def write_archive(house: House, connection: Connection, name: str, target: Path) -> Archived:
    lineage = lineage_of(name)
    tables = [f"{lineage.schema}.{each}" for each in connection.scalars(TABLES, {"schema": lineage.schema})]
    sequences = connection.execute(_SEQUENCES, {"schema": lineage.schema})
    told: dict[str, Any] = {
        "format": FORMAT,
        "plugin": name,
        "version": connection.scalar(
            text("SELECT version FROM core.installed_plugin WHERE name = :name"), {"name": name}
        )
        or "",
        "revision": revision_of(connection, lineage),
        "made_at": now().isoformat(),
        "tables": {},
        "sequences": {row.sequencename: row.last_value for row in sequences},
        "streets": [
            str(each)
            for each in connection.scalars(
                text("SELECT tenant_id FROM core.plugin_allowance WHERE plugin = :name ORDER BY 1"), {"name": name}
            )
        ],
        "files": {},
        "lost": [],
    }
    part = target.with_name(f".{target.name}.part")
    # For the operator alone: it holds what people entrusted to the street.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for table in (*CORE_ROWS, *tables):
                    told["tables"][table] = _copy_out(connection, archive, table, name)
                _copy_files(house, connection, archive, name, told)
                archive.writestr("archive.json", json.dumps(told, ensure_ascii=False, indent=2))
            file.flush()
            os.fsync(file.fileno())
        with read_archive(part):
            pass
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        target.unlink()
        raise
    return archived(told)


def archived(told: Mapping[str, Any]) -> Archived:
    rows = {name: table["rows"] for name, table in told["tables"].items() if name not in CORE_ROWS}
    files, lost = len(told["files"]), tuple(told["lost"])
    return Archived(told["plugin"], told["version"], rows, files, lost, tuple(UUID(each) for each in told["streets"]))


def revision_of(connection: Connection, lineage: Lineage) -> str | None:
    table = f"core.{lineage.version_table}"
    if not connection.scalar(text("SELECT to_regclass(:table) IS NOT NULL"), {"table": table}):
        return None
    return connection.scalar(text(f"SELECT version_num FROM {table}"))  # noqa: S608 our own names


def _copy_out(connection: Connection, archive: zipfile.ZipFile, table: str, plugin: str) -> dict[str, Any]:
    columns = connection.scalars(COLUMNS, {"table": table}).all()
    query = sql.SQL("SELECT {} FROM {}").format(identifiers(columns), sql.Identifier(*table.split(".")))
    if (column := CORE_ROWS.get(table)) is not None:
        query += sql.SQL(" WHERE {} = {}").format(sql.Identifier(column), sql.Literal(plugin))
    digest = hashlib.sha256()
    with (
        driver_of(connection).cursor() as cursor,
        archive.open(f"tables/{table}.csv", "w", force_zip64=True) as out,
    ):
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)) as copy:
            for chunk in copy:
                out.write(chunk)
                digest.update(chunk)
        rows = cursor.rowcount
    return {"columns": list(columns), "rows": rows, "sha256": digest.hexdigest()}


def _copy_files(
    house: House, connection: Connection, archive: zipfile.ZipFile, plugin: str, told: dict[str, Any]
) -> None:
    query = text(
        "SELECT id, storage, storage_key, thumbnail_key FROM core.file "
        "WHERE owner = :plugin AND removed_at IS NULL ORDER BY id"
    )
    for row in connection.execute(query, {"plugin": plugin}).all():
        parts: dict[str, str] = {}
        try:
            for part, key in (("file", row.storage_key), ("thumbnail", row.thumbnail_key)):
                if key is None:
                    continue
                digest = hashlib.sha256()
                with (
                    house.storages.named(row.storage).open(key) as source,
                    archive.open(f"{part}s/{row.id}", "w", force_zip64=True) as out,
                ):
                    while chunk := source.read(1 << 18):
                        out.write(chunk)
                        digest.update(chunk)
                parts[part] = digest.hexdigest()
        except BytesMissing:
            told["lost"].append(str(row.id))
        told["files"][str(row.id)] = parts


@contextmanager
def no_triggers(connection: Connection, table: str) -> Iterator[None]:
    """What triggers keep people from (changing a sealed file) is what is being done here on purpose."""
    connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    yield
    connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


@contextmanager
def read_archive(source: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    try:
        with zipfile.ZipFile(source) as archive:
            told = json.loads(archive.read("archive.json"))
            if told.get("format") != FORMAT or not NAME.fullmatch(told.get("plugin", "")):
                raise ArchiveBroken(_("不是这个版本能恢复的备份"))
            expected = {f"tables/{table}.csv": part["sha256"] for table, part in told["tables"].items()}
            for file_id, parts in told["files"].items():
                expected |= {f"{part}s/{file_id}": digest for part, digest in parts.items()}
            for member, digest in expected.items():
                with archive.open(member) as part:
                    if hashlib.file_digest(part, "sha256").hexdigest() != digest:  # type: ignore[arg-type]
                        raise ArchiveBroken(_("备份里的 {name} 被改动过").format(name=member))
            yield archive, told
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        if isinstance(error, ArchiveBroken):
            raise
        raise ArchiveBroken(_("不是插件数据的备份，或者已经损坏")) from error


def identifiers(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def driver_of(connection: Connection) -> psycopg.Connection:
    return connection.connection.driver_connection  # type: ignore[return-value]


def lineage_of(name: str) -> Lineage:
    return Lineage(name, Path(), "")
