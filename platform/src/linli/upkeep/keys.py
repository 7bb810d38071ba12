"""Data keys of a street: a new version, sealing anew what older versions sealed, and making blind indexes anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import text

from linli.audit import record
from linli.db.base import CATALOGUES
from linli.db.sealed import SealedColumn, sealed_columns
from linli.db.session import ScopedSession
from linli.db.vault import INDEX
from linli.kit.crypto import SealBroken
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.tasks import JobRun, Schedule, task

REWRAP = "core.rewrap_keys"
BATCH = 500
#: Rows in use are left out and looked for again, so often in one run.
_ROUNDS = 3

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
    "AND pid <> pg_backend_pid() AND application_name LIKE 'linli%'"
)
_NEWEST = text("SELECT max(version) FROM core.data_key WHERE data_class = 'personal'")

#: Opens one transaction of the whole street.
Opened = Callable[[], AbstractContextManager[ScopedSession]]
#: Is told how many values were sealed anew.
Tell = Callable[[int], None]


@dataclass
class Rewrapped:
    """What became of a street's sealed values.

    Attributes:
        version: under which they are sealed now.
        values: how many were sealed anew.
        left: values that were in use all the time; the next run finds them.
        broken: ``core.resident.phone_ct <id>`` of values that do not open, which stay as they are.
    """

    version: int
    values: int = 0
    left: int = 0
    broken: list[str] = field(default_factory=list)


def columns_of_streets() -> list[SealedColumn]:
    """Every sealed column of the core and of the plugins that this process has loaded."""
    from linli.db import catalogue as _catalogue  # noqa: F401 registers the core's tables

    return sealed_columns(CATALOGUES)


def versions_in_use(session: ScopedSession, columns: Sequence[SealedColumn]) -> dict[str, dict[int, int]]:
    """Column to key version to how many values are sealed under it."""
    found: dict[str, dict[int, int]] = {}
    for each in columns:
        statement = text(
            f"SELECT get_byte({each.name}, 0) * 256 + get_byte({each.name}, 1) AS version, count(*) "  # noqa: S608 names of the models
            f"FROM {each.table.fullname} WHERE length({each.name}) > 2 GROUP BY 1 ORDER BY 1"
        )
        found[each.title] = {row[0]: row[1] for row in session.execute(statement)}
    return found


def rotate(session: ScopedSession) -> int:
    """Make a new key for the street's personal data; what was sealed before stays readable. Returns its version."""
    version = session.vault.rotate(session)
    record(session, "core.key.rotate", ("data_key", session.scope.tenant_id), after={"version": version})
    return version


def rewrap(
    opened: Opened, columns: Sequence[SealedColumn], *, batch: int = BATCH, tell: Tell | None = None
) -> Rewrapped:
    """Seal under the newest version what older ones sealed, a batch per transaction.

    It may be interrupted at any moment and begun again: what is done is done, and names its version. People go on
    working meanwhile; a row that somebody is just changing is looked at again later.

    Args:
        opened: opens a transaction of the whole street.
        columns: see ``columns_of_streets``.
        batch: values per transaction.
        tell: hears of each batch.
    """
    with opened() as session:
        session.vault.forget(session.scope.tenant_id)
        done = Rewrapped(session.vault.version(session))
    for _round in range(_ROUNDS):
        before = done.values
        done.broken.clear()
        for each in columns:
            for count in _rewrap_column(opened, each, done, batch):
                done.values += count
                if tell is not None:
                    tell(done.values)
        done.left = _left(opened, columns, done)
        if done.left == 0 or (done.values == before and _round):
            break
    if done.values:
        with opened() as session:
            after = {"version": done.version, "rows": done.values}
            record(session, "core.key.rewrap", ("data_key", session.scope.tenant_id), after=after)
    return done


