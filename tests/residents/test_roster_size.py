"""Fifty thousand rows: in bounded memory, and fast enough that nobody believes it has hung."""

from __future__ import annotations

import io
import resource
import time

import openpyxl
import pytest
from tests.residents.actors import community_administrator
from tests.residents.rosters import HEADER, Desk, counts, row, workbook

from linli.residents.roster import export_roster


def _rows(count: int):
    for n in range(count):
        door = n // 3
        yield row(
            f"{door % 30 // 5 + 1}0{door % 5 + 1}",
            f"住户{n}",
            f"199{n:08d}",
            building=f"{door // 120 + 11}号楼",
            unit=f"{door // 30 % 4 + 1}单元",
            share="1/3",
            area="60.5",
        )


def _large_workbook(count: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("名册")
    sheet.append(list(HEADER))
    for cells in _rows(count):
        sheet.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _peak() -> float:
    """Most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_two_thousand_rows_as_a_workbook(desk, here) -> None:
    content = workbook(list(_rows(2000)))
    assert counts(desk.bring_in(content, limit=700)) == (2000, 0, 0, 0)
    assert counts(desk.bring_in(content)) == (0, 0, 2000, 0)


@pytest.mark.nightly
def test_fifty_thousand_rows(house, here) -> None:
    desk = Desk(house.database.unit_of_work, here.scope, community_administrator(here), here.compound)
    desk.storage = house.files
    content = _large_workbook(50_000)
    before, started = _peak(), time.monotonic()
    assert counts(desk.bring_in(content)) == (50_000, 0, 0, 0)
    seconds, memory = time.monotonic() - started, _peak() - before
    assert memory < 250
    # Four times what a quiet machine with two cores needs.
    assert seconds < 120
    assert counts(desk.bring_in(content)) == (0, 0, 50_000, 0)
    made = desk.act(export_roster, here.id, compound_id=here.compound, full=True, reason="核对")
    assert counts(desk.bring_in(b"".join(made.content)))[2] == 50_004
