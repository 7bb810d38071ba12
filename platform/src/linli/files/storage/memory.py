"""Bytes that live as long as the process: for tests."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from linli.files.storage.base import BytesMissing, Measured, Storage, Written, require_key


class MemoryStorage(Storage):
    """Keeps bytes as long as the process lives."""

    name = "memory"

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, float]] = {}

    def put(self, key: str, source: BinaryIO, *, limit: int) -> Written:
        measured = Measured(source, limit)
        content = b"".join(measured)
        self._files[require_key(key)] = content, time.time()
        return measured.written(key)

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

    def reach(self) -> None:
        """It is always there."""
