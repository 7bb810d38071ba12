"""Lists: each of their orders holds, their files follow what shows, and none shows a row of others.

Asked of every list that declares a table, on demo rows; what a list offers is read from its own page.
"""

from __future__ import annotations

import csv
import html
import io
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import openpyxl

from linli.testing.contract.stage import Stage
from linli.testing.planted import Place
from linli.testing.site import Route
from linli.testing.web import Browser
from linli.web.sheets import SheetFormat
from linli.web.tables import SheetColumns

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SELECT = re.compile(r'<select id="f-(\w+)" name="\1">(.*?)</select>', re.DOTALL)
_OPTION = re.compile(r'<option value="([^"]+)"')
_HEAD = re.compile(r'<th scope="col"(?: class="num")?(?: aria-sort="\w+")?>(.*?)</th>', re.DOTALL)
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^-\d+(\.\d+)?$")
#: What a view is called that nobody else may see.
_VIEW = "甲乙丙丁视图"
#: Choices of one filter that are tried.
_CHOICES = 3


@dataclass(frozen=True)
class Page:
    """A list as its page shows it.

    Attributes:
        status: of the answer.
        heads: the titles of the columns that show.
        rows: the ids in each row, the first of which is its own where it has one.
        goes_on: whether there is another page.
    """

    status: int
    text: str
    heads: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    goes_on: bool = False


def lists_of(stage: Stage) -> list[Route]:
    """The pages that show a list which people arrange."""
    return [
        each
        for each in stage.routes
        if each.handler.table is not None
        and each.handler.is_read
        and not each.handler.is_download
        and not each.portal.is_api
        and not each.ids
    ]


def export_of(stage: Stage, page: Route) -> Route | None:
    """The file of a list; ``None`` where it has none."""
    beside = f"{page.path.rstrip('/')}/export"
    return next((each for each in stage.routes if each.path == beside and each.handler.is_download), None)


def faults_of_files(stage: Stage, own_layout: Mapping[str, str]) -> list[str]:
    """Files that do not take the columns, the order and the filters of a list.

    Args:
        stage: where.
        own_layout: names of routes that give files which are no lists, each with its reason.
    """
    faults = []
    for route in stage.routes:
        if route.portal.is_api or SheetFormat not in _taken(route).values() or route.name in own_layout:
            continue
        if route.handler.table is None:
            faults.append(f"{route.name}: declare it with the table of its list, and return table_sheet(…)")
        elif SheetColumns not in _taken(route).values():
            faults.append(f"{route.name}: take columns: SheetColumns")
    known = {each.name for each in stage.routes if SheetFormat in _taken(each).values()}
    return faults + [f"{name}: no such file; take it from own_layout" for name in sorted(set(own_layout) - known)]


def _taken(route: Route) -> dict[str, Any]:
    hints = typing.get_type_hints(route.handler.call)
    data = hints.get("data")
    return hints | (typing.get_type_hints(data) if isinstance(data, type) else {})


def faults_of_lists(stage: Stage) -> list[str]:
    """Orders that lose or double rows, files that hold something else than their page, rows of others that show."""
    _rows = stage.filled
    faults = []
    for page in lists_of(stage):
        faults += [f"{page.name}: {fault}" for fault in _Tried(stage, page).faults()]
    return faults


