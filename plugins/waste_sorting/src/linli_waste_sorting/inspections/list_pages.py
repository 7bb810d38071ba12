"""What was found, as a list with filters and as a file, and the figures of a stretch of days. No household is in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Download,
    Handler,
    Place,
    ScopedSession,
    Series,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    every_row,
    get,
    line_chart,
    ranking,
    sheet,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.inspections import repository
from linli_waste_sorting.inspections.asked import POINT_RESULTS, Day, Name, wanted_of
from linli_waste_sorting.inspections.duties import percent
from linli_waste_sorting.inspections.models import Finding, Point
from linli_waste_sorting.inspections.permissions import READ_CASES, READ_ROUNDS
from linli_waste_sorting.inspections.words import RESULTS, STATES, SUBJECTS, point_title, titles
from linli_waste_sorting.listing import FINDINGS
from linli_waste_sorting.reach import compounds_of, names_within
from linli_waste_sorting.stations.repository import Filter, page_of_stations
from linli_waste_sorting.words import category_titles, compound_names

_MOST_STATIONS = 200
_QUARTER = timedelta(days=91)


@get("/inspections/findings", needs=READ_ROUNDS, table=FINDINGS)
def list_findings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    first: Day = "",
    last: Day = "",
    compound: Chosen = "",
    station: Chosen = "",
    result: Chosen = "",
    inspector: Name = "",
    state: Chosen = "",
    after: str = "",
) -> View:
    """What was found on finished rounds."""
    community_id = community_of(place)
    within = compounds_of(actor, READ_ROUNDS, community_id)
    wanted = wanted_of(
        first=first,
        last=last,
        compound=compound,
        station=station,
        result=result,
        inspector=inspector,
        state=state,
        compounds=within,
    )
    rows, following = repository.page_of_findings(session, community_id, wanted, sort=table.sort, after=after)
    stations, _more = page_of_stations(session, community_id, Filter(state=""), limit=_MOST_STATIONS)
    names = {each.id: each.name for each in stations}
    compounds = compound_names(session, community_of(place))
    return View(
        "waste_sorting/inspections_findings.html",
        {
            "rows": rows,
            "next": following,
            "compounds": compounds,
            "stations": {str(each.id): f"{compounds.get(str(each.compound_id), '')} {each.name}" for each in stations},
            "names": names,
            "walkers": repository.inspectors(session, {each.round_id for each in rows}),
            "categories": category_titles(session),
            "subjects": titles(SUBJECTS),
            "results": titles(RESULTS),
            "states": {"struck": _(STATES["struck"]), "all": _(STATES["all"])},
            "tones": {"correct": "good", "wrong": "warn", "contaminated": "bad"},
            "is_filtered": bool(first or last or compound or station or result or inspector.strip() or state),
            "may_settle": actor.can(READ_CASES, community_id=community_id),
        },
        fragment="waste_sorting/_inspections_findings.html",
    )


@get("/inspections/findings/export", needs=READ_ROUNDS, table=FINDINGS)
def export_findings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    first: Day = "",
    last: Day = "",
    compound: Chosen = "",
    station: Chosen = "",
    result: Chosen = "",
    inspector: Name = "",
    state: Chosen = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page. Doors are not in it."""
    wanted = wanted_of(
        first=first,
        last=last,
        compound=compound,
        station=station,
        result=result,
        inspector=inspector,
        state=state,
        compounds=compounds_of(actor, READ_ROUNDS, community_of(place)),
    )
    rows = every_row(
        lambda after, limit: repository.page_of_findings(
            session, community_of(place), wanted, sort=table.sort, after=after, limit=limit
        )
    )
    compounds, categories = compound_names(session, community_of(place)), category_titles(session)
    names, walkers = _names(session, rows), repository.inspectors(session, {each.round_id for each in rows})
    cells = (
        {
            "day": each.day,
            "station": f"{compounds.get(str(each.compound_id), '')} {names.get(each.station_id, '')}".strip(),
            "subject": f"{_(SUBJECTS[each.subject])} · {categories[each.category]}",
            "result": _(RESULTS[each.result]),
            "told": each.note,
            "inspector": walkers.get(each.round_id, ""),
            "compound": compounds.get(str(each.compound_id), ""),
            "category": categories[each.category],
            "guided": _("是") if each.is_guided else _("否"),
            "struck": each.struck_reason,
        }
        for each in rows
    )
    more = {"compound": _("小区"), "category": _("垃圾"), "guided": _("现场指导"), "struck": _("划去的理由")}
    return table_sheet(_("分类检查结果"), table, cells, file, columns, more=more)


