"""Bytes carried from one storage to another, and bytes compared with what their rows say of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sqlalchemy import and_, func, select, update

from linli.audit import record
from linli.db.session import Database
from linli.files.models import StoredFile
from linli.files.sealing import opened_stream, stored_size
from linli.files.storage import BytesMissing, Storage, TooLarge, is_key_of
from linli.kit.crypto import SealBroken
from linli.kit.scope import Scope

_PAGE = 200
_CHUNK = 1 << 20

#: Told after each file: how many are done, of how many.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Held:
    """What one storage holds of a street: files, and bytes together with those of thumbnails."""

    storage: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A file whose bytes are not what its row says: ``missing``, ``damaged``, or under a ``foreign`` key."""

    file_id: UUID
    name: str
    what: str


@dataclass(slots=True)
class Report:
    """What was done in one street. A file with a fault stays where it is."""

    files: int = 0
    size: int = 0
    faults: list[Fault] = field(default_factory=list)


class _Unsound(Exception):
    pass


def held_by_storage(database: Database, tenant_id: UUID) -> list[Held]:
    """Which storages hold how much of a street, by the rows."""
    statement = (
        select(
            StoredFile.storage,
            func.count(),
            func.coalesce(func.sum(StoredFile.size + func.coalesce(StoredFile.thumbnail_size, 0)), 0),
        )
        .where(StoredFile.removed_at.is_(None))
        .group_by(StoredFile.storage)
        .order_by(StoredFile.storage)
    )
    with database.unit_of_work(Scope.of_street(tenant_id), read_only=True) as session:
        return [Held(name, int(files), int(size)) for name, files, size in session.execute(statement)]


def move_files(
    database: Database,
    tenant_id: UUID,
    target: Storage,
    *,
    named: Callable[[str], Storage],
    tell: Tell = lambda done, total: None,
) -> Report:
    """Carry all files of a street that lie elsewhere to one storage; may be broken off and begun again at any time.

    Each file is copied as it lies, read back and compared by SHA-256 with its row, a sealed one by what it says once
    opened; then the row names the new storage, and only then the old bytes go.

    Args:
        database: the runtime role's door.
        tenant_id: the street.
        target: where they shall lie.
        named: gives the storage that a row names.
        tell: told how far it is.

    Raises:
        StorageFailed: a storage cannot be reached; what was moved stays moved.
    """
    elsewhere = and_(StoredFile.removed_at.is_(None), StoredFile.storage != target.name)
    report = _each(database, tenant_id, elsewhere, partial(_move, database, target=target, named=named), tell)
    if report.files:
        with database.unit_of_work(Scope.of_street(tenant_id)) as session:
            after = {"storage": target.name, "files": report.files, "size": report.size}
            record(session, "core.file.move", ("street", tenant_id), after=after)
    return report


def verify_files(
    database: Database,
    tenant_id: UUID,
    *,
    named: Callable[[str], Storage],
    tell: Tell = lambda done, total: None,
) -> Report:
    """Read every file of a street and compare it with its row, as after a restored backup.

    Raises:
        StorageFailed: a storage cannot be reached.
    """
    return _each(database, tenant_id, StoredFile.removed_at.is_(None), partial(_verify, database, named=named), tell)


def _each(database: Database, tenant_id: UUID, wanted: object, act: Callable[[StoredFile], bool], tell: Tell) -> Report:
    report, scope = Report(), Scope.of_street(tenant_id)
    with database.unit_of_work(scope, read_only=True) as session:
        total = session.scalar(select(func.count()).select_from(StoredFile).where(wanted)) or 0  # type: ignore[arg-type]
    for done, file in enumerate(_rows(database, scope, wanted), 1):
        try:
            if act(file):
                report.files += 1
                report.size += file.size + (file.thumbnail_size or 0)
        except _Unsound as fault:
            report.faults.append(Fault(file.id, file.name, str(fault)))
        tell(done, total)
    return report


def _rows(database: Database, scope: Scope, wanted: object) -> Iterator[StoredFile]:
    after: UUID | None = None
    while True:
        statement = select(StoredFile).where(wanted).order_by(StoredFile.id).limit(_PAGE)  # type: ignore[arg-type]
        if after is not None:
            statement = statement.where(StoredFile.id > after)
        with database.unit_of_work(scope, read_only=True) as session:
            rows = session.scalars(statement).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def _parts(file: StoredFile) -> Iterator[tuple[str, int, bytes]]:
    yield file.storage_key, file.size, file.sha256
    if file.thumbnail_key is not None:
        yield file.thumbnail_key, file.thumbnail_size or 0, file.thumbnail_sha256 or b""


def _move(database: Database, file: StoredFile, *, target: Storage, named: Callable[[str], Storage]) -> bool:
    source = named(file.storage)
    parts = list(_parts(file))
    _require_own(file)
    try:
        for key, size, digest in parts:
            _carry(source, target, key, size)
            _compare(database, file, target, key, digest)
    except _Unsound:
        _drop(target, parts)
        raise
    with database.unit_of_work(Scope.of_street(file.tenant_id)) as session:
        changed = session.execute(
            update(StoredFile)
            .where(StoredFile.id == file.id, StoredFile.storage == file.storage, StoredFile.removed_at.is_(None))
            .values(storage=target.name)
            .returning(StoredFile.id),
            execution_options={"synchronize_session": False},
        ).first()
    # It was removed meanwhile: then nobody needs the copy.
    _drop(source if changed else target, parts)
    return changed is not None


def _verify(database: Database, file: StoredFile, *, named: Callable[[str], Storage]) -> bool:
    _require_own(file)
    storage = named(file.storage)
    for key, _size, digest in _parts(file):
        _compare(database, file, storage, key, digest)
    return True


def _require_own(file: StoredFile) -> None:
    # Whoever could write a row could otherwise have another street's bytes carried away.
    if not all(is_key_of(file.tenant_id, key) for key, _size, _digest in _parts(file)):
        raise _Unsound("foreign")


def _carry(source: Storage, target: Storage, key: str, size: int) -> None:
    try:
        with source.open(key) as stream:
            target.put(key, stream, limit=stored_size(size))
    except BytesMissing:
        raise _Unsound("missing") from None
    except TooLarge:
        raise _Unsound("damaged") from None


def _compare(database: Database, file: StoredFile, storage: Storage, key: str, digest: bytes) -> None:
    found = hashlib.sha256()
    try:
        with storage.open(key) as stored:
            # The keys are found with the first read; the bytes of a large file then pass without a transaction.
            with database.unit_of_work(Scope.of_street(file.tenant_id), read_only=True) as session:
                stream = opened_stream(session, file.id, stored)
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
    except BytesMissing:
        raise _Unsound("missing") from None
    except SealBroken:
        raise _Unsound("damaged") from None
    if found.digest() != digest:
        raise _Unsound("damaged")


def _drop(storage: Storage, parts: list[tuple[str, int, bytes]]) -> None:
    for key, _size, _digest in parts:
        storage.remove(key)
