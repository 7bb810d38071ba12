"""Rows that people copied out of a spreadsheet, or typed with commas, read as lines to be noted."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from uuid import UUID

from linli.sdk import FieldError, Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.weights.schemas import MOST_LINES, CollectionLine

T = TypeVar("T")
MOST_PASTED = MOST_LINES
_MOST_CHARACTERS = 100_000
#: Day, compound, kind and carrier; then kilograms, containers, destination, note, where they are known.
_LEAST, _MOST = 5, 8
_DAY = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?")
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Register:
    """Names as people write them, to what they name."""

    compounds: Mapping[str, UUID]
    categories: Mapping[str, str]
    carriers: Mapping[str, UUID]


def read_pasted(text: str, register: Register) -> list[CollectionLine]:
    """The rows as lines; a first row of titles and empty rows are left out.

    Raises:
        Invalid: naming ``rows``, with the number of each row that cannot be read.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Invalid.one("rows", _("太长"), _("最多 {n} 行").format(n=MOST_PASTED))
    rows = [(n, cells) for n, cells in enumerate(_cells(text), 1) if any(cells)]
    if rows and not _DAY.fullmatch(rows[0][1][0]):
        # The titles of the columns; a row that only looks like them is told by what comes after.
        rows = rows[1:] if len(rows) > 1 else rows
    if not rows:
        raise Invalid.one("rows", _("必须填写"))
    if len(rows) > MOST_PASTED:
        raise Invalid.one("rows", _("行数太多"), _("最多 {n} 行").format(n=MOST_PASTED))
    lines: list[CollectionLine] = []
    faults: list[str] = []
    for n, cells in rows:
        try:
            lines.append(_line(cells, register))
        except ValueError as error:
            faults.append(_("第 {n} 行：{message}").format(n=n, message=error))
    if faults:
        raise Invalid(errors=[FieldError("rows", _("；").join(faults[:_MOST_TOLD]))])
    return lines


def _cells(text: str) -> list[list[str]]:
    delimiter = "\t" if "\t" in text else ","
    plain = text.replace("\uff0c", ",") if delimiter == "," else text
    try:
        return [[cell.strip() for cell in row] or [""] for row in csv.reader(plain.splitlines(), delimiter=delimiter)]
    except csv.Error as error:
        raise Invalid.one("rows", _("读不懂这些内容"), _("从表格软件里复制整行，或者用逗号隔开")) from error


def _line(cells: list[str], register: Register) -> CollectionLine:
    if not _LEAST <= len(cells) <= _MOST:
        raise ValueError(_("应当有 {least} 至 {most} 列").format(least=_LEAST, most=_MOST))
    cells = [*cells, *[""] * (_MOST - len(cells))]
    return CollectionLine(
        day=_day(cells[0]),
        compound_id=_named(cells[1], register.compounds),
        category=_named(cells[2], register.categories),  # type: ignore[arg-type] - one of CATEGORIES
        carrier_id=_named(cells[3], register.carriers),
        kg=_kg(cells[4]),
        pieces=_pieces(cells[5]),
        destination=_short(cells[6], 100),
        note=_short(cells[7], 500),
    )


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_("“{text}”不是日期，例如 2026-01-31").format(text=text[:20])) from error


def _named(text: str, known: Mapping[str, T]) -> T:
    if text not in known:
        some = _("、").join(list(known)[:10])
        raise ValueError(_("没有“{text}”（可用：{some}）").format(text=text[:20], some=some))
    return known[text]


def _kg(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "")) if text else None
    except InvalidOperation as error:
        raise ValueError(_("“{text}”不是公斤数").format(text=text[:20])) from error


def _pieces(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) == 0:
        raise ValueError(_("“{text}”不是桶数").format(text=text[:20]))
    return int(text)


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(_("“{text}”太长，最多 {n} 个字").format(text=text[:10], n=most))
    return text
