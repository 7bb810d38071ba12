"""The user's own file with every bad cell marked: comments and colour in a workbook, a last column in a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, BinaryIO
from uuid import UUID

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.files.service import open_file
from linli.kit.actor import Actor
from linli.kit.errors import Conflict
from linli.kit.streams import MadeLate
from linli.kit.text import gettext as _
from linli.kit.workbooks import StreamedWorkbook, save_workbook
from linli.residents.roster import delimited
from linli.residents.roster.cells import Fault
from linli.residents.roster.columns import FAULTS_TITLE, Header, plain_title
from linli.residents.roster.produced import CSV, XLSX, Produced
from linli.residents.roster.reading import Layout
from linli.residents.roster.service import import_within

#: Larger workbooks are written anew row by row: their cells and columns stay, their decoration does not.
WHOLE_WORKBOOK_ROWS = 10_000

_FAULTS = text(
    "SELECT n, faults FROM core.roster_row WHERE community_id = :community AND import_id = :import "
    "AND faults IS NOT NULL ORDER BY n"
)
_BAD = PatternFill("solid", fgColor="FFC7CE")
_AUTHOR = "Linli"

Marks = Mapping[int, Sequence[Fault]]


def error_workbook(session: ScopedSession, actor: Actor, import_id: UUID) -> Produced:
    """The uploaded file with its faults written in; corrected in place, it can be uploaded again.

    Nothing that the user wrote is lost: columns that mean nothing here, rows above the header and further sheets stay.

    Raises:
        Conflict: the import has no faults.
        NotFound: there is no such import where the actor may import, or its file is gone.
    """
    row = import_within(session, actor, import_id)
    found = session.execute(_FAULTS, {"community": row.community_id, "import": row.id})
    marks = {each.n: [Fault.restored(fault) for fault in each.faults] for each in found}
    if not marks:
        raise Conflict(_("这次导入没有错误"))
    layout = Layout.restored(row.mapping)
    _file, source = open_file(session, row.file_id)
    stem = row.file_name.rpartition(".")[0] or row.file_name
    name = _("{name}-错误标注").format(name=stem)
    if layout.format == "csv":
        return Produced(f"{name}.csv", CSV, MadeLate(lambda target: _mark_csv(source, target, layout, marks), source))
    mark = _mark_workbook if row.rows_checked <= WHOLE_WORKBOOK_ROWS else _rewrite_workbook
    return Produced(f"{name}.xlsx", XLSX, MadeLate(lambda target: mark(source, target, layout, marks), source))


def _mark_csv(source: BinaryIO, target: BinaryIO, layout: Layout, marks: Marks) -> None:
    own = next((k for k, title in enumerate(layout.titles) if plain_title(title) == FAULTS_TITLE), None)
    place = len(layout.titles) if own is None else own
    output = io.TextIOWrapper(target, encoding=layout.encoding, newline="", write_through=True)
    writer = csv.writer(output, delimiter=layout.delimiter)
    for number, cells in delimited.read_records(source, layout.dialect):
        if number >= layout.header_row:
            cells = [*cells, *[""] * (place + 1 - len(cells))]  # noqa: PLW2901 the row as it is written
            cells[place] = FAULTS_TITLE if number == layout.header_row else _told(marks.get(number, ()))
        writer.writerow(cells)
    output.detach()


def _told(faults: Sequence[Fault]) -> str:
    return "；".join(f"{fault.title}：{fault.sentence()}" for fault in faults)


def _mark_workbook(source: BinaryIO, target: BinaryIO, layout: Layout, marks: Marks) -> None:
    workbook = openpyxl.load_workbook(source, keep_links=False)
    sheet = workbook[layout.sheet]
    _forget_marks(sheet)
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    for number, told in marks.items():
        for column, sentence in _by_column(layout.header, told).items():
            cell = sheet.cell(*merged.get((number, column), (number, column)))
            cell.fill = _BAD
            cell.comment = _comment(sentence)
    save_workbook(workbook, target)


def _forget_marks(sheet: Any) -> None:
    """Take away what an earlier error file of ours had marked."""
    for cells in sheet.iter_rows():
        for cell in cells:
            if cell.comment is not None and cell.comment.author == _AUTHOR:
                cell.comment = None
                cell.fill = PatternFill()


def _rewrite_workbook(source: BinaryIO, target: BinaryIO, layout: Layout, marks: Marks) -> None:
    with StreamedWorkbook() as written:
        with closing(openpyxl.load_workbook(source, read_only=True, keep_links=False)) as workbook:
            for original in workbook.worksheets:
                original.reset_dimensions()
                copy = written.create_sheet(original.title)
                for number, cells in enumerate(original.iter_rows(), 1):
                    told = marks.get(number, ()) if original.title == layout.sheet else ()
                    copy.append(_copied(copy, cells, _by_column(layout.header, told)))
        save_workbook(written, target)


def _copied(sheet: Any, cells: Sequence[Any], faults: Mapping[int, str]) -> list[Any]:
    width = max(len(cells), max(faults, default=0))
    row: list[Any] = []
    for column in range(1, width + 1):
        original = cells[column - 1] if column <= len(cells) else None
        value = original.value if original is not None else None
        if value is None and column not in faults:
            row.append(None)
            continue
        cell = WriteOnlyCell(sheet, value)
        if original is not None and value is not None:
            cell.data_type = original.data_type
            cell.number_format = original.number_format
        if column in faults:
            cell.fill = _BAD
            cell.comment = _comment(faults[column])
        row.append(cell)
    return row


def _by_column(header: Header, faults: Sequence[Fault]) -> dict[int, str]:
    sentences: dict[int, str] = {}
    for fault in faults:
        place = header.column_of(fault.field)
        # A fault of a column that the file does not have is told at the row's first needed cell.
        column = (place if place is not None else header.column_of("door") or 0) + 1
        told = fault.sentence() if place is not None else f"{fault.title}：{fault.sentence()}"
        sentences[column] = f"{sentences[column]}\n{told}" if column in sentences else told
    return sentences


def _comment(sentence: str) -> Comment:
    return Comment(sentence, _AUTHOR, height=80, width=260)
