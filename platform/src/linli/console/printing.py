"""A composed briefing as files: a PDF for paper, and a workbook with a sheet for each part."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from linli.documents import render_pdf
from linli.kit.workbooks import StreamedWorkbook, save_workbook
from linli.web.sheets import neutral

#: A sheet's name holds no more, and none of these.
_LONGEST, _UNFIT = 31, str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def briefing_pdf(content: Mapping[str, Any]) -> bytes:
    """The briefing on A4."""
    return render_pdf("core/briefing.typ", content)


def briefing_xlsx(content: Mapping[str, Any]) -> bytes:
    """The briefing as a workbook: cover, a sheet for each section, duties, decisions."""
    words = content["words"]
    sheets: list[tuple[str, list[Sequence[Any]]]] = [
        (
            words["period"],
            [
                [content["title"]],
                [words["period"], content["month"]],
                [words["number"], content["number"]],
                [words["made_on"], content["made_on"]],
                [words["made_by"], content["made_by"]],
                [words["note"]],
            ],
        )
    ]
    for section in content["sections"]:
        rows: list[Sequence[Any]] = [[section["title"]], [*words["figure_heads"], *content["months"]]]
        rows += [
            [each["title"], each["unit"], each["change"], *map(_cell, each["points"])] for each in section["figures"]
        ]
        if section["columns"]:
            rows += [[], [words["place"], *section["columns"]]]
            rows += [[row[0], *map(_cell, row[1:])] for row in section["rows"]]
        sheets.append((section["title"], rows))
    duties: list[Sequence[Any]] = [[words["duty"], *words["duty_heads"]]]
    duties += [[row[0], *map(_cell, row[1:])] for row in content["duties"]]
    duties += [[], [words["place"], *words["duty_heads"]]]
    duties += [[row[0], *map(_cell, row[1:])] for row in content["places"]]
    sheets += [(words["duties"], duties), (words["happened"], [words["happened_heads"], *content["happened"]])]
    return _workbook(sheets)


def _workbook(sheets: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> bytes:
    file, taken = io.BytesIO(), set[str]()
    with StreamedWorkbook() as book:
        for name, rows in sheets:
            page = book.create_sheet(_free(name, taken))
            for n, row in enumerate(rows):
                cells = [WriteOnlyCell(page, neutral(value)) for value in row]
                if n == 0:
                    for cell in cells:
                        cell.font = Font(bold=True)
                page.append(cells)
        save_workbook(book, file)
    return file.getvalue()


def _free(name: str, taken: set[str]) -> str:
    base = name.translate(_UNFIT)[:_LONGEST]
    found, n = base, 1
    while found in taken:
        n += 1
        found = f"{base[: _LONGEST - 3]} {n}"
    taken.add(found)
    return found


def _cell(text: str) -> Any:
    """A figure as a number that can be counted on; what is none stays a text."""
    plain = text.replace(",", "")
    try:
        return float(plain) if "." in plain else int(plain)
    except ValueError:
        return text
