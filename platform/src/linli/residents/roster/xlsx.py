"""Reading workbooks row by row in little memory, after a look at whether they are workbooks and no bombs."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from xml.parsers import expat
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from openpyxl.utils import column_index_from_string

from linli.files.archives import leads_outside
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.residents.roster.cells import Raw
from linli.residents.roster.columns import MAX_COLUMNS, Header, find_header
from linli.residents.roster.workbook import BadWorkbook, Workbook

#: Bytes of all parts once unpacked; a roster of 50,000 rows and twenty columns has about fifty million.
MAX_UNPACKED = 300_000_000
#: A part of some size that shrinks more than this is no table that people filled in.
MAX_RATIO = 100
_RATIO_FROM = 10_000_000
_MAX_PARTS = 2_000
_MAX_MERGES = 200_000
_CHUNK = 1 << 16
_GAP = 100
#: What broken numbers, references and compressed bytes make the reader raise.
_STUMBLES = (KeyError, ValueError, IndexError, EOFError, OverflowError, zlib.error, NotImplementedError)

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


@dataclass(slots=True)
class Merges:
    """Cells that were merged downwards: every row is given the value of the first."""

    starts: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _open: dict[int, tuple[int, Raw]] = field(default_factory=dict)

    def fill(self, number: int, cells: list[Raw]) -> list[Raw]:
        """The row with what the merged cells above it say."""
        for column, (last, value) in list(self._open.items()):
            if number > last:
                del self._open[column]
                continue
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = value
        for column, last in self.starts.get(number, ()):
            if column < len(cells):
                self._open[column] = (last, cells[column])
        return cells


def require_workbook(stream: BinaryIO) -> None:
    """Raise ``Invalid`` unless the stream is a workbook that can be unpacked safely; leaves it at its beginning."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise Invalid.one("file", _("文件设了密码，无法读取"), _("请取消密码后重新上传"))
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise _not_a_workbook()
            _require_modest(parts)
            for part in parts:
                if leads_outside(part.filename):
                    raise _not_a_workbook()
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as xml:
                        _require_no_entities(xml)
    except (zipfile.BadZipFile, ExpatError, *_STUMBLES, OSError, RuntimeError) as error:
        raise _not_a_workbook() from error
    finally:
        stream.seek(0)


class _Begun(Exception):
    pass


def _require_no_entities(xml: Any) -> None:
    """Raise ``Invalid`` where the XML has a document type, in which entities are declared; reads no further."""
    parser = expat.ParserCreate()

    def refuse(*_declared: Any) -> None:
        raise _not_a_workbook()

    def begin(*_element: Any) -> None:
        raise _Begun

    parser.StartDoctypeDeclHandler = refuse
    # A document type can only stand before the first element, behind any length of comments.
    parser.StartElementHandler = begin
    try:
        while chunk := xml.read(_CHUNK):
            parser.Parse(chunk, False)
    except _Begun:
        return


def _require_modest(parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    swollen = any(
        part.file_size > _RATIO_FROM and part.file_size > MAX_RATIO * max(part.compress_size, 1) for part in parts
    )
    if unpacked > MAX_UNPACKED or swollen or len(parts) > _MAX_PARTS:
        raise Invalid.one("file", _("文件解压后太大，无法读取"), _("请只保留名册这一张工作表，另存为新文件后上传"))


def _not_a_workbook() -> Invalid:
    return Invalid.one("file", _("文件已损坏，或不是 Excel 工作簿"), _("请用 Excel 打开后另存为 .xlsx 再上传"))


@contextmanager
def open_workbook(stream: BinaryIO) -> Iterator[Workbook]:
    """The workbook, read row by row; whatever is wrong inside it is ``Invalid``."""
    workbook = None
    try:
        workbook = Workbook(stream)
        yield workbook
    except (BadWorkbook, ExpatError, ParseError, BadZipFile, *_STUMBLES) as error:
        raise _not_a_workbook() from error
    finally:
        if workbook is not None:
            workbook.close()


def find_sheet(stream: BinaryIO) -> tuple[str, Header | None]:
    """The first visible sheet with a header, and the header; the first sheet and ``None`` when there is none."""
    with open_workbook(stream) as workbook:
        if not workbook.sheets:
            raise Invalid.one("file", _("工作簿里没有可见的工作表"))
        for name in workbook.sheets:
            rows = _numbered(workbook.rows(name), 1)
            if header := find_header(cells for _number, cells in rows):
                return name, header
        return workbook.sheets[0], None


def read_rows(stream: BinaryIO, sheet_name: str, header: Header) -> Iterator[tuple[int, list[Raw]]]:
    """Number and cells of every row below the header.

    Raises:
        Invalid: the workbook breaks off, or a row is wider than ``MAX_COLUMNS``.
    """
    with open_workbook(stream) as workbook:
        merges = _merges(workbook, sheet_name, header.row)
        rows = workbook.rows(sheet_name)
        # Without merged cells a row that is not stored is a blank row, and blank rows are read over.
        for number, cells in _numbered(rows, header.row + 1) if merges.starts else rows:
            if number <= header.row:
                continue
            if any(cell is not None for cell in cells[MAX_COLUMNS:]):
                raise Invalid.one(
                    "file",
                    _("第 {row} 行的列太多").format(row=number),
                    _("最多 {limit} 列").format(limit=MAX_COLUMNS),
                )
            yield number, merges.fill(number, cells[:MAX_COLUMNS])


def _numbered(rows: Iterator[tuple[int, list[Raw]]], first: int) -> Iterator[tuple[int, list[Raw]]]:
    """The rows with those between them that are not stored; only a hundred at a time, the rest is nobody's table."""
    expected = first
    for number, cells in rows:
        if number < expected:
            yield number, cells
            continue
        for missing in range(expected, min(number, expected + _GAP)):
            yield missing, []
        yield number, cells
        expected = number + 1


def _merges(workbook: Workbook, sheet_name: str, header_row: int) -> Merges:
    merges = Merges()
    count = 0
    tail = b""
    # Merged cells are named after the rows: they are looked for before the first row is read.
    for chunk in workbook.scan(sheet_name):
        text = tail + chunk
        end = 0
        for found in _MERGE.finditer(text):
            end = found.end()
            first, last = int(found[2]), int(found[4])
            count += 1
            if first > header_row and last > first:
                column = column_index_from_string(found[1].decode()) - 1
                merges.starts.setdefault(first, []).append((column, last))
        if count > _MAX_MERGES:
            raise Invalid.one("file", _("合并的单元格太多"), _("请取消合并单元格后重新上传"))
        tail = text[max(end, len(text) - 200) :]
    return merges
