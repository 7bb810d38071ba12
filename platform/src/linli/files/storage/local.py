"""Files in a folder of this machine."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from linli.files.storage.base import BytesMissing, Measured, Storage, StorageFailed, Written, require_key
from linli.kit.text import gettext as _


class LocalStorage(Storage):
    """Files in a folder that only this user may read."""

    name = "local"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, source: BinaryIO, *, limit: int) -> Written:
        target = self._path(key)
        measured = Measured(source, limit)
        draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        with _in_words(self._folder):
            for each in (self._folder, target.parent.parent, target.parent):
                # Made one by one: parents that mkdir makes by itself are open to others.
                each.mkdir(mode=0o700, parents=each is self._folder, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.writelines(measured)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(target)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)
        return measured.written(key)

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise BytesMissing(key) from error
        except OSError as error:
            raise _failed(error, self._folder) from error

    def remove(self, key: str) -> None:
        with _in_words(self._folder):
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

    def reach(self) -> None:
        if self._folder.exists() and not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
            raise _failed(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), self._folder)

    def _path(self, key: str) -> Path:
        return self._folder / require_key(key)


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failed(error, folder) from error


def _failed(error: OSError, folder: Path) -> StorageFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFailed(_("附件目录 {folder} 所在的磁盘满了").format(folder=folder))
    return StorageFailed(
        _("附件目录 {folder} 不可用（{why}）").format(folder=folder, why=error.strerror or type(error).__name__)
    )


def _sync_folder(folder: Path) -> None:
    # The name of a new file survives a power cut only once its folder has been written too.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
