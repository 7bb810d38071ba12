"""Streams that are filled and sent: each has an owner at every moment, which closes it whatever becomes of it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

_CHUNK = 1 << 16
_IN_MEMORY = 1 << 20


@contextmanager
def filling() -> Iterator[BinaryIO]:
    """A file of unknown size to fill and hand on: in memory while it is small, then one without a name.

    Afterwards it is at its beginning, and whoever it is handed to closes it. Where filling it fails, it is closed here.
    """
    stream: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 handed on
    try:
        yield stream
        stream.seek(0)
    except BaseException:
        stream.close()
        raise


class Chunks(Iterator[bytes]):
    """All that is left in a stream, piece by piece; it is closed at its end.

    Where nobody asks for the rest, or for any, ``close`` gives it back: the request does that for what its handler
    answers with. What is sent refers to itself on the way, so that the collector would come late and find the stream
    in any order.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __next__(self) -> bytes:
        chunk = b"" if self._stream.closed else self._stream.read(_CHUNK)
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Give the stream back; nothing more comes."""
        self._stream.close()

    def __del__(self) -> None:
        # It never became an answer: the handler failed after it was made.
        self.close()


class MadeLate(Chunks):
    """What ``make`` writes, made when the first piece is asked for.

    Args:
        make: writes the whole file into the stream that it is given.
        source: a stream that ``make`` reads; it is closed with this one, or once the file is made.
    """

    def __init__(self, make: Callable[[BinaryIO], None], source: BinaryIO | None = None) -> None:
        super().__init__(source or io.BytesIO())
        self._make: Callable[[BinaryIO], None] | None = make

    def __next__(self) -> bytes:
        if self._make is not None and not self._stream.closed:
            make, self._make = self._make, None
            with self._stream, filling() as made:
                make(made)
            self._stream = made
        return super().__next__()
