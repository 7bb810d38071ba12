"""The pages of full bins: residents report them, staff see to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    DataTable,
    Form,
    NotFound,
    Place,
    Redirect,
    RowAct,
    ScopedSession,
    TableColumn,
    TableState,
    View,
    get,
    homes_of,
    photos_of,
    post,
    table_pages,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import reports
from linli_waste_sorting.bookings.forms import AnswerForm, ReportForm, report_filter
from linli_waste_sorting.bookings.models import FullReport
from linli_waste_sorting.bookings.permissions import FILE_REPORTS, HANDLE_REPORTS, READ_REPORTS
from linli_waste_sorting.bookings.photos import VOICE
from linli_waste_sorting.bookings.schemas import Chosen, FullReportWrite
from linli_waste_sorting.photos import LARGEST_FORM, kept_photos
from linli_waste_sorting.stations import repository as stations
from linli_waste_sorting.words import category_titles, compound_names

_MOST_STATIONS = 100


def _titles(session: ScopedSession, actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    return reports.stations_of_reports(session, actor, community_of(place), ids)


def _settle(session: ScopedSession, actor: Actor, place: Place, report_id: UUID, answer: str) -> bool:
    if reports.get_report(session, community_of(place), report_id).handled_at is not None:
        return False
    reports.handle_report(session, actor, community_of(place), report_id, answer)
    return True


REPORTS = DataTable(
    name="full_reports",
    columns=(
        TableColumn("station", "投放点", is_fixed=True),
        TableColumn("compound", "小区"),
        TableColumn("category", "垃圾"),
        TableColumn("voices", "几人报告", sort="voices", falls=True, is_number=True),
        TableColumn("first_at", "第一次报告", sort="first_at", falls=True),
        TableColumn("answer", "处理结果"),
    ),
    sort="-first_at",
    filters=("state", "category", "compound"),
    acts=(
        RowAct(
            "settle",
            "登记处理结果",
            "对选中的报告登记同一个处理结果？报告的居民会收到通知。",
            _settle,
            needs=HANDLE_REPORTS,
            asks="处理结果",
        ),
    ),
    titles=_titles,
)


@get("/full_reports", needs=READ_REPORTS, table=REPORTS)
def list_reports(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    state: Chosen = "",
    category: Chosen = "",
    compound: Chosen = "",
    after: str = "",
) -> View:
    """The reports that are open, or those that the filter asks for."""
    wanted = report_filter(state, category, compound)
    rows, following = reports.page_of_reports(session, actor, community_of(place), wanted, sort=table.sort, after=after)
    titles = category_titles(session)
    return View(
        "waste_sorting/bookings_reports.html",
        {
            "rows": rows,
            "next": following,
            "stations": _names(session, rows),
            "kinds": titles,
            "compounds": compound_names(session, community_of(place)),
            "states": {"handled": _("已处理"), "all": _("全部")},
            "is_filtered": bool(state or category or compound),
        },
        fragment="waste_sorting/_bookings_reports.html",
    )


@get("/full_reports/{full_report_id:uuid}", needs=READ_REPORTS)
def show_report(session: ScopedSession, actor: Actor, place: Place, full_report_id: UUID) -> View:
    """One report, what people wrote, and the form in which it is handled."""
    row = reports.get_report(session, community_of(place), full_report_id)
    if not reports.may(actor, row, READ_REPORTS):
        raise NotFound(_("没有找到这个满桶报告"))
    voices = reports.voices_of(session, row)
    return View(
        "waste_sorting/bookings_report.html",
        {
            "row": row,
            "station": _names(session, [row]).get(row.station_id, ""),
            "kind": category_titles(session)[row.category],
            "voices": voices,
            "photos": kept_photos(session, VOICE, [each.id for each in voices]),
            "may_handle": reports.may(actor, row, HANDLE_REPORTS),
        },
    )


@post("/full_reports/{full_report_id:uuid}/handle", needs=HANDLE_REPORTS, retry=show_report)
def handle_report(
    session: ScopedSession, actor: Actor, place: Place, full_report_id: UUID, data: AnswerForm
) -> Redirect:
    """Say what was done about it."""
    reports.handle_report(session, actor, community_of(place), full_report_id, data.answer)
    return Redirect("/waste_sorting/full_reports", _("已登记处理结果，已通知报告的居民"))


@get("/full_reports", needs=FILE_REPORTS)
def list_own_reports(session: ScopedSession, actor: Actor, place: Place) -> View:
    """What one has reported and what was done about it, and the form for another."""
    rows = reports.own_reports(session, actor, community_of(place))
    return View(
        "waste_sorting/bookings_reports_own.html",
        {
            "rows": rows,
            "stations": _names(session, rows),
            "kinds": category_titles(session),
            "choices": _choices(session, actor, place),
        },
    )


@post("/full_reports", needs=FILE_REPORTS, retry=list_own_reports, max_body=LARGEST_FORM)
def file_report(session: ScopedSession, actor: Actor, place: Place, form: Form, data: ReportForm) -> Redirect:
    """Report that a bin is full."""
    wanted = FullReportWrite(station_id=data.station_id, category=data.category, words=data.words)
    row = reports.file_report(session, actor, community_of(place), wanted, photos_of(form, "photo", most=1))
    said = _("已报告，处理后会通知您") if row.voices == 1 else _("已有 {n} 人报告，处理后会通知您").format(n=row.voices)
    return Redirect("/waste_sorting/full_reports", said)


def _choices(session: ScopedSession, actor: Actor, place: Place) -> Mapping[str, Any]:
    compounds = {each.compound_id for each in homes_of(session, actor, community_id=community_of(place))}
    found = stations.stations_in(session, compounds, most=_MOST_STATIONS) if compounds else ()
    return {str(each.id): _("{name}（{place}）").format(name=each.name, place=each.place) for each in found}


def _names(session: ScopedSession, rows: Any) -> Mapping[UUID, str]:
    found: list[FullReport] = list(rows)
    return reports.names_of_stations(session, [each.station_id for each in found])


STAFF_HANDLERS = (list_reports, *table_pages(list_reports), show_report, handle_report)
RESIDENT_HANDLERS = (list_own_reports, file_report)
