"""Storing, opening and removing files. Rows stand behind the walls; bytes follow the transaction of their row."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO
from uuid import UUID

import structlog
from sqlalchemy import event, or_, select, text
from sqlalchemy.orm import Session, SessionTransaction

from linli.audit import record
from linli.db.session import ScopedSession, after_commit
from linli.files.images import clean_image
from linli.files.kinds import IMAGES, checked_media_type, clean_name
from linli.files.models import StoredFile
from linli.files.sealing import is_sealed, opened_stream, seal_stream
from linli.files.storage import BytesMissing, Storage, StorageFailed, TooLarge, Written, is_key_of
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.streams import filling
from linli.kit.text import gettext as _
from linli.plugins.containment import READER, PluginFailed, call
from linli.plugins.containment.calls import WrongAnswer

#: Bytes of one file where the caller names no other limit.
DEFAULT_LIMIT = 20 * 1024 * 1024
#: An image written anew may be somewhat larger than it came.
_GROWTH = 2
#: Where there is no limit at all, none is set.
_PATIENT = text(
    "SELECT set_config('idle_in_transaction_session_timeout', '60s', true) "
    "WHERE current_setting('idle_in_transaction_session_timeout') <> '0'"
)

log = structlog.get_logger("linli.files")

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
    expires_at: datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    field: str = "file",
) -> StoredFile:
    """Take in a file; the bytes are removed again when the transaction is rolled back.

    An image is written anew without what people cannot see in it (see ``clean_image``) and gets a thumbnail.

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
        expires_at: from when on nobody reads it any more; its bytes go with the next daily sweep.
        limit: bytes at most, as they are sent.
        field: the form's field, named in errors.

    Raises:
        Invalid: the file is empty, too large, damaged, of a kind not taken in, not what its name says, or a trap.
        StorageFailed: the storage cannot be reached or is full; nothing was kept.
    """
    cleaned, file_id = clean_name(name), new_id()
    # Decoding a large image, or sending it to a bucket, may take longer than a transaction may lie idle.
    session.execute(_PATIENT)
    image = small = None
    with _seekable(content, limit, field) as source:
        kind = checked_media_type(source, cleaned, media_type, field=field)
        if is_sealed(owner, subject[0] if subject else ""):
            written = _write_sealed(session, file_id, source, limit, field)
        elif kind in IMAGES:
            image = clean_image(source, kind, field=field)
            with image.content as clean:
                written = _write(session, clean, _GROWTH * limit, field)
            small = _write(session, io.BytesIO(image.thumbnail), len(image.thumbnail), field)
        else:
            written = _write(session, source, limit, field)
    file = StoredFile(
        id=file_id,
        community_id=community_id or session.info["scope"].community_id,
        owner=owner,
        subject_type=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        name=cleaned,
        media_type=kind,
        size=written.size,
        sha256=written.sha256,
        storage=session.info["files"].name,
        storage_key=written.key,
        is_public=is_public,
        created_by=actor.account_id,
        expires_at=expires_at,
        width=image.width if image else None,
        height=image.height if image else None,
        thumbnail_key=small.key if small else None,
        thumbnail_size=small.size if small else None,
        thumbnail_sha256=small.sha256 if small else None,
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
        StorageFailed: the storage cannot be reached.
    """
    file = get_file(session, file_id)
    return file, opened_stream(session, file.id, _opened(session, file, lambda: file.storage_key))


def open_thumbnail(session: Session, file: StoredFile) -> BinaryIO:
    """The small picture of a file that has one, a WebP, under the conditions of ``open_file``.

    Raises:
        NotFound: it has none, or its bytes are lost.
        StorageFailed: the storage cannot be reached.
    """
    return _opened(session, file, lambda: file.thumbnail_key or "")


def _opened(session: Session, file: StoredFile, key: Callable[[], str]) -> BinaryIO:
    for _try in range(2):
        try:
            if not is_key_of(file.tenant_id, key()):
                # Whoever could write a row could otherwise read any street's bytes by it.
                break
            return storage_of(session, file.storage).open(key())
        except BytesMissing:
            # They may have been moved to another storage since the row was read.
            session.refresh(file)
    raise NotFound(_("没有找到这个文件"))


