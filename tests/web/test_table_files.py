"""What a list declares fits together, and its file holds the columns that were asked for."""

from __future__ import annotations

from datetime import date

import pytest

from linli.kit.errors import Invalid
from linli.web.routing import get
from linli.web.tables import DataTable, RowAct, TableColumn, TableState, every_row, table_pages, table_sheet


class TestDeclaring:
    @pytest.mark.parametrize(
        "broken",
        [
            {"columns": (TableColumn("name", "名称"),)},
            {"columns": (TableColumn("name", "名称", is_fixed=True), TableColumn("name", "又一个"))},
            {"columns": (TableColumn("Name", "名称", is_fixed=True),)},
            {"columns": (TableColumn("name", "名称", sort="name", is_fixed=True),)},
            {"sort": "-age"},
            {"acts": (RowAct("end", "结束", "结束？", lambda *_given: True),)},
            {"acts": (RowAct("end", "结束", "结束？", lambda *_given: True, undo="open"),), "titles": lambda *_g: {}},
        ],
    )
    def test_what_does_not_fit_together_is_refused_at_once(self, broken: dict) -> None:
        with pytest.raises(ValueError, match="table things"):
            DataTable(**{"name": "things", "columns": (TableColumn("name", "名称", is_fixed=True),), **broken})

    def test_pages_belong_to_a_list_that_declares_a_table(self) -> None:
        @get("/things", public=True)
        def show_things() -> None: ...

        with pytest.raises(TypeError, match="declares no table"):
            table_pages(show_things)


def test_a_file_holds_the_columns_that_show_or_all() -> None:
    things = DataTable(
        name="things",
        columns=(
            TableColumn("name", "名称", is_fixed=True),
            TableColumn("on", "日期", is_shown=False),
            TableColumn("n", "数量"),
        ),
    )
    state = TableState(things, key="core.things", path="/things", query={})
    rows = [{"name": "=甲", "on": date(2026, 1, 2), "n": 3}, {"name": "乙"}]
    shown = table_sheet("清单", state, rows, "csv", "shown").content
    assert isinstance(shown, bytes)
    assert shown.decode("utf-8-sig").splitlines() == ["名称,数量", "'=甲,3", "乙,"]
    every = table_sheet("清单", state, rows, "csv", "all").content
    assert isinstance(every, bytes)
    assert every.decode("utf-8-sig").splitlines() == ["名称,日期,数量", "'=甲,2026-01-02,3", "乙,,"]


class TestAllRows:
    @staticmethod
    def read(total: int):
        def page(after: str, limit: int) -> tuple[list[int], str | None]:
            begin = int(after or 0)
            end = min(begin + limit, total)
            return list(range(begin, end)), str(end) if end < total else None

        return page

    @pytest.mark.parametrize("total", [0, 1, 499, 500, 501, 1199, 1200])
    def test_every_page_is_read(self, total: int) -> None:
        assert every_row(self.read(total), 1200) == list(range(total))

    def test_more_than_a_file_holds_is_refused_and_not_cut_off(self) -> None:
        with pytest.raises(Invalid, match="最多 1200 行"):
            every_row(self.read(1201), 1200)
