"""Rows that people copied out of a spreadsheet, or typed with commas, read as lines to be noted.

Without titles the columns have a fixed order. With the titles of the file of the records they may come in any.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from uuid import UUID

from linli.sdk import FieldError, Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.weights.schemas import MOST_LINES, CollectionLine
from linli_waste_sorting.weights.titles import BETWEEN, BINS, KILOS, STATES, TITLES

T = TypeVar("T")
MOST_PASTED = MOST_LINES
_MOST_CHARACTERS = 100_000
#: Day, compound, kind and carrier; then kilograms, containers, destination, note, where they are known.
_LEAST, _MOST = 5, 8
_DAY = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?")
_MOST_TOLD = 10
#: The columns where no row of titles says otherwise.
_ORDER = ("day", "compound", "category", "carrier", "kg", "pieces", "destination", "note")
#: What a row of titles has to name, so that rows are read by it; besides, how much there was.
_NEEDED = frozenset({"day", "compound", "category", "carrier"})
_QUANTITY = frozenset({"amount", "kg", "pieces"})
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:[0-5]\d)?")
#: A cell that a file writes so that no spreadsheet runs it.
_ESCAPED = re.compile(r"'[=+\-@]")


@dataclass(frozen=True, slots=True)
class Register:
    """Names as people write them, to what they name; stations with the compound in which they stand."""

    compounds: Mapping[str, UUID]
    categories: Mapping[str, str]
    carriers: Mapping[str, UUID]
    stations: Mapping[tuple[UUID, str], UUID] = field(default_factory=dict)


def read_pasted(text: str, register: Register) -> tuple[list[CollectionLine], list[int]]:
    """The rows as lines, and the number of the row in which each stands. A first row of titles and empty rows are left
    out, and so is what a file says was struck out.

    Raises:
        Invalid: naming ``rows``, with the number of each row that cannot be read.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Invalid.one("rows", _("太长"), _("最多 {n} 行").format(n=MOST_PASTED))
    rows = [(n, cells) for n, cells in enumerate(_cells(text), 1) if any(cells)]
    columns = _columns(rows[0][1]) if rows else None
    # The titles of the columns; a row that only looks like them is told by what comes after.
    if columns is not None or (len(rows) > 1 and not _DAY.fullmatch(rows[0][1][0])):
        rows = rows[1:]
    if not rows:
        raise Invalid.one("rows", _("必须填写"))
    found, faults = _read(rows, columns, register)
    if len(found) + len(faults) > MOST_PASTED:
        raise Invalid.one("rows", _("行数太多"), _("最多 {n} 行").format(n=MOST_PASTED))
    if faults:
        raise Invalid(errors=[FieldError("rows", _("；").join(faults[:_MOST_TOLD]))])
    if not found:
        raise Invalid.one("rows", _("这些行都已划掉，没有可以登记的"))
    return [*found.values()], [*found]


def _read(
    rows: Sequence[tuple[int, list[str]]], columns: Sequence[str] | None, register: Register
) -> tuple[dict[int, CollectionLine], list[str]]:
    """Number of the row to its line, and what is wrong with those that cannot be read."""
    found: dict[int, CollectionLine] = {}
    faults: list[str] = []
    struck = {STATES["void"], _(STATES["void"])}
    for n, cells in rows:
        try:
            named = _in_order(cells) if columns is None else _by_title(cells, columns)
            if named.get("state") not in struck:
                found[n] = _line(named, register)
        except ValueError as error:
            faults.append(_("第 {n} 行：{message}").format(n=n, message=error))
    return found, faults


def _columns(titles: list[str]) -> list[str] | None:
    """The columns that a row of titles names, empty for those that are none; ``None`` where it is no such row, or
    where it only names the usual ones in their order.
    """
    names = {said: name for name, title in TITLES.items() for said in (title, _(title))}
    found = [names.get(each, "") for each in titles]
    is_usual = found == [*_ORDER[: len(found)]]
    is_whole = set(found) >= _NEEDED and bool(_QUANTITY & set(found))
    return found if is_whole and not is_usual else None


def _cells(text: str) -> list[list[str]]:
    delimiter = "\t" if "\t" in text else ","
    rows = text.splitlines() if delimiter == "\t" else [_with_plain_commas(each) for each in text.splitlines()]
    try:
        return [[cell.strip() for cell in row] or [""] for row in csv.reader(rows, delimiter=delimiter)]
    except csv.Error as error:
        raise Invalid.one("rows", _("读不懂这些内容"), _("从表格软件里复制整行，或者用逗号隔开")) from error


def _with_plain_commas(row: str) -> str:
    """A row that was typed with Chinese commas; where plain ones part it, Chinese ones belong to its words."""
    return row if row.count(",") >= _LEAST - 1 else row.replace("\uff0c", ",")


def _in_order(cells: list[str]) -> dict[str, str]:
    if not _LEAST <= len(cells) <= _MOST:
        raise ValueError(_("应当有 {least} 至 {most} 列").format(least=_LEAST, most=_MOST))
    return dict(zip(_ORDER, cells, strict=False))


def _by_title(cells: list[str], columns: Sequence[str]) -> dict[str, str]:
    named = {name: cell[1:] if _ESCAPED.match(cell) else cell for name, cell in zip(columns, cells, strict=False)}
    if not named.get("kg") and not named.get("pieces"):
        named |= _amounts(named.get("amount", ""))
    return named


def _amounts(text: str) -> dict[str, str]:
    """``86.5 公斤 · 2 桶`` as kilograms and containers, in the words of the file or of the reader's language."""
    found: dict[str, str] = {}
    for part in filter(None, text.split(BETWEEN)):
        for name, message, mark in (("kg", KILOS, "{kg}"), ("pieces", BINS, "{n}")):
            for words in (message, _(message)):
                pattern = re.escape(words).replace(re.escape(mark), r"([\d.,]+)")
                if match := re.fullmatch(pattern, part.strip()):
                    found[name] = match[1]
    if text and not found:
        raise ValueError(_("“{text}”不是数量，例如 86.5 公斤").format(text=text[:20]))
    return found


def _line(named: Mapping[str, str], register: Register) -> CollectionLine:
    compound_id = _named(named.get("compound", ""), register.compounds)
    return CollectionLine(
        day=_day(named.get("day", "")),
        compound_id=compound_id,
        station_id=_station(named.get("station", ""), compound_id, register),
        category=_named(named.get("category", ""), register.categories),  # type: ignore[arg-type] - one of CATEGORIES
        carrier_id=_named(named.get("carrier", ""), register.carriers),
        clock=_clock(named.get("clock", "")),
        kg=_kg(named.get("kg", "")),
        pieces=_pieces(named.get("pieces", "")),
        destination=_short(named.get("destination", ""), 100),
        note=_short(named.get("note", ""), 500),
    )


def _station(name: str, compound_id: UUID, register: Register) -> UUID | None:
    if not name:
        return None
    found = register.stations.get((compound_id, name))
    if found is None:
        raise ValueError(_("这个小区没有在用的投放点“{text}”，请改正或者留空").format(text=name[:20]))
    return found


def _clock(text: str) -> str:
    if not text:
        return ""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(_("“{text}”不是时间，例如 8:30").format(text=text[:20]))
    return f"{int(found[1]):02}:{found[2]}"


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