def may_read(session: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether the actor may read a file of this scope: public, stored by them, or allowed by its subject's reader."""
    if file.is_public or actor.system:
        return True
    if actor.account_id is not None and file.created_by == actor.account_id:
        return True
    reader = _readers.get((file.owner, file.subject_type))
    if reader is None:
        return False
    if file.owner == "core":
        return reader(session, actor, file)
    try:
        asked = partial(reader, session, actor, file)
        return call(session, file.owner, READER, asked, where=file.subject_type, check=_yes_or_no)  # type: ignore[arg-type]
    except PluginFailed:
        # A gate whose keeper has failed stays shut.
        return False


def _yes_or_no(answer: Any) -> bool:
    if not isinstance(answer, bool):
        raise WrongAnswer(f"a reader answers with True or False, not {type(answer).__name__}")
    return answer


def remove_file(session: Session, actor: Actor, file_id: UUID, *, reason: str = "") -> None:  # noqa: ARG001 services name who acts
    """Remove a file: its row tells that it was there, its bytes go once the transaction is committed.

    Raises:
        NotFound: there is none in this scope.
        Conflict: it is sealed.
    """
    file = get_file(session, file_id)
    if file.sealed_at is not None:
        raise Conflict(_("这个文件已随记录封存，不能删除"))
    let_go(session, file, "core.file.remove", reason=reason)


def let_go(session: Session, file: StoredFile, action: str, *, reason: str = "") -> None:
    """Note that a file is gone, and have its bytes and thumbnail go after the commit."""
    file.removed_at = now()
    before = {"name": file.name, "size": file.size}
    record(session, action, ("file", file.id), community_id=file.community_id, before=before, reason=reason)
    storage = storage_of(session, file.storage)
    for key in (file.storage_key, file.thumbnail_key):
        if key is not None and is_key_of(file.tenant_id, key):
            after_commit(session, partial(_forget, storage, key))


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


def storage_of(session: Session, name: str) -> Storage:
    """The storage that a file's row names.

    Raises:
        StorageFailed: this installation knows none of this name.
    """
    current: Storage = session.info["files"]
    return current if current.name == name else session.info["storages"](name)


def _seekable(content: bytes | BinaryIO, limit: int, field: str) -> Any:
    if isinstance(content, bytes):
        if len(content) > limit:
            raise _too_large(limit, field)
        return io.BytesIO(content)
    with filling() as seekable:
        while chunk := content.read(1 << 18):
            seekable.write(chunk)
            if seekable.tell() > limit:
                raise _too_large(limit, field)
    return seekable


def _write(session: Session, source: BinaryIO, limit: int, field: str) -> Written:
    try:
        storage: Storage = session.info["files"]
        written = storage.write(session.info["scope"].tenant_id, source, limit=limit)
    except TooLarge as error:
        raise _too_large(limit, field) from error
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    session.info.setdefault("files_written", []).append((transaction, storage, written.key))
    return written


def _write_sealed(session: Session, file_id: UUID, source: BinaryIO, limit: int, field: str) -> Written:
    # Size and digest are those of the file as people know it.
    digest = hashlib.file_digest(source, "sha256").digest()  # type: ignore[arg-type]
    size = source.seek(0, io.SEEK_END)
    if size > limit:
        raise _too_large(limit, field)
    source.seek(0)
    with seal_stream(session, file_id, source) as sealed:
        written = _write(session, sealed, 2 * limit, field)
    return replace(written, size=size, sha256=digest)


def _too_large(limit: int, field: str) -> Invalid:
    megabytes = max(limit // (1024 * 1024), 1)
    return Invalid.one(field, _("文件太大"), _("最多 {size} MB").format(size=megabytes))


def _forget(storage: Storage, key: str) -> None:
    try:
        storage.remove(key)
    except StorageFailed as error:
        # The deed is done; what is left behind is an orphan, and the next sweep takes it.
        log.warning("bytes left behind", storage=storage.name, error=str(error))


@event.listens_for(ScopedSession, "before_commit")
def _about_to_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        # Should this commit fail, whether it took effect can be unknown: then the sweep judges, by the rows.
        session.info["files_written"] = []


@event.listens_for(ScopedSession, "after_soft_rollback")
def _undo_files(session: Session, undone: SessionTransaction) -> None:
    kept = []
    for transaction, storage, key in session.info.get("files_written", ()):
        if _is_within(transaction, undone):
            _forget(storage, key)
        else:
            kept.append((transaction, storage, key))
    session.info["files_written"] = kept


def _is_within(transaction: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while transaction is not None:
        if transaction is outer:
            return True
        transaction = transaction.parent
    return False
