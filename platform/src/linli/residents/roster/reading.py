"""One way to read an uploaded roster, whatever its format: where its header is, and its rows one by one."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import msgspec

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.residents.roster import delimited, xlsx
from linli.residents.roster.cells import Raw
from linli.residents.roster.columns import Header, require_header

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
FORMATS = ("xlsx", "csv")


class Layout(msgspec.Struct, kw_only=True, frozen=True):
    """What was found out about a file; kept in ``core.roster_import.mapping`` so that it is found out once."""

    format: str
    header_row: int
    fields: list[str | None]
    titles: list[str]
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""

    @property
    def header(self) -> Header:
        return Header(self.header_row, tuple(self.fields), tuple(self.titles))

    @property
    def dialect(self) -> delimited.Dialect:
        return delimited.Dialect(self.encoding, self.delimiter)

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Layout:
        return msgspec.convert(kept, cls)

    def stored(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)


def look_into(stream: BinaryIO, file_name: str) -> Layout:
    """Find format, header and columns of a file.

    Raises:
        Invalid: another format, damaged, a bomb, in an unknown encoding, or without the needed columns.
    """
    extension = file_name.rpartition(".")[2].lower()
    stream.seek(0)
    head = stream.read(8)
    if not head:
        raise Invalid.one("file", _("文件是空的"), _("请选择有内容的文件"))
    if head.startswith(b"\xd0\xcf\x11\xe0") or extension in ("xls", "et"):
        raise Invalid.one("file", _("不支持旧版 Excel 格式"), _("请另存为 .xlsx 再上传"))
    if extension not in FORMATS:
        raise Invalid.one("file", _("不支持这种文件"), _("请上传 .xlsx 或 .csv 文件"))
    if extension == "xlsx":
        xlsx.require_workbook(stream)
        sheet, found = xlsx.find_sheet(stream)
        header = require_header(found)
        return _layout("xlsx", header, sheet=sheet)
    if head.startswith(b"PK\x03\x04"):
        raise Invalid.one("file", _("文件内容与扩展名不符"), _("这是 Excel 工作簿，请把扩展名改回 .xlsx"))
    dialect, found = delimited.find_dialect(stream)
    header = require_header(found)
    return _layout("csv", header, encoding=dialect.encoding, delimiter=dialect.delimiter)


def _layout(kind: str, header: Header, **options: str) -> Layout:
    return Layout(format=kind, header_row=header.row, fields=list(header.fields), titles=list(header.titles), **options)


def read_filled_rows(stream: BinaryIO, layout: Layout) -> Iterator[tuple[int, list[Raw]]]:
    """Number and cells of the rows below the header in which anything is written.

    Raises:
        Invalid: the file breaks off, is too wide, or has more than ``MAX_ROWS`` such rows.
    """
    stream.seek(0)
    if layout.format == "xlsx":
        rows = xlsx.read_rows(stream, layout.sheet, layout.header)
    else:
        rows = delimited.read_rows(stream, layout.dialect, layout.header)
    count = 0
    for number, cells in rows:
        if all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        count += 1
        if count > MAX_ROWS:
            raise Invalid.one("file", _("行数太多"), _("一次最多 {limit} 行，请分成几个文件").format(limit=MAX_ROWS))
        yield number, cells


def as_stream(content: bytes | BinaryIO) -> BinaryIO:
    """Bytes as a stream; a stream that cannot go back is copied, up to one byte more than is allowed.

    Raises:
        Invalid: larger than ``MAX_BYTES``.
    """
    if isinstance(content, bytes):
        content = io.BytesIO(content)
    if not content.seekable():
        content = io.BytesIO(content.read(MAX_BYTES + 1))
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    if size > MAX_BYTES:
        raise Invalid.one("file", _("文件太大"), _("最多 {size} MB").format(size=MAX_BYTES // (1024 * 1024)))
    return content
