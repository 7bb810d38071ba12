"""Which letters the fonts can draw; what they cannot becomes an empty box, as a document must not be refused for it."""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

#: Drawn in place of a letter that the fonts lack.
BOX = "□"


def legible(value: Any, known: frozenset[int]) -> Any:
    """Data of a document in which every text can be drawn.

    Marks that show nothing themselves go, among them those that turn the direction of writing: with them a line would
    read otherwise than it is stored.

    Args:
        value: anything that JSON can say.
        known: the code points that the fonts draw.
    """
    if isinstance(value, str):
        return "".join(_drawn(each, known) for each in value)
    if isinstance(value, dict):
        return {key: legible(each, known) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [legible(each, known) for each in value]
    return value


def _drawn(letter: str, known: frozenset[int]) -> str:
    if ord(letter) in known or letter in "\n\t":
        return letter
    return "" if unicodedata.category(letter) in ("Cf", "Cc", "Mn") else BOX


@lru_cache(maxsize=4)
def code_points(font: Path) -> frozenset[int]:
    """The code points that a TrueType font draws, read from its ``cmap`` table of format 12."""
    content = font.read_bytes()
    tables = struct.unpack_from(">H", content, 4)[0]
    for n in range(tables):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", content, 12 + 16 * n)
        if tag == b"cmap":
            return _read_cmap(content, offset)
    raise ValueError(f"{font.name} has no cmap")


def _read_cmap(content: bytes, start: int) -> frozenset[int]:
    count = struct.unpack_from(">H", content, start + 2)[0]
    for n in range(count):
        offset = start + struct.unpack_from(">HHI", content, start + 4 + 8 * n)[2]
        if struct.unpack_from(">H", content, offset)[0] != 12:
            continue
        groups = struct.unpack_from(">I", content, offset + 12)[0]
        spans = (struct.unpack_from(">III", content, offset + 16 + 12 * k) for k in range(groups))
        return frozenset(point for first, last, _glyph in spans for point in range(first, last + 1))
    raise ValueError("the font has no cmap of format 12")
