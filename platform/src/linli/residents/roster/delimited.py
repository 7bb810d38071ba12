"""Reading delimited text: which encoding, which delimiter, and its rows one by one."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.residents.roster.cells import Raw
from linli.residents.roster.columns import HEADER_WITHIN, MAX_COLUMNS, Header, find_header

ENCODINGS = ("utf-8-sig", "utf-8", "gb18030")
DELIMITERS = (",", "\t", ";", "，", "|")
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is to be read, and written again."""

    encoding: str
    delimiter: str


def find_dialect(stream: BinaryIO) -> tuple[Dialect, Header | None]:
    """Encoding, delimiter and header; the delimiter is the one under which most of a header row is understood.

    Raises:
        Invalid: the bytes are no text in a known encoding.
    """
    encoding = _encoding(stream)
    best: tuple[int, Dialect, Header | None] = (-1, Dialect(encoding, ","), None)
    for delimiter in DELIMITERS:
        dialect = Dialect(encoding, delimiter)
        rows = (cells for number, cells in _records(stream, dialect) if number <= HEADER_WITHIN)
        header = find_header(_first(rows))
        known = sum(field is not None for field in header.fields) if header else 0
        if known > best[0]:
            best = known, dialect, header
    return best[1], best[2]


def _first(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for _count, cells in zip(range(HEADER_WITHIN), rows, strict=False):
        yield cells


def _encoding(stream: BinaryIO) -> str:
    stream.seek(0)
    head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Invalid.one("file", _("文件是 UTF-16 编码，无法读取"), _("请另存为“CSV UTF-8”后重新上传"))
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig" if _decodes(stream, "utf-8-sig") else _unreadable()
    for encoding in ENCODINGS[1:]:
        if _decodes(stream, encoding):
            return encoding
    return _unreadable()


def _unreadable() -> str:
    raise Invalid.one("file", _("文件的文字编码无法识别"), _("请另存为“CSV UTF-8”后重新上传"))


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := stream.read(_CHUNK):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read_records(stream: BinaryIO, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every record, the header's too; raises ``Invalid`` where the text is no table."""
    yield from _records(stream, dialect)


def read_rows(stream: BinaryIO, dialect: Dialect, header: Header) -> Iterator[tuple[int, list[Raw]]]:
    """Number and cells of every record below the header."""
    for number, cells in _records(stream, dialect):
        if number <= header.row:
            continue
        if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise Invalid.one(
                "file", _("第 {row} 行的列太多").format(row=number), _("最多 {limit} 列").format(limit=MAX_COLUMNS)
            )
        yield number, list(cells[:MAX_COLUMNS])


def _records(stream: BinaryIO, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    stream.seek(0)
    text = io.TextIOWrapper(io.BufferedReader(_Unclosed(stream)), encoding=dialect.encoding, newline="")
    reader = csv.reader(text, delimiter=dialect.delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, cells
    except csv.Error as error:
        raise Invalid.one(
            "file", _("第 {row} 行的引号没有成对").format(row=number + 1), _("请检查这一行，或另存为新的 CSV 文件")
        ) from error
    finally:
        text.close()


class _Unclosed(io.RawIOBase):
    """Hands a stream to a wrapper without letting it close the stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