@get("/inspections/points/export", needs=READ_ROUNDS)
def export_points(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    first: Day = "",
    last: Day = "",
    compound: Chosen = "",
    station: Chosen = "",
    result: Chosen = "",
    inspector: Name = "",
    state: Chosen = "",
    file: SheetFormat = "xlsx",
) -> Download:
    """The checklists of the stations as a file."""
    wanted = wanted_of(
        first=first,
        last=last,
        compound=compound,
        station=station,
        result=result,
        results=(*POINT_RESULTS,),
        inspector=inspector,
        state=state,
        compounds=compounds_of(actor, READ_ROUNDS, community_of(place)),
    )
    rows = every_row(
        lambda after, limit: repository.page_of_points(session, community_of(place), wanted, after=after, limit=limit)
    )
    compounds, names = compound_names(session, community_of(place)), _names(session, rows)
    walkers = repository.inspectors(session, {each.round_id for each in rows})
    lines = [
        [
            each.day,
            compounds.get(str(each.compound_id), ""),
            names.get(each.station_id, ""),
            point_title(each.point),
            _(POINT_RESULTS["met" if each.is_met else "missed"]),
            walkers.get(each.round_id, ""),
            each.note,
            each.struck_reason,
        ]
        for each in rows
    ]
    header = [_("日期"), _("小区"), _("投放点"), _("检查项"), _("结果"), _("巡查人"), _("说明"), _("划去的理由")]
    return sheet(_("投放点检查"), header, lines, file)


@get("/inspections/figures", needs=READ_ROUNDS)
def show_figures(session: ScopedSession, actor: Actor, place: Place, first: Day = "", last: Day = "") -> View:
    """Accuracy and compliance of each compound, week by week and station by station."""
    community_id = community_of(place)
    within = compounds_of(actor, READ_ROUNDS, community_id)
    asked = wanted_of(first=first, last=last)
    to = asked.last or today()
    since = asked.first or to - _QUARTER
    compounds = names_within(compound_names(session, community_id), within)
    right = repository.accuracy(session, since, to, community_id=community_id)
    met = repository.compliance(session, since, to, community_id=community_id)
    weeks = repository.weekly_accuracy(session, community_id, since, to, compounds=within)
    return View(
        "waste_sorting/inspections_figures.html",
        {
            "first": since.isoformat(),
            "last": to.isoformat(),
            "lines": [_line(name, right.get(UUID(key)), met.get(UUID(key))) for key, name in compounds.items()],
            "ranks": ranking(
                [(name, _share(right.get(UUID(key)))) for key, name in compounds.items()], unit="%", most_is_best=True
            ),
            "chart": line_chart(
                _("每周的投放正确率"),
                [f"{day.month}/{day.day}" for day in weeks],
                [Series(_("投放正确率"), [_share(pair) for pair in weeks.values()])],
                unit="%",
            ),
            "stations": _stations(session, community_id, since, to, compounds),
            "has_weeks": bool(weeks),
        },
    )


def _stations(
    session: ScopedSession, community_id: UUID, first: date, last: date, compounds: dict[str, str]
) -> list[dict[str, Any]]:
    met = repository.compliance_by_station(session, first, last, community_id=community_id)
    stations, _more = page_of_stations(session, community_id, Filter(state=""), limit=_MOST_STATIONS)
    return [
        {
            "name": each.name,
            "compound": compounds[str(each.compound_id)],
            "pair": met[each.id],
            "share": _share(met[each.id]),
        }
        for each in stations
        if each.id in met and str(each.compound_id) in compounds
    ]


def _line(name: str, right: tuple[int, int] | None, met: tuple[int, int] | None) -> dict[str, Any]:
    return {"name": name, "right": right, "right_share": _share(right), "met": met, "met_share": _share(met)}


def _share(pair: tuple[int, int] | None) -> Any:
    return percent(*pair) if pair and pair[1] else None


def _names(session: ScopedSession, rows: Sequence[Point] | Sequence[Finding]) -> dict[UUID, str]:
    return repository.station_names(session, {each.station_id for each in rows})


HANDLERS: tuple[Handler, ...] = (
    list_findings,
    *table_pages(list_findings),
    export_findings,
    export_points,
    show_figures,
)
