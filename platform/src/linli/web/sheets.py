"""Lists to save and open in a spreadsheet program, in which no cell runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from linli.kit.clock import SHANGHAI
from linli.kit.workbooks import StreamedWorkbook, save_workbook
from linli.web.results import Download

SheetFormat = Literal["csv", "xlsx"]

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Control characters that a workbook cannot hold.
_UNFIT = {code: None for code in range(32) if code not in (9, 10, 13)}


def sheet(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], form: SheetFormat = "csv") -> Download:
    """A list as a file.

    Args:
        name: the file's name without its ending.
        header: the titles of the columns.
        rows: texts, numbers, dates or ``None``; moments are written in Asia/Shanghai.
        form: CSV (UTF-8 with the mark that Chinese spreadsheet programs look for) or XLSX.
    """
    if form == "xlsx":
        return Download(_workbook(header, rows), f"{name}.xlsx", _XLSX)
    return Download(_csv(header, rows), f"{name}.csv", "text/csv; charset=utf-8")


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _workbook(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    file = io.BytesIO()
    with StreamedWorkbook() as book:
        page = book.create_sheet()
        page.freeze_panes = "A2"
        titles = []
        for title in header:
            cell = WriteOnlyCell(page, title)
            cell.font = Font(bold=True)
            titles.append(cell)
        page.append(titles)
        for row in rows:
            page.append([neutral(cell) for cell in row])
        save_workbook(book, file)
    return file.getvalue()


def neutral(value: Any) -> Any:
    """The value as a cell that no spreadsheet program takes for a formula."""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    text = value.translate(_UNFIT)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text
