"""The page of the street console: figures of each community, no households."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Annotated, Any

from msgspec import Meta

from linli.sdk import (
    Download,
    Invalid,
    Pages,
    Place,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    community_names,
    get,
    pinyin_of,
    ranking,
    sorted_lines,
    table_pages,
    table_sheet,
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
    following = _following(first)
    lines = _lines(session, first)
    here = place.url("/waste_sorting/inspections?month=")
    return View(
        "waste_sorting/inspections_console.html",
        {
            "title": _title(first),
            "before": f"{here}{first - timedelta(days=1):%Y-%m}",
            "after": f"{here}{following:%Y-%m}" if following <= today() else "",
            "lines": sorted_lines(lines, _KEYS, table.sort),
            "ranks": ranking([(line["name"], line["right_share"]) for line in lines], unit="%"),
        },
        fragment="waste_sorting/_inspections_console.html",
    )


@get("/inspections/export", needs=READ_ROUNDS, table=STREET_INSPECTIONS)
def export_street_figures(
    session: ScopedSession,
    table: TableState,
    month: Month = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The figures of a month as a file, in the order of the page; with all columns also of how many they are."""
    first = _month(month)
    lines = sorted_lines(_lines(session, first), _KEYS, table.sort)
    name = _("各社区分类检查（{month}）").format(month=_title(first))
    more = {
        "results": _("检查结果总数"),
        "met": _("达标的检查项"),
        "points": _("检查项总数"),
        "checked": _("检查过的投放点"),
    }
    return table_sheet(name, table, [_cells(line) for line in lines], file, columns, more=more)


def _lines(session: ScopedSession, first: date) -> list[dict[str, Any]]:
    """The figures of each community that has some in the month, by the order of the communities; four queries."""
    last = _following(first) - timedelta(days=1)
    rounds = repository.count_rounds(session, first, last)
    right = repository.accuracy_by_community(session, first, last)
    met = repository.compliance_by_community(session, first, last)
    stations = repository.compliant_stations(session, first, last)
    return [
        {
            "name": name,
            "rounds": rounds.get(key, 0),
            "right": right.get(key),
            "right_share": percent(*right[key]) if key in right else None,
            "met": met.get(key),
            "met_share": percent(*met[key]) if key in met else None,
            "stations": stations.get(key),
        }
        for key, name in community_names(session).items()
        if key in rounds or key in right or key in met
    ]


def _cells(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line as a file holds it: numbers in cells of their own, as a spreadsheet takes ``3 / 4`` for a day."""
    right, results = line["right"] or (None, None)
    met, points = line["met"] or (None, None)
    stations, checked = line["stations"] or (None, None)
    return {
        "name": line["name"],
        "rounds": line["rounds"],
        "right": right,
        "right_share": _share(line["right_share"]),
        "met_share": _share(line["met_share"]),
        "stations": stations,
        "results": results,
        "met": met,
        "points": points,
        "checked": checked,
    }


def _share(value: Decimal | None) -> str:
    return "" if value is None else f"{value}%"


def _title(first: date) -> str:
    return _("{year}年{month}月").format(year=first.year, month=first.month)


def _following(first: date) -> date:
    return first.replace(year=first.year + first.month // _DECEMBER, month=first.month % _DECEMBER + 1)


def _month(given: str) -> date:
    if not given:
        return today().replace(day=1)
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError as error:
        raise Invalid.one("month", _("没有这个月份"), _("例如 2026-01")) from error


PAGES = (Pages("console", (show_street_figures, *table_pages(show_street_figures), export_street_figures)),)
