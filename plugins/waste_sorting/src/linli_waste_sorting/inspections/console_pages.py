"""The page of the street console: figures of each community, no households."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from operator import itemgetter
from typing import Annotated, Any

from msgspec import Meta

from linli.sdk import (
    Invalid,
    Pages,
    Place,
    ScopedSession,
    TableState,
    View,
    community_names,
    get,
    pinyin_of,
    ranking,
    sorted_lines,
    table_pages,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.inspections import repository
from linli_waste_sorting.inspections.duties import percent
from linli_waste_sorting.inspections.permissions import READ_ROUNDS
from linli_waste_sorting.listing import STREET_INSPECTIONS

Month = Annotated[str, Meta(max_length=7)]
_DECEMBER = 12


#: What the lines of the communities are sorted by.
_KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "name": lambda line: pinyin_of(line["name"]).full,
    **{name: itemgetter(name) for name in ("rounds", "right_share", "met_share")},
}


@get("/inspections", needs=READ_ROUNDS, table=STREET_INSPECTIONS)
def show_street_figures(session: ScopedSession, place: Place, table: TableState, month: Month = "") -> View:
    """Rounds, accuracy and compliance of each community in a month."""
    first = _month(month)
    following = first.replace(year=first.year + first.month // _DECEMBER, month=first.month % _DECEMBER + 1)
    last = following - timedelta(days=1)
    rounds = repository.count_rounds(session, first, last)
    right = repository.accuracy_by_community(session, first, last)
    met = repository.compliance_by_community(session, first, last)
    stations = repository.compliant_stations(session, first, last)
    names = {key: name for key, name in community_names(session).items() if key in rounds or key in right or key in met}
    here = place.url("/waste_sorting/inspections?month=")
    return View(
        "waste_sorting/inspections_console.html",
        {
            "title": _("{year}年{month}月").format(year=first.year, month=first.month),
            "before": f"{here}{first - timedelta(days=1):%Y-%m}",
            "after": f"{here}{following:%Y-%m}" if following <= today() else "",
            "lines": sorted_lines(
                (
                    {
                        "name": name,
                        "rounds": rounds.get(key, 0),
                        "right": right.get(key),
                        "right_share": percent(*right[key]) if key in right else None,
                        "met_share": percent(*met[key]) if key in met else None,
                        "stations": stations.get(key),
                    }
                    for key, name in names.items()
                ),
                _KEYS,
                table.sort,
            ),
            "ranks": ranking(
                [(name, percent(*right[key]) if key in right else None) for key, name in names.items()], unit="%"
            ),
        },
        fragment="waste_sorting/_inspections_console.html",
    )


def _month(given: str) -> date:
    if not given:
        return today().replace(day=1)
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError as error:
        raise Invalid.one("month", _("没有这个月份"), _("例如 2026-01")) from error


PAGES = (Pages("console", (show_street_figures, *table_pages(show_street_figures))),)
