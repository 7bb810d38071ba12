"""Bytes that nobody needs: of files that have expired, and orphans that no row holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from linli.files.models import StoredFile
from linli.files.service import let_go, storage_of
from linli.files.storage import LocalStorage, Storage
from linli.kit.clock import now

#: A file without a row is an orphan once no transaction can still be about to write that row.
ORPHANED_AFTER = timedelta(hours=24)
#: Keys that are looked up together.
BATCH = 500


def expire_files(session: Session, limit: int) -> tuple[int, int]:
    """Let the files go whose time has passed, at most so many; how many they were, and their bytes."""
    files = session.scalars(
        select(StoredFile)
        .where(StoredFile.expires_at <= now(), StoredFile.removed_at.is_(None), StoredFile.sealed_at.is_(None))
        .order_by(StoredFile.expires_at, StoredFile.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for file in files:
        let_go(session, file, "core.file.expire")
    return len(files), sum(file.size + (file.thumbnail_size or 0) for file in files)


def sweep_orphans(session: Session, *, older_than: timedelta = ORPHANED_AFTER) -> int:
    """Remove the bytes of this street that no row holds any more, as crashes leave them; returns how many.

    Raises:
        ValueError: the session does not see the whole street, so rows it cannot see would lose their bytes.
        StorageFailed: a storage cannot be reached.
    """
    require_whole_street(session)
    removed = 0
    for storage in storages_of(session):
        for keys in batches(storage.keys(session.info["scope"].tenant_id, older_than=older_than)):
            removed += sweep_batch(session, storage, keys)
    return removed


def require_whole_street(session: Session) -> None:
    """Raise ``ValueError`` where rows of the street are out of sight: their bytes would look like orphans."""
    if session.info["scope"].communities is not None:
        raise ValueError("sweeping needs the scope of the whole street")


def storages_of(session: Session) -> list[Storage]:
    """Every storage in which this street may have bytes: the present one, the folder, those that rows name."""
    current: Storage = session.info["files"]
    names = {current.name, LocalStorage.name, *session.scalars(select(StoredFile.storage).distinct())}
    return [storage_of(session, name) for name in sorted(names)]


def sweep_batch(session: Session, storage: Storage, keys: list[str]) -> int:
    """Remove those of the keys that no row of the street holds; returns how many."""
    held = {
        key
        for pair in session.execute(
            select(StoredFile.storage_key, StoredFile.thumbnail_key).where(
                or_(StoredFile.storage_key.in_(keys), StoredFile.thumbnail_key.in_(keys)),
                StoredFile.storage == storage.name,
                StoredFile.removed_at.is_(None),
            )
        )
        for key in pair
    }
    orphans = [key for key in keys if key not in held]
    for key in orphans:
        storage.remove(key)
    return len(orphans)


def batches(keys: Iterable[str]) -> Iterator[list[str]]:
    """The keys, so many at a time."""
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
