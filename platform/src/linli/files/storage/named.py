"""The storages of one installation: where new files go, and those that older rows name."""

from __future__ import annotations

from pathlib import Path

from linli.files.storage.base import Storage, StorageFailed
from linli.files.storage.local import LocalStorage
from linli.files.storage.s3 import Access, S3Storage
from linli.kit.text import gettext as _


class Storages:
    """Finds the storage of a name; what was once configured is still read after the setting has changed.

    Args:
        folder: of the local storage.
        url: ``s3://bucket/prefix`` where new files go; ``None`` for the folder.
        access: to every bucket that a row names.
    """

    def __init__(self, folder: Path, url: str | None = None, access: Access | None = None) -> None:
        self._access = access or Access()
        self._opened: dict[str, Storage] = {LocalStorage.name: LocalStorage(folder)}
        self.current = self.named(url or LocalStorage.name)

    def named(self, name: str) -> Storage:
        """The storage that rows call so.

        Raises:
            StorageFailed: no storage can have this name.
        """
        found = self._opened.get(name)
        if found is None:
            if not name.startswith("s3://"):
                raise StorageFailed(_("不认识附件存储“{name}”").format(name=name))
            found = self._opened[name] = S3Storage(name, self._access)
        return found
