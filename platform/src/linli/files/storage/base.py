"""What every storage does, and how its keys are made."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from linli.kit.text import gettext as _

_KEY = re.compile(r"[0-9a-f]{32}/[0-9a-f]{2}/[0-9a-f]{64}")
_CHUNK = 1 << 18
#: No street has this number: what is written to try a storage stands beside every street's files.
PROBE = UUID(int=0)


class TooLarge(Exception):
    """The source holds more bytes than allowed; nothing was kept."""


class BytesMissing(Exception):
    """There is a row for this key and no file."""


class StorageFailed(Exception):
    """The storage cannot be reached, or refuses; the message says why, in words for the operator."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was stored: where, how many bytes, and their SHA-256."""

    key: str
    size: int
    sha256: bytes


class Storage(ABC):
    """A place for bytes. Keys are made here, carry the tenant and 256 random bits, and are shown to nobody.

    Every method raises ``StorageFailed`` when the storage cannot be reached or refuses.
    """

    #: What ``core.file.storage`` says of a file kept here.
    name: str

    def write(self, tenant_id: UUID, source: BinaryIO, *, limit: int) -> Written:
        """Store all of the source under a new key, or nothing.

        Raises:
            TooLarge: there are more than ``limit`` bytes.
        """
        return self.put(new_key(tenant_id), source, limit=limit)

    @abstractmethod
    def put(self, key: str, source: BinaryIO, *, limit: int) -> Written:
        """Store all of the source under a key of ours, or nothing; what lies there already is replaced.

        Raises:
            TooLarge: there are more than ``limit`` bytes.
            BytesMissing: this is no key of ours.
        """

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """The bytes, for the caller to close; one can go back in them.

        Raises:
            BytesMissing: there is nothing under this key.
        """

    @abstractmethod
    def remove(self, key: str) -> None:
        """Forget the bytes; a key that is gone already is no error."""

    @abstractmethod
    def keys(self, tenant_id: UUID, *, older_than: timedelta) -> Iterator[str]:
        """The keys of one tenant that were written longer ago than that."""

    @abstractmethod
    def reach(self) -> None:
        """Return when the storage answers; cheap enough to be asked every minute."""

    def examine(self) -> None:
        """Write a few bytes, read them back, remove them, and what an interrupted look left behind."""
        for key in list(self.keys(PROBE, older_than=timedelta(hours=1))):
            self.remove(key)
        content = secrets.token_bytes(64)
        key = new_key(PROBE)
        self.put(key, io.BytesIO(content), limit=len(content))
        try:
            with self.open(key) as source:
                is_whole = source.read() == content
        except BytesMissing:
            is_whole = False
        finally:
            self.remove(key)
        if not is_whole:
            raise StorageFailed(_("写进去的内容读出来不一样"))


def new_key(tenant_id: UUID) -> str:
    """A key that nobody can guess, in the tenant's own part of the storage."""
    name = secrets.token_hex(32)
    return f"{tenant_id.hex}/{name[:2]}/{name}"


def require_key(key: str) -> str:
    """The key, if it has the form of one: so it leads nowhere but below the storage.

    Raises:
        BytesMissing: it has not.
    """
    if not _KEY.fullmatch(key):
        raise BytesMissing("not a key of this storage")
    return key


def is_key_of(tenant_id: UUID, key: str) -> bool:
    """Whether a key leads into this tenant's part of the storage."""
    return key.startswith(f"{tenant_id.hex}/")


class Measured:
    """Reads a source chunk by chunk, counts and hashes what passes, and stops one byte beyond the limit."""

    def __init__(self, source: BinaryIO, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._source.read(_CHUNK):
            self.size += len(chunk)
            if self.size > self._limit:
                raise TooLarge(self._limit)
            self._digest.update(chunk)
            yield bytes(chunk)

    def written(self, key: str) -> Written:
        """What has passed, as stored under this key."""
        return Written(key, self.size, self._digest.digest())
