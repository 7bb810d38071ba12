"""Checking an import in chunks: first every row by itself, then door by door against the register. Resumable."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.files.service import open_file
from linli.kit.errors import Invalid, NotFound
from linli.kit.text import SOURCE_LOCALE, speaking
from linli.kit.text import gettext as _
from linli.residents.models import RosterImport
from linli.residents.roster.batches import Run
from linli.residents.roster.cells import Raw
from linli.residents.roster.further import FurtherColumns, further_columns
from linli.residents.roster.reading import Layout, read_filled_rows
from linli.residents.roster.register import Places
from linli.residents.roster.rows import read_row
from linli.residents.roster.schemas import ImportOut
from linli.residents.roster.service import BATCH, import_out
from linli.residents.roster.staging import all_rows, counts, judge, rows_by_door, stage
from linli.tenancy.models import Compound


class Checker:
    """What is kept between the chunks of one import: the open file and the compound's doors.

    Without one, ``check_chunk`` finds its place anew each time, which is right and slow. Close it in the end.
    """

    def __init__(self) -> None:
        self._stream: BinaryIO | None = None
        self._rows: Iterator[tuple[int, list[Raw]]] | None = None
        self._run: Run | None = None
        self.compound_name = ""

    def rows(self, session: ScopedSession, row: RosterImport, layout: Layout) -> Iterator[tuple[int, list[Raw]]]:
        """The rows of the file that were not staged yet."""
        if self._rows is None:
            _file, self._stream = open_file(session, row.file_id)
            staged = int(row.summary.get("last_row", 0))
            self._rows = (each for each in read_filled_rows(self._stream, layout) if each[0] > staged)
            self.compound_name = session.scalars(select(Compound.name).where(Compound.id == row.compound_id)).one()
        return self._rows

    def run(self, session: ScopedSession, row: RosterImport) -> Run:
        """The pass over the staged rows, which knows all their numbers."""
        if self._run is None:
            further = FurtherColumns(session, further_columns(session, row.community_id))
            self._run = Run(session, row.community_id, Places(session, row.compound_id), further)
            for each in all_rows(session, row.community_id, row.id):
                self._run.remember(each)
        self._run.session = self._run.further.session = session
        return self._run

    def close(self) -> None:
        """Let go of the file."""
        self._rows = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def check_chunk(
    session: ScopedSession, import_id: UUID, limit: int = BATCH, *, checker: Checker | None = None
) -> ImportOut:
    """Check about ``limit`` further rows; call it until the state is neither ``uploaded`` nor ``checking``.

    Each call is whole in its own unit of work: an interrupted check goes on where it stopped.

    Raises:
        NotFound: there is no such import in this scope.
    """
    row = session.scalar(select(RosterImport).where(RosterImport.id == import_id).with_for_update())
    if row is None:
        raise NotFound(_("找不到这次导入"))
    if row.state not in ("uploaded", "checking"):
        return import_out(row)
    own = checker or Checker()
    try:
        # Faults are kept in the source language and translated for whoever reads them.
        with speaking(SOURCE_LOCALE):
            if row.summary.get("phase") == "comparing":
                _compare(session, row, limit, own)
            else:
                _read(session, row, limit, own)
    except Invalid as fault:
        row.state = "failed"
        row.message = "；".join(
            f"{each.message}，{each.allowed}" if each.allowed else each.message for each in fault.errors
        )
    finally:
        if checker is None:
            own.close()
    session.flush()
    return import_out(row)


def _read(session: ScopedSession, row: RosterImport, limit: int, checker: Checker) -> None:
    layout = Layout.restored(row.mapping)
    header = layout.header
    chunk = list(islice(checker.rows(session, row, layout), limit))
    staged = [read_row(n, cells, header, checker.compound_name) for n, cells in chunk]
    stage(session, row.community_id, row.id, staged)
    row.state = "checking"
    row.rows_checked += len(staged)
    summary: dict[str, Any] = {"phase": "reading", "last_row": chunk[-1][0] if chunk else 0}
    if len(chunk) < limit:
        if row.rows_checked == 0:
            raise Invalid.one("file", _("表头下面没有数据"), _("请从表头的下一行开始填写"))
        row.rows_total = row.rows_checked
        summary = {"phase": "comparing"}
        checker.close()
    row.summary = summary


def _compare(session: ScopedSession, row: RosterImport, limit: int, checker: Checker) -> None:
    cursor = bytes.fromhex(row.summary.get("cursor", ""))
    run = checker.run(session, row)
    rows, cursor = rows_by_door(session, row.community_id, row.id, after=cursor, limit=limit)
    if rows:
        batch = run.plan(rows)
        judge(session, row.community_id, row.id, rows, batch.effects)
        compared = int(row.summary.get("compared", 0)) + len(rows)
        row.summary = {"phase": "comparing", "cursor": cursor.hex(), "compared": compared}
        return
    found = counts(session, row.community_id, row.id)
    row.rows_faulty = found.pop("faulty")
    found.pop("rows")
    row.summary = found
    row.state = "faulty" if row.rows_faulty else "ready"
