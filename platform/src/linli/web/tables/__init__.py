"""Lists as tables: what a list declares, what each reader chose of it, and acts on several of its rows.

A list declares a `DataTable` and names it where its page is declared: ``@get("/", needs=…, table=POSTINGS)``. The page
is then handed ``table``, the list as this reader looks at it, and its template shows it with ``tables.html``. The
addresses at which columns and views are kept and rows are acted on come from `table_pages`.
"""

from linli.web.tables.declared import DataTable, RowAct, TableColumn
from linli.web.tables.exporting import SheetColumns, every_row, table_sheet
from linli.web.tables.pages import table_pages
from linli.web.tables.state import TableState

__all__ = [
    "DataTable",
    "RowAct",
    "SheetColumns",
    "TableColumn",
    "TableState",
    "every_row",
    "table_pages",
    "table_sheet",
]
