"""Storing, opening and removing files. Rows stand behind the walls; bytes follow the transaction of their row."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, BinaryIO
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import event, or_, select
from sqlalchemy.orm import Session, SessionTransaction

from linli.audit import record
from linli.db.session import ScopedSession, after_commit
from linli.files.kinds import IMAGES, checked_media_type, clean_name
from linli.files.models import StoredFile
from linli.files.storage import BytesMissing, Storage, TooLarge, Written
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _

#: Bytes of one file where the caller names no other limit.
DEFAULT_LIMIT = 20 * 1024 * 1024
#: A file without a row is an orphan once no transaction can still be about to write that row.
ORPHANED_AFTER = timedelta(hours=24)

_BATCH = 500

Reader = Callable[[Session, Actor, StoredFile], bool]
_readers: dict[tuple[str, str], Reader] = {}


def file_reader(owner: str, subject_type: str) -> Callable[[Reader], Reader]:
    """Register who may read the files of one kind of subject: ``f(session, actor, file) -> bool``.

    Without one, a file that is not public is read by whoever stored it and nobody else.
    """

    def register(reader: Reader) -> Reader:
        _readers[owner, subject_type] = reader
        return reader

    return register


def store_file(
    session: Session,
    actor: Actor,
    content: bytes | BinaryIO,
    *,
    owner: str,
    name: str,
    media_type: str = "",
    subject: tuple[str, UUID] | None = None,
    community_id: UUID | None = None,
    is_public: bool = False,
    limit: int = DEFAULT_LIMIT,
    field: str = "file",
) -> StoredFile:
    """Take in a file; the bytes are removed again when the transaction is rolled back.

    Args:
        session: a unit of work of the place the file belongs to.
        actor: who stores it.
        content: all bytes, or a stream from its present place on.
        owner: ``core`` or the plugin's name.
        name: as the sender calls it; it is cleaned, and its extension must fit the content.
        media_type: as the sender says; empty when nobody said.
        subject: type and id of what the file belongs to.
        community_id: the scope's only community unless named; ``None`` in a street's scope is the street's own.
        is_public: whether people who have not signed in may read it.
        limit: bytes at most.
        field: the form's field, named in errors.

    Raises:
        Invalid: the file is empty, too large, of a kind not taken in, or not what its name says.
    """
    cleaned = clean_name(name)
    with _seekable(content, limit, field) as source:
        kind = checked_media_type(source, cleaned, media_type, field=field)
        written = _write(session, source, limit, field)
    file = StoredFile(
        id=new_id(),
        community_id=community_id or session.info["scope"].community_id,
        owner=owner,
        subject_type=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        name=cleaned,
        media_type=kind,
        size=written.size,
        sha256=written.sha256,
        storage=_storage(session).name,
        storage_key=written.key,
        is_public=is_public,
        created_by=actor.account_id,
    )
    session.add(file)
    session.flush()
    after = {"name": file.name, "media_type": kind, "size": file.size, "owner": owner, "is_public": is_public}
    record(session, "core.file.store", ("file", file.id), community_id=file.community_id, after=after)
    return file


def get_file(session: Session, file_id: UUID) -> StoredFile:
    """The row of a file.

    Raises:
        NotFound: there is none in this scope, or it was removed or has expired.
    """
    file = session.scalar(select(StoredFile).where(StoredFile.id == file_id, StoredFile.removed_at.is_(None)))
    if file is None or (file.expires_at is not None and file.expires_at <= now()):
        raise NotFound(_("没有找到这个文件"))
    return file


def list_files(session: Session, owner: str, subject: tuple[str, UUID]) -> Sequence[StoredFile]:
    """The files of one subject in this scope, as they were stored, without those removed or expired."""
    return session.scalars(
        select(StoredFile)
        .where(
            StoredFile.owner == owner,
            StoredFile.subject_type == subject[0],
            StoredFile.subject_id == subject[1],
            StoredFile.removed_at.is_(None),
            or_(StoredFile.expires_at.is_(None), StoredFile.expires_at > now()),
        )
        .order_by(StoredFile.id)
    ).all()


def open_file(session: Session, file_id: UUID) -> tuple[StoredFile, BinaryIO]:
    """The row and the bytes of a file; the caller closes the stream and has judged whether the reader may.

    Raises:
        NotFound: there is none in this scope, it was removed, or its bytes are lost.
    """
    file = get_file(session, file_id)
    try:
        return file, _storage(session).open(file.storage_key)
    except BytesMissing as error:
        raise NotFound(_("没有找到这个文件")) from error


def may_read(session: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether the actor may read a file of this scope: public, stored by them, or allowed by its subject's reader."""
    if file.is_public or actor.system:
        return True
    if actor.account_id is not None and file.created_by == actor.account_id:
        return True
    reader = _readers.get((file.owner, file.subject_type))
    return reader is not None and reader(session, actor, file)


