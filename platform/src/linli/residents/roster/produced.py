"""Files that are made for somebody to save: their bytes in chunks that need no session any more."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from linli.kit.streams import Chunks

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"

_IN_MEMORY = 1 << 20


@dataclass(frozen=True, slots=True)
class Produced:
    """A file name, a media type and the bytes."""

    name: str
    media_type: str
    content: Iterator[bytes]


def spooled() -> BinaryIO:
    """Somewhere to write a file of unknown size: in memory while it is small."""
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # type: ignore[return-value]


def made_late(make: Callable[[BinaryIO], None]) -> Iterator[bytes]:
    """The bytes of what ``make`` writes, made when the first one is asked for."""
    with spooled() as stream:
        make(stream)
        stream.seek(0)
        yield from Chunks(stream)
