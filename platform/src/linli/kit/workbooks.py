"""Workbooks whose rows, on their way into the archive, never lie in a file that has a name."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

_IN_MEMORY = 1 << 20
# What is overridden here is openpyxl's own inside, of which its types say nothing.
_Workbook: Any = openpyxl.Workbook
_RowsBase: Any = WorksheetWriter
_SheetBase: Any = WriteOnlyWorksheet
_WriterBase: Any = ExcelWriter


class StreamedWorkbook(_Workbook):
    """A write-only workbook: its rows are written as they come. Left, it gives back what it wrote them into."""

    def __init__(self) -> None:
        super().__init__(write_only=True)

    def create_sheet(self, title: str | None = None, index: int | None = None) -> Any:
        sheet = _Sheet(parent=self, title=title)
        self._add_sheet(sheet=sheet, index=index)
        return sheet

    def __enter__(self) -> StreamedWorkbook:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        for sheet in self.worksheets:
            sheet.give_back()


def save_workbook(workbook: openpyxl.Workbook | StreamedWorkbook, target: BinaryIO) -> None:
    """Write a workbook to a stream, a streamed one once.

    openpyxl's own way keeps the rows in named temporary files, which a killed process leaves behind for anybody to
    find. Here they lie in memory while they are few, then in a file without a name, which is gone with the process.
    """
    workbook.properties.modified = datetime.now(UTC).replace(tzinfo=None)
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        _Writer(workbook, archive).write_data()


class _Rows(_RowsBase):
    def __init__(self, sheet: Any) -> None:
        rows = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 cleanup closes it
        super().__init__(sheet, out=rows)

    def cleanup(self) -> None:
        self.out.close()


class _Sheet(_SheetBase):
    def _get_writer(self) -> None:
        if self._writer is None:
            self._writer = _Rows(self)
            self._writer.write_top()

    def give_back(self) -> None:
        """Close what the rows were written into, whether they were saved or came to nothing."""
        if self._writer is None or self._writer.out.closed:
            return
        # A sheet that was left midway would write its end when it is collected: it does so while it can.
        for unfinished in (self._rows, self._writer):
            with suppress(Exception):
                unfinished.close()
        self._writer.cleanup()


class _Writer(_WriterBase):
    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts = ws._charts
        ws._drawing.images = ws._images
        if isinstance(ws, _Sheet):
            if not ws.closed:
                ws.close()
            rows = ws._writer
        else:
            rows = _Rows(ws)
        try:
            if not isinstance(ws, _Sheet):
                rows.write()
            ws._rels = rows._rels
            rows.out.seek(0)
            with self._archive.open(ws.path[1:], "w", force_zip64=True) as part:
                shutil.copyfileobj(rows.out, part, 1 << 18)
        finally:
            rows.cleanup()
        self.manifest.append(ws)
