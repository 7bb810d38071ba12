"""Reports that a bin is full: filed by residents, joined while they are open, handled by staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from linli.sdk import (
    PAGE,
    Actor,
    Forbidden,
    Invalid,
    NotFound,
    Order,
    Photo,
    Reach,
    ScopedSession,
    homes_of,
    new_id,
    now,
    reach_of,
    recheck_obligations,
    sorted_rows,
)
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import FullReport, FullReportVoice
from linli_waste_sorting.bookings.permissions import FILE_REPORTS, HANDLE_REPORTS, READ_REPORTS
from linli_waste_sorting.bookings.photos import VOICE
from linli_waste_sorting.bookings.schemas import MOST_CHANGES, FullReportWrite, ReportLine
from linli_waste_sorting.bookings.telling import tell_of_emptied, tell_of_full
from linli_waste_sorting.keeping import noter
from linli_waste_sorting.photos import keep_photos
from linli_waste_sorting.stations import repository
from linli_waste_sorting.stations.models import Station

#: Reports that a resident sees of their own.
MOST_OWN = 100
_note = noter("full_report")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """Which reports are asked for.

    Attributes:
        state: ``open``, ``handled``, or empty for both.
        compound_id: ``None`` for all.
        category: empty for all.
    """

    state: str = "open"
    compound_id: UUID | None = None
    category: str = ""


def file_report(
    session: ScopedSession, actor: Actor, community_id: UUID, data: FullReportWrite, photos: Sequence[Photo] = ()
) -> FullReport:
    """Report that the bins for one kind of waste at a station are full; joins the report that is open, if there is one.

    Whoever reports the same again while it is open is not counted twice.

    Raises:
        Forbidden: the actor has no account, or may not.
        Invalid: the station is none of their compounds, or has no such bin; or the photo is not taken in.
    """
    if actor.account_id is None or not actor.holds(FILE_REPORTS):
        raise Forbidden
    station = _station(session, actor, community_id, data)
    report_id, is_first = _opened(session, station, data.category)
    voice_id = session.scalar(
        insert(FullReportVoice)
        .values(
            id=new_id(),
            community_id=community_id,
            full_report_id=report_id,
            account_id=actor.account_id,
            resident_id=actor.resident_ids[0] if len(actor.resident_ids) == 1 else None,
            words=data.words.strip(),
            at=now(),
        )
        .on_conflict_do_nothing()
        .returning(FullReportVoice.id)
    )
    report = get_report(session, community_id, report_id)
    if voice_id is None:
        return report
    keep_photos(session, actor, (VOICE, voice_id), community_id, photos, most=1, field="photo")
    if not is_first:
        report.voices += 1
        report.last_at = now()
        session.flush()
    _note(session, "file", report, after={"category": report.category, "voices": report.voices})
    if is_first:
        tell_of_full(session, report, station.name)
        recheck_obligations(session, community_id)
    return report


def handle_report(session: ScopedSession, actor: Actor, community_id: UUID, report_id: UUID, answer: str) -> FullReport:
    """Say what was done about it; everybody who reported it is told. A second call changes nothing.

    Raises:
        NotFound: there is none within the actor's reach.
        Forbidden: the actor may not.
        Invalid: nothing was written.
    """
    if not actor.holds(HANDLE_REPORTS):
        raise Forbidden
    report = get_report(session, community_id, report_id, lock=True)
    if not may(actor, report, HANDLE_REPORTS):
        raise NotFound(_("没有找到这个满桶报告"))
    if report.handled_at is not None:
        return report
    if not answer.strip():
        raise Invalid.one("answer", _("必须填写"), _("例如：已清运，换了空桶"))
    report.handled_at, report.answer = now(), answer.strip()
    report.handled_by, report.handled_by_name = actor.account_id, actor.display_name
    session.flush()
    _note(session, "handle", report, after={"answer": report.answer, "voices": report.voices})
    tell_of_emptied(session, report, names_of_stations(session, [report.station_id]).get(report.station_id, ""))
    recheck_obligations(session, community_id)
    return report


def get_report(session: ScopedSession, community_id: UUID, report_id: UUID, *, lock: bool = False) -> FullReport:
    """One report of a community.

    Raises:
        NotFound: there is none there.
    """
    wanted = select(FullReport).where(FullReport.id == report_id, FullReport.community_id == community_id)
    wanted = wanted.execution_options(populate_existing=True)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound(_("没有找到这个满桶报告"))
    return found


def may(actor: Actor, report: FullReport, permission: str) -> bool:
    """Whether the actor holds a permission in the compound where it is."""
    return actor.can(permission, community_id=report.community_id, compound_id=report.compound_id)


#: The orders of the list; ids grow as reports are made.
ORDERS = {
    "created_at": Order(),
    "first_at": Order(FullReport.first_at, lambda row: row[0].first_at),
    "voices": Order(FullReport.voices, lambda row: row[0].voices),
}


def page_of_reports(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    wanted: ReportFilter,
    *,
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[Sequence[FullReport], str | None]:
    """A page of the reports within the actor's reach, in an order of ``ORDERS``, and the ``after`` of the next one."""
    statement = select(FullReport).where(
        FullReport.community_id == community_id, _within(reach_of(actor, READ_REPORTS))
    )
    if wanted.state:
        is_open = FullReport.handled_at.is_(None)
        statement = statement.where(is_open if wanted.state == "open" else ~is_open)
    if wanted.compound_id is not None:
        statement = statement.where(FullReport.compound_id == wanted.compound_id)
    if wanted.category:
        statement = statement.where(FullReport.category == wanted.category)
    return sorted_rows(session, statement, FullReport.id, ORDERS, sort, after=after, limit=limit)


