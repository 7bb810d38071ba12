"""Streams as answers send them: piece by piece, and closed whatever becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

_CHUNK = 1 << 16


class Chunks(Iterator[bytes]):
    """All that is left in a stream. It is closed at its end, and where nobody asks for the rest, or for any."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __next__(self) -> bytes:
        chunk = b"" if self._stream.closed else self._stream.read(_CHUNK)
        if not chunk:
            self._stream.close()
            raise StopIteration
        return chunk

    def __del__(self) -> None:
        # An answer whose transaction fails, or whose reader has gone, is never sent.
        self._stream.close()
