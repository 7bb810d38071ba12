"""A workbook's sheets read row by row straight from their XML: a few kilobytes at a time, whatever the size.

openpyxl looks through a whole sheet before it gives its first row; an upload cannot wait for that in a transaction.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH, from_excel

from linli.residents.roster.cells import Broken, Formula, Raw

_CHUNK = 1 << 16
_SCAN = 1 << 20
_MAX_ROW = 1_048_576
_MAX_COLUMN = 16_384
_MAX_SMALL_PART = 20_000_000
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class BadWorkbook(Exception):
    """The file is no workbook, or breaks off."""


class Workbook:
    """An opened workbook: names of its visible sheets, and their rows."""

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        self._archive = zipfile.ZipFile(stream)
        root = self._tree("xl/workbook.xml")
        targets = {
            each.get("Id"): each.get("Target", "")
            for each in self._tree("xl/_rels/workbook.xml.rels")
            if each.get("Id")
        }
        self._parts: dict[str, str] = {}
        self.sheets: list[str] = []
        for sheet in root.iter():
            if _local(sheet.tag) == "sheet":
                name = sheet.get("name", "")
                self._parts[name] = _part(targets.get(sheet.get(_RELATIONS), ""))
                if sheet.get("state", "visible") == "visible":
                    self.sheets.append(name)
        is_1904 = any(
            _local(each.tag) == "workbookPr" and each.get("date1904") in ("1", "true") for each in root.iter()
        )
        self._epoch = CALENDAR_MAC_1904 if is_1904 else WINDOWS_EPOCH
        self._names = set(self._archive.namelist())
        self._dates = self._date_styles()
        self._shared: list[str] | None = None

    def rows(self, name: str) -> Iterator[tuple[int, list[Raw]]]:
        """Number and cells of the sheet's rows as they are stored: rows without cells may be missing.

        Raises:
            BadWorkbook: the sheet breaks off or is no sheet.
        """
        if name not in self._parts or self._parts[name] not in self._names:
            raise BadWorkbook(name)
        if self._shared is None:
            self._shared = self._shared_strings()
        reader = _SheetReader(self._shared, self._dates, self._epoch)
        with self._archive.open(self._parts[name]) as xml:
            yield from reader.read(xml)

    def scan(self, name: str) -> Iterator[bytes]:
        """The sheet's XML in large chunks, for what is stored after its rows."""
        with self._archive.open(self._parts[name]) as xml:
            while chunk := xml.read(_SCAN):
                yield chunk

    def close(self) -> None:
        self._archive.close()

    def _tree(self, part: str) -> ElementTree.Element:
        info = self._archive.getinfo(part)
        if info.file_size > _MAX_SMALL_PART:
            raise BadWorkbook(part)
        # Document types were refused when the file came in, so entities cannot be declared.
        return ElementTree.fromstring(self._archive.read(info))  # noqa: S314

    def _date_styles(self) -> list[bool]:
        if "xl/styles.xml" not in self._names:
            return []
        root = self._tree("xl/styles.xml")
        formats = dict(BUILTIN_FORMATS)
        for each in root.iter():
            if _local(each.tag) == "numFmt":
                formats[int(each.get("numFmtId", "0"))] = each.get("formatCode", "")
        return [
            bool(is_date_format(formats.get(int(xf.get("numFmtId", "0")), "General")))
            for group in root
            if _local(group.tag) == "cellXfs"
            for xf in group
        ]

    def _shared_strings(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self._names:
            return []
        reader = _StringsReader()
        with self._archive.open("xl/sharedStrings.xml") as xml:
            reader.read(xml)
        return reader.strings


class _Reader:
    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._local: dict[str, str] = {}
        self._text: list[str] | None = None
        self._skips = 0
        self._parser.CharacterDataHandler = self._characters

    def _name(self, tag: str) -> str:
        name = self._local.get(tag)
        if name is None:
            name = self._local[tag] = tag.rpartition(":")[2]
        return name

    def _characters(self, data: str) -> None:
        if self._text is not None and not self._skips:
            self._text.append(data)


class _StringsReader(_Reader):
    """Shared strings: rich text joined, phonetic readings left out."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self._parts: list[str] = []
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, xml: Any) -> None:
        while chunk := xml.read(_CHUNK):
            self._parser.Parse(chunk, False)
        self._parser.Parse(b"", True)

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = self._name(tag)
        if name == "si":
            self._parts = []
        elif name == "t":
            self._text = self._parts
        elif name == "rPh":
            self._skips += 1

    def _end(self, tag: str) -> None:
        name = self._name(tag)
        if name == "si":
            self.strings.append("".join(self._parts))
        elif name == "t":
            self._text = None
        elif name == "rPh":
            self._skips -= 1


class _SheetReader(_Reader):
    """Rows of one sheet, handed out as soon as they are complete."""

    def __init__(self, shared: list[str], dates: list[bool], epoch: datetime) -> None:
        super().__init__()
        self._shared, self._dates, self._epoch = shared, dates, epoch
        self._done: list[tuple[int, list[Raw]]] = []
        self._row = 0
        self._cells: list[Raw] = []
        self._columns: dict[str, int] = {}
        self._column = -1
        self._type = ""
        self._style = ""
        self._formula = False
        self._parts: list[str] = []
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, xml: Any) -> Iterator[tuple[int, list[Raw]]]:
        while chunk := xml.read(_CHUNK):
            self._parser.Parse(chunk, False)
            if self._done:
                done, self._done = self._done, []
                yield from done
        self._parser.Parse(b"", True)
        yield from self._done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._name(tag)
        if name == "c":
            self._column = self._column_of(attributes.get("r", ""))
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._formula = False
            self._parts = []
        elif name in ("v", "t"):
            self._text = self._parts
        elif name == "f":
            self._formula = True
        elif name == "row":
            row = int(attributes.get("r") or self._row + 1)
            if not self._row < row <= _MAX_ROW:
                raise BadWorkbook("rows out of order")
            self._row, self._cells, self._column = row, [], -1
        elif name == "rPh":
            self._skips += 1

    def _end(self, tag: str) -> None:
        name = self._name(tag)
        if name == "c":
            value = Formula() if self._formula else self._value("".join(self._parts))
            if value is not None:
                missing = self._column - len(self._cells)
                if missing > 0:
                    self._cells.extend([None] * missing)
                    self._cells.append(value)
                elif missing == 0:
                    self._cells.append(value)
                else:
                    self._cells[self._column] = value
        elif name in ("v", "t"):
            self._text = None
        elif name == "row":
            self._done.append((self._row, self._cells))
        elif name == "rPh":
            self._skips -= 1

    def _column_of(self, reference: str) -> int:
        if not reference:
            return self._column + 1
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_index_from_string(letters) - 1
        if column >= _MAX_COLUMN:
            raise BadWorkbook("too many columns")
        return column

    def _value(self, text: str) -> Raw:
        kind = self._type
        if text == "":
            return None
        if kind == "s":
            return self._shared[int(text)]
        if kind in ("inlineStr", "str"):
            return text
        if kind == "n":
            return self._number(text)
        if kind == "b":
            return text == "1"
        if kind == "d":
            return datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=None)
        return Broken(text)

    def _number(self, text: str) -> Raw:
        value = int(text) if text.isdecimal() else float(text)
        style = int(self._style) if self._style else 0
        if style < len(self._dates) and self._dates[style] and value >= 1:
            try:
                return from_excel(value, self._epoch)
            except (ValueError, OverflowError):
                return value
        return value


def _part(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