def stations_of_reports(
    session: ScopedSession, actor: Actor, community_id: UUID, report_ids: Sequence[UUID]
) -> Mapping[UUID, str]:
    """Those of these reports that are within the actor's reach, by the name of their station."""
    rows = session.scalars(
        select(FullReport).where(
            FullReport.id.in_(report_ids),
            FullReport.community_id == community_id,
            _within(reach_of(actor, READ_REPORTS)),
        )
    ).all()
    names = names_of_stations(session, [row.station_id for row in rows])
    return {row.id: names.get(row.station_id, "—") for row in rows}


def own_reports(session: ScopedSession, actor: Actor, community_id: UUID) -> Sequence[FullReport]:
    """What the actor has reported, the newest first."""
    if actor.account_id is None:
        return []
    mine = select(FullReportVoice.full_report_id).where(FullReportVoice.account_id == actor.account_id)
    wanted = select(FullReport).where(FullReport.community_id == community_id, FullReport.id.in_(mine))
    return session.scalars(wanted.order_by(FullReport.id.desc()).limit(MOST_OWN)).all()


def voices_of(session: ScopedSession, report: FullReport) -> Sequence[FullReportVoice]:
    """What the newest of those who reported it wrote; the caller has judged who may read it."""
    wanted = select(FullReportVoice).where(FullReportVoice.full_report_id == report.id)
    return session.scalars(wanted.order_by(FullReportVoice.id.desc()).limit(MOST_CHANGES)).all()


def names_of_stations(session: ScopedSession, stations: Sequence[UUID]) -> Mapping[UUID, str]:
    """Station to its name; one query."""
    rows = session.execute(select(Station.id, Station.name).where(Station.id.in_(set(stations)))) if stations else ()
    return {row.id: row.name for row in rows}


def line_of(row: FullReport, station: str) -> ReportLine:
    """As the API lists it."""
    plain = {name: getattr(row, name) for name in ReportLine.__struct_fields__ if name != "station"}
    return ReportLine(**plain, station=station)


def _station(session: ScopedSession, actor: Actor, community_id: UUID, data: FullReportWrite) -> Station:
    compounds = {each.compound_id for each in homes_of(session, actor, community_id=community_id)}
    found = repository.find_station(session, community_id, data.station_id)
    if found is None or found.closed_at is not None or found.compound_id not in compounds:
        raise Invalid.one("station_id", _("没有找到这个投放点"), _("请选择您小区里的投放点"))
    held = {each.category for each in found.containers}
    if held and data.category not in held:
        raise Invalid.one("category", _("这个投放点没有这种桶"), _("请换一种垃圾或一个投放点"))
    return found


def _opened(session: ScopedSession, station: Station, category: str) -> tuple[UUID, bool]:
    """The open report of a station and a kind of waste, and whether it was opened just now."""
    made = session.scalar(
        insert(FullReport)
        .values(
            id=new_id(),
            community_id=station.community_id,
            station_id=station.id,
            compound_id=station.compound_id,
            category=category,
            first_at=now(),
            last_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(FullReport.id)
    )
    if made is not None:
        return made, True
    same = select(FullReport.id).where(
        FullReport.community_id == station.community_id,
        FullReport.station_id == station.id,
        FullReport.category == category,
        FullReport.handled_at.is_(None),
    )
    # Held until this ends: it is not handled, nor counted by another, in between.
    found = session.scalar(same.with_for_update())
    return (found, False) if found is not None else _opened(session, station, category)


def _within(reach: Reach) -> ColumnElement[bool]:
    if reach.everywhere:
        return true()
    here = FullReport.community_id.in_(reach.communities)
    return or_(false(), here, FullReport.compound_id.in_(reach.compounds))