class _Tried:
    """One list, as whoever works there arranges it."""

    def __init__(self, stage: Stage, page: Route) -> None:
        self.stage, self.page, self.export = stage, page, export_of(stage, page)
        table = page.handler.table
        assert table is not None
        self.table = table
        self.url = page.url(page.home)
        self.browser = self._at(page.home)
        #: An export that is an act itself stands in the next file of the acts.
        self.is_noted = self.export is not None and not self.export.handler.is_read

    def _at(self, place: Place) -> Browser:
        browser = self.stage.browser()
        account = self.stage.holder(self.page, place)
        return browser if account is None else browser.sign_in_as(account)

    def faults(self) -> Iterator[str]:
        self._arrange(step="reset")
        plain = self._read({})
        if plain.status != 200:
            yield f"answers {plain.status}"
            return
        yield from self._orders(plain)
        if self.export is not None:
            yield from self._columns()
            yield from self._filters(plain)
        yield from self._others()
        self._arrange(step="reset")

    def _orders(self, plain: Page) -> Iterator[str]:
        for sort in sorted(self.table.sorts):
            up, down = self._read({"sort": sort}), self._read({"sort": f"-{sort}"})
            for each, name in ((up, sort), (down, f"-{sort}")):
                if each.status != 200:
                    yield f"sort={name} answers {each.status}"
                elif not each.goes_on and sorted(each.rows) != sorted(plain.rows) and not plain.goes_on:
                    yield f"sort={name} shows other rows"
            if self.export is None:
                continue
            rising = self._file({"sort": sort}, columns="all")
            falling = self._file({"sort": f"-{sort}"}, columns="all")
            if not self.is_noted and sorted(map(str, rising[1:])) != sorted(map(str, falling[1:])):
                yield f"the file holds other rows by {sort} than by -{sort}"
            elif rising == falling and self._differs(sort, rising):
                yield f"the file does not follow sort={sort}"

    def _differs(self, sort: str, file: list[list[str]]) -> bool:
        """Whether rows have different values in the column that stands for an order; empty ones come last always."""
        title = next((each.title for each in self.table.columns if each.sort == sort), "")
        if title not in file[0]:
            return False
        at = file[0].index(title)
        return len({row[at] for row in file[1:] if len(row) > at} - {""}) > 1

    def _columns(self) -> Iterator[str]:
        optional = [each.name for each in self.table.columns if not each.is_fixed]
        every = self._file({}, columns="all")
        if not every or not every[0]:
            yield "the file has no header"
            return
        for left_out in [None, *optional]:
            self._arrange(step="columns", column=[each for each in optional if each != left_out])
            page, file = self._read({}), self._file({})
            if page.rows and file[0] != page.heads:
                yield f"without {left_out} the page shows {page.heads}, the file holds {file[0]}"
            if self.is_noted:
                continue
            if not page.goes_on and len(file) - 1 != len(page.rows):
                yield f"without {left_out} the page has {len(page.rows)} rows, the file {len(file) - 1}"
            if file != self._file({}, file="xlsx"):
                yield f"without {left_out} the workbook holds something else than the text file"
        self._arrange(step="reset")
        for row in every[1:]:
            for cell in row:
                if _FORMULA.match(cell) and not _NUMBER.match(cell):
                    yield f"{cell[:20]!r} runs as a formula"

    def _filters(self, plain: Page) -> Iterator[str]:
        for name, words in _SELECT.findall(plain.text):
            if name not in self.table.filters:
                continue
            for value in _OPTION.findall(words)[:_CHOICES]:
                asked = {name: html.unescape(value)}
                page = self._read(asked)
                if page.status != 200:
                    yield f"{name}={value} answers {page.status}"
                elif not self.is_noted and not page.goes_on and (held := len(self._file(asked)) - 1) != len(page.rows):
                    yield f"with {name}={value} the page has {len(page.rows)} rows, the file {held}"

    def _others(self) -> Iterator[str]:
        """What is seen elsewhere with everything that an address of here carries."""
        shown = {each for row in self._read({}).rows for each in _ID.findall(row)}
        sort = next(iter(sorted(self.table.sorts)), "")
        answer = self._arrange({"sort": sort} if sort else {}, step="keep", title=_VIEW)
        view = answer.rpartition("view=")[2]
        carried = {"view": view, **({"sort": f"-{sort}"} if sort else {})}
        for place in self.page.victims[:2]:
            there = _Tried(self.stage, self.page)
            there.browser, there.url = self._at(place), self.page.url(place)
            page = there._read(carried)
            file = there._file(carried) if self.export is not None and page.status == 200 else []
            seen = {*_ID.findall(page.text), *(each for row in file for cell in row for each in _ID.findall(cell))}
            # What the street itself shows in each of its communities is seen there without any of this.
            usual = set() if place.tenant_id != self.page.home.tenant_id else {*_ID.findall(there._read({}).text)}
            if both := sorted((seen & shown) - {view} - usual):
                yield f"at {place.key} it shows {both[0]} of {self.page.home.key}"
            if _VIEW in page.text:
                yield f"at {place.key} it shows a view of {self.page.home.key}"
        self.browser = self._at(self.page.home)
        self._arrange({"view": view}, step="forget", view_id=view)

    def _read(self, query: Mapping[str, str]) -> Page:
        # Said outright, so that no view is opened in its place.
        answer = self.browser.get(f"{self.url}?{urlencode({'view': 'all', **query})}")
        text = answer.text
        listed = text.partition('id="list"')[2].partition("</main>")[0]
        frame = listed.partition("data-frame")[2].partition("</table>")[0]
        heads = [_words(each) for each in _HEAD.findall(frame.partition("</thead>")[0])]
        rows = re.findall(r"<tr.*?</tr>", frame.partition("<tbody>")[2], re.DOTALL)
        return Page(answer.status_code, text, heads, rows, 'rel="next"' in listed)

    def _file(self, query: Mapping[str, str], **wanted: str) -> list[list[str]]:
        assert self.export is not None
        asked = {"view": "all", "columns": "shown", "file": "csv", **query, **wanted}
        address = f"{self.url.rstrip('/')}/export"
        if self.export.handler.is_read:
            answer = self.browser.get(f"{address}?{urlencode(asked)}")
        else:
            marks = {name: asked.pop(name) for name in ("sort", "view") if name in asked}
            answer = self.browser.post(f"{address}?{urlencode(marks)}", asked)
        if answer.status_code != 200:
            return [[f"answers {answer.status_code}"]]
        if asked["file"] == "xlsx":
            book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
            return [_row(map(_cell, row)) for row in book.worksheets[0].iter_rows(values_only=True)]
        return [_row(row) for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))]

    def _arrange(self, query: Mapping[str, str] | None = None, **fields: str | Iterable[str]) -> str:
        address = f"{self.url.rstrip('/')}/table" + (f"?{urlencode(query)}" if query else "")
        return str(self.browser.post(address, fields).headers.get("location", ""))


def _words(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def _row(cells: Iterable[str]) -> list[str]:
    """The cells without the empty ones at the end, which a workbook does not keep."""
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    return found


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
