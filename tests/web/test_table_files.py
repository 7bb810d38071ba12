"""What a list declares fits together, and its file holds the columns that were asked for."""

from __future__ import annotations

from datetime import date

import pytest

from linli.web.routing import get
from linli.web.tables import DataTable, RowAct, TableColumn, TableState, table_pages, table_sheet


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
