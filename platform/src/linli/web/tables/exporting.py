"""A list as a file, with the columns that its reader looks at or with all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.web.results import Download
from linli.web.sheets import SheetFormat, sheet
from linli.web.tables.state import TableState

T = TypeVar("T")

#: Rows that a file holds, and that are read at once for it.
MOST_IN_FILE, _AT_ONCE = 20_000, 500
#: What an export takes beside its filters: the columns on the page, or all that the list has.
SheetColumns = Literal["shown", "all"]


def every_row(read: Callable[[str, int], tuple[Sequence[T], str | None]], most: int = MOST_IN_FILE) -> list[T]:
    """All rows of a list, page after page, for a file.

    Args:
        read: a page of the list, in the order of its page: ``(after, limit)`` to its rows and the next ``after``.
        most: rows.

    Raises:
        Invalid: there are more; a file that ends somewhere is taken for the whole list by whoever opens it.
    """
    rows: list[T] = []
    after: str | None = ""
    while after is not None:
        if len(rows) >= most:
            raise Invalid(_("一个文件最多 {most} 行，这里还有更多：请先筛选，分几次下载").format(most=most))
        page, after = read(after, min(_AT_ONCE, most - len(rows)))
        rows += page
    return rows


def table_sheet(
    name: str,
    table: TableState,
    rows: Iterable[Mapping[str, Any]],
    form: SheetFormat,
    columns: SheetColumns = "shown",
    *,
    more: Mapping[str, str] | None = None,
) -> Download:
    """The rows of a list as a file.

    Args:
        name: the file's name without its ending.
        table: the list as its reader looks at it.
        rows: column name to cell, as `sheet` takes them; a column that a row lacks stays empty.
        form: CSV or XLSX.
        columns: those that show, or all.
        more: what the file alone holds, and only with all columns: column name to title, in the request's language.
    """
    shown = set(table.shown)
    titles = {each.name: table.say(each.title) for each in table.columns if columns == "all" or each.name in shown}
    if columns == "all":
        titles |= more or {}
    cells = ([row.get(each) for each in titles] for row in rows)
    return sheet(name, list(titles.values()), cells, form)
