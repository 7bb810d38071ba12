"""Where the bytes of files lie: a folder of this machine, or memory in tests. A key begins with its tenant."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

_KEY = re.compile(r"[0-9a-f]{32}/[0-9a-f]{2}/[0-9a-f]{64}")
_CHUNK = 1 << 18


class TooLarge(Exception):
    """The source holds more bytes than allowed; nothing was kept."""


class BytesMissing(Exception):
    """There is a row for this key and no file."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was stored: where, how many bytes, and their SHA-256."""

    key: str
    size: int
    sha256: bytes


class Storage(Protocol):
    """A place for bytes. Keys are made here, carry the tenant and 256 random bits, and are shown to nobody."""

    #: What ``core.file.storage`` says of a file kept here.
    name: str

    def write(self, tenant_id: UUID, source: BinaryIO, *, limit: int) -> Written:
        """Store all of the source, or nothing.

        Raises:
            TooLarge: there are more than ``limit`` bytes.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """The bytes, for the caller to close.

        Raises:
            BytesMissing: there is nothing under this key.
        """
        ...

    def remove(self, key: str) -> None:
        """Forget the bytes; a key that is gone already is no error."""
        ...

    def keys(self, tenant_id: UUID, *, older_than: timedelta) -> Iterator[str]:
        """The keys of one tenant that were written longer ago than that."""
        ...


class LocalStorage:
    """Files in a folder that only this user may read."""

    name = "local"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, tenant_id: UUID, source: BinaryIO, *, limit: int) -> Written:
        key = _new_key(tenant_id)
        target = self._folder / key
        for each in (self._folder, self._folder / tenant_id.hex, target.parent):
            # Made one by one: parents that mkdir makes by itself are open to others.
            each.mkdir(mode=0o700, parents=each is self._folder, exist_ok=True)
        draft = target.with_name(f"{target.name}.part")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                size, digest = _copy(source, file, limit)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return Written(key, size, digest)

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise BytesMissing(key) from error

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def keys(self, tenant_id: UUID, *, older_than: timedelta) -> Iterator[str]:
        latest = time.time() - older_than.total_seconds()
        for path in (self._folder / tenant_id.hex).glob("*/*"):
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if written > latest:
                continue
            if path.suffix == ".part":
                # A process died while writing it.
                path.unlink(missing_ok=True)
            else:
                yield path.relative_to(self._folder).as_posix()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise BytesMissing("not a key of this storage")
        return self._folder / key


class MemoryStorage:
    """Keeps bytes as long as the process lives."""

    name = "memory"

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, float]] = {}

    def write(self, tenant_id: UUID, source: BinaryIO, *, limit: int) -> Written:
        target = io.BytesIO()
        size, digest = _copy(source, target, limit)
        key = _new_key(tenant_id)
        self._files[key] = target.getvalue(), time.time()
        return Written(key, size, digest)

    def open(self, key: str) -> BinaryIO:
        if key not in self._files:
            raise BytesMissing(key)
        return io.BytesIO(self._files[key][0])

    def remove(self, key: str) -> None:
        self._files.pop(key, None)

    def keys(self, tenant_id: UUID, *, older_than: timedelta) -> Iterator[str]:
        latest = time.time() - older_than.total_seconds()
        return iter(
            [key for key, (_, written) in self._files.items() if key.startswith(tenant_id.hex) and written <= latest]
        )


def _new_key(tenant_id: UUID) -> str:
    name = secrets.token_hex(32)
    return f"{tenant_id.hex}/{name[:2]}/{name}"


def _copy(source: BinaryIO, target: BinaryIO, limit: int) -> tuple[int, bytes]:
    size, digest = 0, hashlib.sha256()
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        digest.update(chunk)
        target.write(chunk)
    return size, digest.digest()


def _sync_folder(folder: Path) -> None:
    # The name of a new file survives a power cut only once its folder has been written too.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
