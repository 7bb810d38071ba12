"""A list as a file, with the columns that its reader looks at or with all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from linli.web.results import Download
from linli.web.sheets import SheetFormat, sheet
from linli.web.tables.state import TableState

#: What an export takes beside its filters: the columns on the page, or all that the list has.
SheetColumns = Literal["shown", "all"]


def table_sheet(
    name: str, table: TableState, rows: Iterable[Mapping[str, Any]], form: SheetFormat, columns: SheetColumns = "shown"
) -> Download:
    """The rows of a list as a file.

    Args:
        name: the file's name without its ending.
        table: the list as its reader looks at it.
        rows: column name to cell, as `sheet` takes them; a column that a row lacks stays empty.
        form: CSV or XLSX.
        columns: those that show, or all.
    """
    shown = set(table.shown)
    wanted = [each for each in table.columns if columns == "all" or each.name in shown]
    cells = ([row.get(each.name) for each in wanted] for row in rows)
    return sheet(name, [table.say(each.title) for each in wanted], cells, form)
