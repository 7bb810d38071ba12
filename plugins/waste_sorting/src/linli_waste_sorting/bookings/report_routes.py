"""The JSON API of full bins."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from linli.sdk import PAGE, Actor, After, Limit, NotFound, Page, Place, ScopedSession, get, page_of, post
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import reports
from linli_waste_sorting.bookings.models import FullReport
from linli_waste_sorting.bookings.permissions import FILE_REPORTS, HANDLE_REPORTS, READ_REPORTS
from linli_waste_sorting.bookings.photos import VOICE
from linli_waste_sorting.bookings.reports import ReportFilter, line_of
from linli_waste_sorting.bookings.schemas import (
    MOST_CHANGES,
    AnswerBody,
    FullReportWrite,
    ReportCreate,
    ReportLine,
    ReportOut,
    VoiceOut,
)
from linli_waste_sorting.photos import LARGEST_BODY, decoded, kept_photos, photos_out
from linli_waste_sorting.schemas import Category


@get("/full_reports", needs=READ_REPORTS)
def list_reports(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    handled: bool | None = None,
    category: Category | None = None,
    compound_id: UUID | None = None,
    sort: Literal["created_at", "-created_at", "first_at", "-first_at", "voices", "-voices"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ReportLine]:
    """The reports of full bins within one's reach, the newest first; with `handled` those that are, or are not"""
    state = "" if handled is None else "handled" if handled else "open"
    wanted = ReportFilter(state=state, category=category or "", compound_id=compound_id)
    rows, following = reports.page_of_reports(
        session, actor, community_of(place), wanted, sort=sort, after=after, limit=limit
    )
    names = reports.names_of_stations(session, [row.station_id for row in rows])
    items = [line_of(row, names.get(row.station_id, "")) for row in rows]
    return Page(items=items, next=following)


@get("/full_reports/{full_report_id:uuid}", needs=READ_REPORTS)
def show_report(session: ScopedSession, actor: Actor, place: Place, full_report_id: UUID) -> ReportOut:
    """One report with what people wrote; who they were is told to nobody"""
    row = reports.get_report(session, community_of(place), full_report_id)
    if not reports.may(actor, row, READ_REPORTS):
        raise NotFound
    return _out(session, place, row)


@post("/full_reports/{full_report_id:uuid}/handle", needs=HANDLE_REPORTS, status=200)
def handle_report(
    session: ScopedSession, actor: Actor, place: Place, full_report_id: UUID, data: AnswerBody
) -> ReportOut:
    """Say what was done about it; everybody who reported it is told. A second call changes nothing"""
    row = reports.handle_report(session, actor, community_of(place), full_report_id, data.answer)
    return _out(session, place, row)


@get("/full_reports/mine", needs=FILE_REPORTS)
def list_own_reports(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[ReportLine]:
    """What one has reported and what was done about it, the newest first"""
    rows = reports.own_reports(session, actor, community_of(place))
    names = reports.names_of_stations(session, [row.station_id for row in rows])
    items = [line_of(row, names.get(row.station_id, "")) for row in rows]
    return page_of(items, after, limit, key=lambda each: str(each.id))


@post("/full_reports/mine", needs=FILE_REPORTS, max_body=LARGEST_BODY)
def file_report(session: ScopedSession, actor: Actor, place: Place, data: ReportCreate) -> ReportLine:
    """Report that the bins for one kind of waste are full; joins the report that is open, if there is one"""
    wanted = FullReportWrite(station_id=data.station_id, category=data.category, words=data.words)
    photo = decoded([data.photo], "photo") if data.photo else []
    row = reports.file_report(session, actor, community_of(place), wanted, photo)
    return line_of(row, reports.names_of_stations(session, [row.station_id]).get(row.station_id, ""))


def _out(session: ScopedSession, place: Place, row: FullReport) -> ReportOut:
    names = reports.names_of_stations(session, [row.station_id])
    voices = reports.voices_of(session, row)
    kept = kept_photos(session, VOICE, [each.id for each in voices])
    photos = [file for each in voices for file in kept.get(each.id, ())]
    line = line_of(row, names.get(row.station_id, ""))
    return ReportOut(
        **{name: getattr(line, name) for name in ReportLine.__struct_fields__},
        written=[VoiceOut(at=each.at, words=each.words) for each in voices if each.words],
        photos=photos_out(place, photos[:MOST_CHANGES]),
    )


REPORTS = (list_reports, show_report, handle_report, list_own_reports, file_report)
