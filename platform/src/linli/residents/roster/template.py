"""The empty roster that people fill in: header, lists of allowed words, one sheet of explanations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from linli.kit.streams import MadeLate
from linli.kit.text import gettext as _
from linli.kit.workbooks import save_workbook
from linli.residents.roster.columns import COLUMNS, Column
from linli.residents.roster.produced import XLSX, Produced

#: Cells down to this row get the lists; further rows may be filled in all the same.
_LAST_ROW = 10_000
_TEXT = "@"

SHEET = "名册"
_REQUIRED = PatternFill("solid", fgColor="FCE4D6")
_OPTIONAL = PatternFill("solid", fgColor="DDEBF7")


def template_workbook(further: Sequence[Column] = ()) -> Produced:
    """A workbook with the columns of ``COLUMNS`` and further ones of plugins; all are texts, so that numbers keep their
    digits.
    """
    columns = (*COLUMNS, *further)
    return Produced(_("居民名册模板.xlsx"), XLSX, MadeLate(lambda target: _write(target, columns)))


def _write(target: BinaryIO, columns: tuple[Column, ...]) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    sheet = workbook.create_sheet(SHEET)
    write_header(sheet, columns)
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].number_format = _TEXT
        if column.choices:
            words = ",".join(known[0] for known in column.choices.values())
            rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True, showErrorMessage=True)
            rule.error = _("请填写：{words}").format(words=words.replace(",", "、"))
            rule.add(f"{letter}2:{letter}{_LAST_ROW}")
            sheet.add_data_validation(rule)
    _explain(workbook.create_sheet(_("填写说明")), columns)
    save_workbook(workbook, target)


def write_header(sheet: Any, columns: tuple[Column, ...]) -> None:
    """Titles in the first row, the needed ones in another colour; the row stays in sight."""
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width + 2
        cell = sheet.cell(1, number, column.title)
        cell.font = Font(bold=True)
        cell.fill = _REQUIRED if column.required else _OPTIONAL
        cell.alignment = Alignment(horizontal="center")


def _explain(sheet: Any, columns: tuple[Column, ...]) -> None:
    sheet.column_dimensions["A"].width = 14
    sheet.column_dimensions["B"].width = 80
    lines = [
        (_("说明"), _("每人一行；同一房屋的人写相同的楼栋、单元、房号。橙色的列必须填写。")),
        ("", _("再次导入时：空白格表示不改；名册里没有写到的人不会被删除；搬走的人请填写搬出日期。")),
        ("", _("房屋暂时无人时，可以只写楼栋、单元、房号和面积。")),
        ("", ""),
        *((_(column.title), _(column.hint)) for column in columns if column.hint),
    ]
    for line in lines:
        sheet.append(line)
    for row in sheet.iter_rows():
        row[0].font = Font(bold=True)
        row[1].alignment = Alignment(wrap_text=True)
