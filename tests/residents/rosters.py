"""Small rosters for tests, as workbooks and as CSV, and the whole way of an import."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl

from linli.files.storage import MemoryStorage
from linli.residents.roster import Checker, check_chunk, commit_import, start_import
from linli.residents.roster.schemas import ImportOut

HEADER = ("楼栋", "单元", "房号", "姓名", "手机", "身份证号", "身份", "与户主关系", "产权比例", "专有面积", "搬出日期")


def row(
    door: str, name: str = "", phone: str = "", id_number: str = "", identity: str = "业主", **more: str
) -> list[str]:
    """A row under ``HEADER`` for a door of building 5, unit 1."""
    return [
        more.get("building", "5号楼"),
        more.get("unit", "1单元"),
        door,
        name,
        phone,
        id_number,
        identity if name else "",
        more.get("relation", ""),
        more.get("share", ""),
        more.get("area", ""),
        more.get("moved_out_on", ""),
    ]


def workbook(
    rows: Sequence[Sequence[Any]], header: Sequence[Any] = HEADER, before: Sequence[Sequence[Any]] = ()
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "名册"
    for cells in (*before, header, *rows):
        sheet.append(list(cells))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def csv_file(
    rows: Sequence[Sequence[Any]],
    header: Sequence[Any] = HEADER,
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    before: Sequence[Sequence[Any]] = (),
) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter)
    writer.writerows([*before, header, *rows])
    return target.getvalue().encode(encoding)


class Desk:
    """Somebody at work with rosters of one compound; every step is a unit of work of its own."""

    def __init__(self, open_session: Callable, scope: Any, actor: Any, compound_id: Any) -> None:
        self._open_session = open_session
        self.scope = scope
        self.actor = actor
        self.compound_id = compound_id
        self.storage = MemoryStorage()

    def work(self, step: Callable, *args: Any, **options: Any) -> Any:
        """``step(session, …)`` in a unit of work."""
        with self._open_session(self.scope, self.actor, ttl=3600) as session:
            session.info["files"] = self.storage
            return step(session, *args, **options)

    def act(self, step: Callable, *args: Any, **options: Any) -> Any:
        """``step(session, actor, …)`` in a unit of work."""
        return self.work(step, self.actor, *args, **options)

    def upload(self, content: bytes, name: str = "名册.xlsx") -> ImportOut:
        return self.act(start_import, self.compound_id, content, name)

    def check(self, content: bytes, name: str = "名册.xlsx", *, limit: int = 2000, keep: bool = True) -> ImportOut:
        state = self.upload(content, name)
        checker = Checker() if keep else None
        while state.state in ("uploaded", "checking"):
            state = self.work(check_chunk, state.id, limit, checker=checker)
        if checker:
            checker.close()
        return state

    def bring_in(self, content: bytes, name: str = "名册.xlsx", **options: Any) -> ImportOut:
        state = self.check(content, name, **options)
        assert state.state == "ready", (state, self.faults(state))
        return self.act(commit_import, state.id)

    def faults(self, state: ImportOut) -> list[tuple[int, str, str]]:
        from linli.residents.roster import faults_page

        found, after = [], 0
        while after is not None:
            page, after = self.act(faults_page, state.id, after=after)
            found += [(fault.n, fault.field, fault.message) for fault in page]
        return found


def counts(state: ImportOut) -> tuple[int, ...]:
    """Created, updated, unchanged, moved out."""
    return tuple(state.counts.get(each, 0) for each in ("created", "updated", "unchanged", "moved_out"))
