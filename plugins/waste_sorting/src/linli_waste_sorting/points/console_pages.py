"""The page of the street console: how the communities stand with their points, without any household."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linli.sdk import (
    Download,
    ScopedSession,
    Series,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    column_chart,
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
from linli_waste_sorting.listing import STREET_POINTS
from linli_waste_sorting.points import sums
from linli_waste_sorting.points.permissions import COUNT_POINTS
from linli_waste_sorting.points.schemas import PointsSum

#: What the lines of the communities are sorted by: each a name and its sums.
_KEYS: dict[str, Callable[[tuple[str, PointsSum]], Any]] = {
    "name": lambda line: pinyin_of(line[0]).full,
    **{name: lambda line, name=name: getattr(line[1], name) for name in STREET_POINTS.sorts - {"name"}},
}


@get("/points", needs=COUNT_POINTS, table=STREET_POINTS)
def count_points_of_street(session: ScopedSession, table: TableState) -> View:
    """The sums of each community this month."""
    lines = _lines(session)
    names, shown = {each.community_id: name for name, each in lines}, [each for _name, each in lines]
    # A community has as many points as it has households: what is compared is points of each.
    average = [
        (names[each.community_id], round(each.earned / each.purses, 1) if each.purses else None) for each in shown
    ]
    chart = column_chart(
        _("本月发放和兑换的积分"),
        [names[each.community_id] for each in shown],
        [
            Series(_("发放"), [each.earned for each in shown]),
            Series(_("兑换"), [each.redeemed for each in shown]),
        ],
        unit=_("分"),
    )
    return View(
        "waste_sorting/points_console.html",
        {"rows": sorted_lines(lines, _KEYS, table.sort), "chart": chart, "ranks": ranking(average)},
        fragment="waste_sorting/_points_console.html",
    )


@get("/points/export", needs=COUNT_POINTS, table=STREET_POINTS)
def export_points_of_street(
    session: ScopedSession, table: TableState, columns: SheetColumns = "all", file: SheetFormat = "xlsx"
) -> Download:
    """The same as a file, in the order of the page."""
    rows = sorted_lines(_lines(session), _KEYS, table.sort)
    cells = (
        {"name": name, **{key: getattr(each, key) for key in STREET_POINTS.sorts - {"name"}}} for name, each in rows
    )
    return table_sheet(_("各社区的积分"), table, cells, file, columns)


def _lines(session: ScopedSession) -> list[tuple[str, PointsSum]]:
    """The communities that have anything to do with points this month, each with its name."""
    names = community_names(session)
    found = sums.sums_of_communities(session, list(names), today().replace(day=1), today())
    return [
        (names[each.community_id], each)
        for each in found
        if any((each.purses, each.earned, each.redeemed, each.expired, each.flags))
    ]


POINT_CONSOLE = (count_points_of_street, *table_pages(count_points_of_street), export_points_of_street)
