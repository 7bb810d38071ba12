"""Where somebody's number might be left behind: what an intruder with the disk, the backup or the log would read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from tests.canaries.people import numbers_in

from linli.db.embedded.binaries import find_binaries

#: What the background and the outside are given.
HANDED_ON = (
    "core.job",
    "core.outbox_event",
    "core.outbox_delivery",
    "core.notification",
    "core.notification_delivery",
    "core.idempotency_key",
    "core.audit_entry",
)
_LARGEST = 64 * 1024 * 1024


class Server:
    """The database server, as whoever has its disk sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self._read: list[bytes] = []
        # Kept for us from here on: a checkpoint that comes by itself would use the files again while we read them.
        self._slot = f"canaries_{uuid4().hex}"
        self._connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [self._slot])
        self._begin = str(self._one("SELECT pg_current_wal_insert_lsn()"))

    def close(self) -> None:
        self._connection.execute("SELECT pg_drop_replication_slot(%s)", [self._slot])
        self._connection.close()

    def execute(self, statement: str) -> None:
        self._connection.execute(statement)

    def dump(self) -> bytes:
        """All that a backup holds, by the server's own ``pg_dump``."""
        program = find_binaries().folder / "pg_dump"
        if not program.exists():
            pytest.skip(f"no pg_dump beside {program.parent}")
        parts = make_url(self.url)
        where = make_url(self.url).set(password=None).render_as_string(hide_password=False)
        done = subprocess.run(
            [program, "--no-sync", where],
            env={**os.environ, "PGPASSWORD": str(parts.password or "")},
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def wal(self) -> bytes:
        """The write-ahead log from the moment when this object was made."""
        # Written out to the disk by this.
        self._connection.execute("SELECT pg_switch_wal()")
        end = str(self._one("SELECT pg_current_wal_lsn()"))
        read = self._connection.execute(
            "WITH span AS (SELECT %s::pg_lsn AS begin, %s::pg_lsn AS till) "
            "SELECT name, CASE name WHEN pg_walfile_name(begin + 1) THEN (pg_walfile_name_offset(begin)).file_offset "
            "ELSE 0 END, CASE name WHEN pg_walfile_name(till) THEN (pg_walfile_name_offset(till)).file_offset ELSE 0 "
            "END, pg_read_binary_file('pg_wal/' || name) FROM span, pg_ls_waldir() "
            "WHERE name ~ '^[0-9A-F]{24}$' AND name BETWEEN pg_walfile_name(begin + 1) AND pg_walfile_name(till) "
            "ORDER BY name",
            [self._begin, end],
        )
        # What follows the end is left from an earlier use of the file; an end of none is that of the whole segment.
        found = [bytes(content)[first : last or None] for _name, first, last, content in read]
        assert found or end == self._begin, f"{self._begin} was used again before it was looked at"
        self._read += found
        self._begin = end
        return b"".join(self._read)

    def data_files(self) -> bytes:
        """The tables and indexes of this database as they lie on the disk."""
        self.wal()
        self._connection.execute("CHECKPOINT")
        read = self._connection.execute(
            "SELECT pg_read_binary_file(folder || '/' || name) FROM (SELECT 'base/' || oid AS folder FROM pg_database "
            "WHERE datname = current_database()) f, pg_ls_dir(folder) name WHERE name ~ '^[0-9]+$' "
            "AND (pg_stat_file(folder || '/' || name)).size < %s",
            [_LARGEST],
        )
        return b"".join(bytes(row[0]) for row in read)

    def log(self) -> bytes:
        """What the server itself has written, statements that failed among it."""
        found = self._connection.execute(
            "SELECT pg_read_binary_file(path) FROM (SELECT current_setting('data_directory') || '/../postgres.log' "
            "AS path) p WHERE (pg_stat_file(path, true)).size IS NOT NULL"
        ).fetchone()
        return bytes(found[0]) if found else b""

    def table(self, name: str) -> bytes:
        """The rows of a table as text."""
        with self._connection.cursor().copy(
            sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(sql.Identifier(*name.split(".")))
        ) as copy:
            return b"".join(bytes(each) for each in copy)

    def has(self, name: str) -> bool:
        return self._one("SELECT to_regclass(%s) IS NOT NULL", [name])

    def _one(self, statement: str, given: list[str] | None = None) -> object:
        found = self._connection.execute(statement, given).fetchone()
        assert found is not None
        return found[0]


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The names of all files of a folder, and the content of each."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    yield "names", "\n".join(map(str, paths)).encode()
    for path in paths:
        yield str(path.relative_to(folder)), path.read_bytes()


def leaks(place: str, content: bytes) -> list[str]:
    """The numbers that stand in a place."""
    return [f"{place}: {each}" for each in numbers_in(content)]