def remove_file(session: Session, actor: Actor, file_id: UUID, *, reason: str = "") -> None:  # noqa: ARG001 services name who acts
    """Remove a file: its row tells that it was there, its bytes go once the transaction is committed.

    Raises:
        NotFound: there is none in this scope.
        Conflict: it is sealed.
    """
    file = get_file(session, file_id)
    if file.sealed_at is not None:
        raise Conflict(_("这个文件已随记录封存，不能删除"))
    file.removed_at = now()
    before = {"name": file.name, "size": file.size}
    record(session, "core.file.remove", ("file", file.id), community_id=file.community_id, before=before, reason=reason)
    storage, key = _storage(session), file.storage_key
    after_commit(session, lambda: storage.remove(key))


def seal_files(session: Session, owner: str, subject: tuple[str, UUID]) -> Sequence[StoredFile]:
    """Seal the files of a subject whose record is closed: neither service nor SQL changes or removes them any more.

    Returns:
        The files, as ``list_files`` gives them; those that were sealed before stay as they are.
    """
    files = list_files(session, owner, subject)
    for file in files:
        file.sealed_at = file.sealed_at or now()
    session.flush()
    return files


def sweep_orphans(session: Session, *, older_than: timedelta = ORPHANED_AFTER) -> int:
    """Remove the bytes of this street that no row holds any more, as crashes leave them; returns how many.

    Raises:
        ValueError: the session does not see the whole street, so rows it cannot see would lose their bytes.
    """
    scope, storage = session.info["scope"], _storage(session)
    if scope.communities is not None:
        raise ValueError("sweep_orphans needs the scope of the whole street")
    removed = 0
    batch: list[str] = []
    for key in storage.keys(scope.tenant_id, older_than=older_than):
        batch.append(key)
        if len(batch) == _BATCH:
            removed += _sweep(session, storage, batch)
            batch = []
    return removed + _sweep(session, storage, batch)


def download_headers(file: StoredFile, *, inline: bool = False) -> dict[str, str]:
    """Headers under which a browser keeps the file apart from the portal: it is saved, never run.

    Args:
        file: what is sent.
        inline: show it in the page; done for images only.
    """
    shown = "inline" if inline and file.media_type in IMAGES else "attachment"
    # The plain form is for old programs; "%" would make some of them decode it.
    plain = "".join(each if each.isascii() and each not in '"\\%;' else "_" for each in file.name)
    return {
        "content-type": file.media_type,
        "content-length": str(file.size),
        "content-disposition": f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "private, no-cache" if file.is_public else "private, no-store",
    }


def _storage(session: Session) -> Storage:
    return session.info["files"]


def _seekable(content: bytes | BinaryIO, limit: int, field: str) -> Any:
    if isinstance(content, bytes):
        return io.BytesIO(content)
    spooled = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 the caller closes it
    while chunk := content.read(1 << 18):
        spooled.write(chunk)
        if spooled.tell() > limit:
            spooled.close()
            raise _too_large(limit, field)
    spooled.seek(0)
    return spooled


def _write(session: Session, source: BinaryIO, limit: int, field: str) -> Written:
    try:
        written = _storage(session).write(session.info["scope"].tenant_id, source, limit=limit)
    except TooLarge as error:
        raise _too_large(limit, field) from error
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    session.info.setdefault("files_written", []).append((transaction, written.key))
    return written


def _too_large(limit: int, field: str) -> Invalid:
    megabytes = max(limit // (1024 * 1024), 1)
    return Invalid.one(field, _("文件太大"), _("最多 {size} MB").format(size=megabytes))


def _sweep(session: Session, storage: Storage, keys: list[str]) -> int:
    if not keys:
        return 0
    held = set(
        session.scalars(
            select(StoredFile.storage_key).where(
                StoredFile.storage_key.in_(keys), StoredFile.storage == storage.name, StoredFile.removed_at.is_(None)
            )
        )
    )
    orphans = [key for key in keys if key not in held]
    for key in orphans:
        storage.remove(key)
    return len(orphans)


@event.listens_for(ScopedSession, "before_commit")
def _about_to_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        # Should this commit fail, whether it took effect can be unknown: then the sweep judges, by the rows.
        session.info["files_written"] = []


@event.listens_for(ScopedSession, "after_soft_rollback")
def _undo_files(session: Session, undone: SessionTransaction) -> None:
    kept = []
    for transaction, key in session.info.get("files_written", ()):
        if _is_within(transaction, undone):
            _storage(session).remove(key)
        else:
            kept.append((transaction, key))
    session.info["files_written"] = kept


def _is_within(transaction: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while transaction is not None:
        if transaction is outer:
            return True
        transaction = transaction.parent
    return False
