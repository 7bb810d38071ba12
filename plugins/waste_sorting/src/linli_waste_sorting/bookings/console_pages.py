"""The page of the street console: how the communities stand with pick-ups and full bins, without any person or door."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import (
    Download,
    Pages,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    community_names,
    every_row,
    get,
    table_pages,
    table_sheet,
)
from linli.sdk import gettext as _
from linli_waste_sorting.bookings import repository
from linli_waste_sorting.bookings.files import fact_rows, more_of_facts
from linli_waste_sorting.bookings.forms import booking_filter
from linli_waste_sorting.bookings.permissions import COUNT_BOOKINGS
from linli_waste_sorting.bookings.schemas import Chosen
from linli_waste_sorting.bookings.words import TONES, fetched_titles, state_titles
from linli_waste_sorting.listing import STREET_BOOKINGS
from linli_waste_sorting.words import span_text


@get("/bookings", needs=COUNT_BOOKINGS, table=STREET_BOOKINGS)
def count_of_street(
    session: ScopedSession,
    table: TableState,
    state: Chosen = "",
    category: Chosen = "",
    community_id: UUID | None = None,
    after: str = "",
) -> View:
    """The numbers of each community, and the bookings behind them."""
    wanted = booking_filter(state, category, "", None)
    names = community_names(session)
    table.prefer(wanted.usual)
    rows, following = repository.page_of_facts(session, community_id, wanted, sort=table.sort, after=after)
    return View(
        "waste_sorting/bookings_console.html",
        {
            "counts": [
                (names[each.community_id], each)
                for each in repository.counts(session, list(names))
                if any((each.free, each.requested, each.confirmed, each.done, each.rejected, each.missed, each.full))
            ],
            "rows": [(each, span_text(each.opens, each.closes)) for each in rows],
            "next": following,
            "names": {str(key): name for key, name in names.items()},
            "kinds": fetched_titles(session),
            "states": {**state_titles(), "all": _("全部")},
            "tones": TONES,
            "is_filtered": bool(state or category or community_id),
        },
        fragment="waste_sorting/_bookings_console.html",
    )


@get("/bookings/export", needs=COUNT_BOOKINGS, table=STREET_BOOKINGS)
def export_street_bookings(
    session: ScopedSession,
    table: TableState,
    state: Chosen = "",
    category: Chosen = "",
    community_id: UUID | None = None,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The bookings as a file, filtered and in the order of the page, without any person or door."""
    wanted = booking_filter(state, category, "", None)
    table.prefer(wanted.usual)
    rows = every_row(
        lambda after, limit: repository.page_of_facts(
            session, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    cells = fact_rows(session, community_names(session), rows)
    return table_sheet(_("各社区上门回收预约"), table, cells, file, columns, more=more_of_facts())


BOOKING_PAGES = (Pages("console", (count_of_street, *table_pages(count_of_street), export_street_bookings)),)
