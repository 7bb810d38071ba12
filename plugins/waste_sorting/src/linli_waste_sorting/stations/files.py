"""Stations as rows of a file, for the list of a community and for the street's."""

from __future__ import annotations

from typing import Any

from linli.sdk import ScopedSession
from linli.sdk import gettext as _
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.schemas import STATES
from linli_waste_sorting.words import category_titles, days_text, hours_text, kind_titles


def more_of_stations(session: ScopedSession) -> dict[str, str]:
    """What the file alone holds: column to title."""
    categories = category_titles(session)
    more = {each: _("{name}容器").format(name=categories[each]) for each in CATEGORIES}
    return more | {"state": _("状态"), "note": _("说明")}


def station_cells(row: Station, compound: str) -> dict[str, Any]:
    """Column to cell, those of ``more_of_stations`` among them."""
    return {
        "name": row.name,
        "compound": compound,
        "kind": kind_titles()[row.kind],
        "place": row.place,
        "hours": f"{days_text(row.weekdays)} {hours_text(row.openings)}",
        "created_at": row.created_at,
        **{each.category: each.pieces for each in row.containers},
        "state": _(STATES["closed" if row.closed_at else "used"]),
        "note": row.note,
    }
