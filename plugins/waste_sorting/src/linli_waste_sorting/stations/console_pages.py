"""The pages of the street console: the stations of all communities, to look at."""

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
    compounds_in_use,
    every_row,
    get,
    now,
    table_pages,
    table_sheet,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, filter_of
from linli_waste_sorting.listing import STREET_STATIONS
from linli_waste_sorting.permissions import READ
from linli_waste_sorting.schemas import Words
from linli_waste_sorting.stations import repository, service
from linli_waste_sorting.stations.files import more_of_stations, station_cells
from linli_waste_sorting.stations.schemas import STATES
from linli_waste_sorting.stations.windows import today_of
from linli_waste_sorting.words import category_titles, days_text, hours_text, kind_titles


@get("/", needs=READ, table=STREET_STATIONS)
def list_of_street(
    session: ScopedSession,
    table: TableState,
    q: Words = "",
    kind: Chosen = "",
    state: Chosen = "",
    community_id: UUID | None = None,
    after: str = "",
) -> View:
    """The stations of the street's communities."""
    wanted = filter_of(q, kind, "", state)
    rows, following = repository.page_of_stations(session, community_id, wanted, sort=table.sort, after=after)
    names, compounds = community_names(session), compounds_in_use(session)
    return View(
        "waste_sorting/stations_console.html",
        {
            "rows": [
                (
                    row,
                    names.get(row.community_id, ""),
                    compounds.get(row.compound_id, ""),
                    f"{days_text(row.weekdays)} {hours_text(row.openings)}",
                )
                for row in rows
            ],
            "next": following,
            "kinds": kind_titles(),
            "states": {"closed": _(STATES["closed"]), "all": _("全部")},
            "communities": {str(key): name for key, name in names.items()},
            "is_filtered": bool(q.strip() or kind or state or community_id),
        },
        fragment="waste_sorting/_stations_console.html",
    )


@get("/export", needs=READ, table=STREET_STATIONS)
def export_street_stations(
    session: ScopedSession,
    table: TableState,
    q: Words = "",
    kind: Chosen = "",
    state: Chosen = "",
    community_id: UUID | None = None,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; with all columns also the containers of each kind."""
    wanted = filter_of(q, kind, "", state)
    rows = every_row(
        lambda after, limit: repository.page_of_stations(
            session, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    names, compounds = community_names(session), compounds_in_use(session)
    cells = (
        {
            **station_cells(row, compounds.get(row.compound_id, "")),
            "community": names.get(row.community_id, ""),
        }
        for row in rows
    )
    return table_sheet(_("各社区垃圾投放点"), table, cells, file, columns, more=more_of_stations(session))


@get("/{station_id:uuid}", needs=READ)
def show_of_street(session: ScopedSession, station_id: UUID) -> View:
    """One station of any community."""
    row = service.get_station(session, None, station_id)
    return View(
        "waste_sorting/stations_console_show.html",
        {
            "row": row,
            "kind": kind_titles()[row.kind],
            "days": days_text(row.weekdays),
            "hours": hours_text(row.openings),
            "today": today_of(row, now()),
            "compound": compounds_in_use(session, row.community_id).get(row.compound_id, ""),
            "community": community_names(session).get(row.community_id, ""),
            "categories": category_titles(session),
        },
    )


PAGES = (Pages("console", (list_of_street, *table_pages(list_of_street), export_street_stations, show_of_street)),)
