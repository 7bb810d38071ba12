"""The records as a file: the columns of the list, and with all of them what pasting takes in again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from linli.sdk import (
    Actor,
    Download,
    Place,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    every_row,
    get,
    table_sheet,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.listing import COLLECTIONS
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.stations.repository import names_of
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.asked import wanted_of
from linli_waste_sorting.weights.models import Collection
from linli_waste_sorting.weights.permissions import READ_COLLECTIONS
from linli_waste_sorting.weights.schemas import Month
from linli_waste_sorting.weights.service import clock_text
from linli_waste_sorting.weights.titles import BETWEEN, BINS, KILOS, STATES, TITLES
from linli_waste_sorting.words import category_titles, compound_names


@get("/collections/export", needs=READ_COLLECTIONS, table=COLLECTIONS)
def export_collections(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    compound: Chosen = "",
    category: Chosen = "",
    month: Month = "",
    state: Chosen = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; its rows can be pasted again."""
    community_id = community_of(place)
    wanted = wanted_of(compound, category, month, state, compounds=compounds_of(actor, READ_COLLECTIONS, community_id))
    rows = every_row(
        lambda after, limit: repository.page_of_collections(
            session, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    compounds, categories = compound_names(session, community_id), category_titles(session)
    carriers = repository.carrier_names(session, community_id)
    stations = names_of(session, {each.station_id for each in rows if each.station_id is not None})
    cells = (
        {
            **_cells(each),
            "compound": compounds.get(str(each.compound_id), ""),
            "category": categories[each.category],
            "carrier": carriers.get(each.carrier_id, ""),
            "station": stations.get(each.station_id, "") if each.station_id else "",
        }
        for each in rows
    )
    more = {name: _(TITLES[name]) for name in ("clock", "station", "kg", "pieces", "note", "struck")}
    return table_sheet(_("垃圾清运记录"), table, cells, file, columns, more=more)


def amount_text(kg: Decimal | None, pieces: int | None) -> str:
    """How much there was, as a list and a file show it: ``86.5 公斤 · 2 桶``."""
    said = [_(KILOS).format(kg=f"{kg:.1f}")] if kg is not None else []
    said += [_(BINS).format(n=pieces)] if pieces else []
    return BETWEEN.join(said)


def state_of(row: Collection) -> str:
    """A key of ``titles.STATES``."""
    if row.voided_at is not None:
        return "void"
    return "confirmed" if row.doubts else "valid"


def _cells(row: Collection) -> dict[str, Any]:
    return {
        "day": row.day,
        "amount": amount_text(row.kg, row.pieces),
        "destination": row.destination,
        "state": _(STATES[state_of(row)]),
        "clock": clock_text(row.clock),
        "kg": row.kg,
        "pieces": row.pieces,
        "note": row.note,
        "struck": row.void_reason,
    }