def reindex(session: ScopedSession, columns: Sequence[SealedColumn], *, batch: int = BATCH) -> int:
    """Make a new index key and every blind index anew, all in this transaction; returns how many were made.

    Raises:
        Conflict: the site runs: what it would look for meanwhile it would not find.
    """
    if session.scalar(_OTHERS):
        raise Conflict(_("网站或别的命令还在运行。重建索引期间按号码查不到人，请先停止它们"))
    version = session.vault.rotate(session, INDEX)
    made = 0
    for each in columns:
        if not each.seal.index:
            continue
        after = UUID(int=0)
        while rows := _rows(session, each, after, batch, older_than=None):
            ids = [row_id for row_id, _value in rows]
            plains = [session.vault.decrypt(session, each.seal.table, each.seal.column, *row) for row in rows]
            values = [session.vault.blind_index(session, each.seal.kind, plain) for plain in plains]
            _write(session, each.table.fullname, each.seal.index, ids, values)
            made, after = made + len(rows), ids[-1]
    after_values = {"version": version, "rows": made}
    record(session, "core.key.reindex", ("data_key", session.scope.tenant_id), after=after_values)
    return made


@task(REWRAP, title="用新密钥重新加密", lease=300, schedule=Schedule.daily(time(4, 40)))
def rewrap_keys(run: JobRun) -> dict[str, Any]:
    """Finish what a rotation left, in every street that has a second version at all."""
    with run.unit_of_work(read_only=True) as session:
        newest = session.scalar(_NEWEST) or 0
    if newest < 2:
        return {"version": newest, "values": 0}
    done = rewrap(run.unit_of_work, columns_of_streets(), tell=run.progress)
    return {"version": done.version, "values": done.values, "left": done.left, "broken": done.broken[:20]}


def _rewrap_column(opened: Opened, column: SealedColumn, done: Rewrapped, batch: int) -> Iterator[int]:
    after = UUID(int=0)
    while True:
        with opened() as session:
            rows = _rows(session, column, after, batch, older_than=done.version)
            ids: list[UUID] = []
            values: list[bytes] = []
            for row_id, value in rows:
                place = (session, column.seal.table, column.seal.column, row_id)
                try:
                    plain = session.vault.decrypt_bytes(*place, value)
                except SealBroken:
                    done.broken.append(f"{column.title} {row_id}")
                    continue
                ids.append(row_id)
                values.append(session.vault.encrypt_bytes(*place, plain))
            _write(session, column.table.fullname, column.name, ids, values)
        if not rows:
            return
        after = rows[-1][0]
        yield len(ids)


def _rows(
    session: ScopedSession, column: SealedColumn, after: UUID, batch: int, *, older_than: int | None
) -> list[tuple[UUID, bytes]]:
    older = "" if older_than is None else f"AND substring({column.name} FROM 1 FOR 2) < :version"
    statement = text(
        f"SELECT id, {column.name} FROM {column.table.fullname} WHERE {column.name} IS NOT NULL AND id > :after "  # noqa: S608 names of the models
        f"{older} ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED"
    )
    values = {"after": after, "batch": batch, "version": (older_than or 0).to_bytes(2)}
    if older_than is None:
        del values["version"]
    return [(row[0], bytes(row[1])) for row in session.execute(statement, values)]


def _write(session: ScopedSession, table: str, column: str, ids: list[UUID], values: list[bytes]) -> None:
    if ids:
        # Not through the model: nobody has edited the row, and its version and time of change stay.
        statement = text(
            f"UPDATE {table} t SET {column} = new.value FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS bytea[])) "  # noqa: S608 names of the models
            "AS new (id, value) WHERE t.id = new.id"
        )
        session.execute(statement, {"ids": ids, "values": values})


def _left(opened: Opened, columns: Sequence[SealedColumn], done: Rewrapped) -> int:
    with opened() as session:
        counts = versions_in_use(session, columns)
    older = sum(n for each in counts.values() for version, n in each.items() if version < done.version)
    return max(older - len(done.broken), 0)
