"""The pages of a round, for a phone: begun, station after station, finished; and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    Download,
    FieldError,
    Form,
    Handler,
    Invalid,
    NotFound,
    Photo,
    Place,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    community_outline,
    every_row,
    get,
    photos_of,
    post,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.inspections import repository, service
from linli_waste_sorting.inspections.asked import Day, Name, wanted_of
from linli_waste_sorting.inspections.duties import percent
from linli_waste_sorting.inspections.files import more_of_rounds, round_rows
from linli_waste_sorting.inspections.models import Finding, Point, Round
from linli_waste_sorting.inspections.permissions import READ_CASES, READ_ROUNDS, WALK
from linli_waste_sorting.inspections.photos import FINDING, POINT
from linli_waste_sorting.inspections.schemas import FindingWrite, PointIn, Reason
from linli_waste_sorting.inspections.words import MOST_POINTS, RESULTS, SUBJECTS, point_title, points_of, titles
from linli_waste_sorting.listing import ROUNDS
from linli_waste_sorting.photos import LARGEST_FORM, kept_photos
from linli_waste_sorting.reach import compounds_of, names_within
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.repository import stations_in
from linli_waste_sorting.stations.service import get_station
from linli_waste_sorting.words import category_titles, compound_names

#: Stations of one compound.
_MOST_STATIONS = 100


class StartForm(msgspec.Struct, kw_only=True):
    """Where a round goes."""

    compound_id: UUID


class StrikeForm(msgspec.Struct, kw_only=True):
    """Why something does not hold."""

    reason: Reason


@get("/inspections", needs=READ_ROUNDS, table=ROUNDS)
def list_rounds(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    first: Day = "",
    last: Day = "",
    compound: Chosen = "",
    inspector: Name = "",
    after: str = "",
) -> View:
    """The rounds of the community, those begun and not finished on top."""
    community_id = community_of(place)
    within = compounds_of(actor, READ_ROUNDS, community_id)
    wanted = wanted_of(first=first, last=last, compound=compound, inspector=inspector, compounds=within)
    rows, following = repository.page_of_rounds(session, community_id, wanted, sort=table.sort, after=after)
    begun = [each for each in repository.open_rounds(session, community_id) if service.may_walk(actor, each)]
    right, of = _sum(repository.accuracy(session, today().replace(day=1), today(), community_id=community_id))
    return View(
        "waste_sorting/inspections_rounds.html",
        {
            "rows": rows,
            "begun": begun,
            "next": following,
            "compounds": compound_names(session, community_of(place)),
            "accuracy": percent(right, of) if of else None,
            "is_filtered": bool(first or last or compound or inspector.strip()),
            "may_walk": actor.holds(WALK),
            "may_settle": actor.can(READ_CASES, community_id=community_id),
        },
        fragment="waste_sorting/_inspections_rounds.html",
    )


@get("/inspections/export", needs=READ_ROUNDS, table=ROUNDS)
def export_rounds(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    first: Day = "",
    last: Day = "",
    compound: Chosen = "",
    inspector: Name = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page."""
    community_id = community_of(place)
    within = compounds_of(actor, READ_ROUNDS, community_id)
    wanted = wanted_of(first=first, last=last, compound=compound, inspector=inspector, compounds=within)
    rows = every_row(
        lambda after, limit: repository.page_of_rounds(
            session, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    cells = round_rows(session, community_id, rows)
    return table_sheet(_("分类巡查记录"), table, cells, file, columns, more=more_of_rounds())


@get("/inspections/new", needs=WALK)
def new_round(session: ScopedSession, actor: Actor, place: Place) -> View:
    """Where the round shall go."""
    community_id = community_of(place)
    shown = names_within(compound_names(session, community_id), compounds_of(actor, WALK, community_id))
    return View("waste_sorting/inspections_new.html", {"compounds": shown, "only": next(iter(shown), "")})


@post("/inspections/new", needs=WALK, retry=new_round)
def start_round(session: ScopedSession, actor: Actor, place: Place, data: StartForm) -> Redirect:
    """Begin it, or go on with one's own that is not finished."""
    row = service.start_round(session, actor, community_of(place), data.compound_id)
    return Redirect(f"/waste_sorting/inspections/{row.id}", _("开始巡查：一个站一个站地看"))


@get("/inspections/{round_id:uuid}", needs=READ_ROUNDS)
def show_round(session: ScopedSession, actor: Actor, place: Place, round_id: UUID) -> View:
    """A round: its stations while it is walked, what was noted afterwards."""
    row = service.get_round(session, actor, community_of(place), round_id)
    points, findings = repository.noted_on(session, Point, row.id), repository.noted_on(session, Finding, row.id)
    stations = stations_in(session, [row.compound_id], most=_MOST_STATIONS)
    names = {each.id: each.name for each in stations}
    strays = {each.station_id for each in (*points, *findings)} - set(names)
    names |= repository.station_names(session, strays)
    return View(
        "waste_sorting/inspections_round.html",
        {
            "row": row,
            "compound": compound_names(session, community_of(place)).get(str(row.compound_id), ""),
            "stations": [_progress(each, points, findings) for each in stations],
            "points": [{"row": each, "title": point_title(each.point)} for each in points],
            "findings": findings,
            "photos": _photos(session, points, findings),
            "names": names,
            "may_walk": service.may_walk(actor, row),
            "may_strike": service.may_strike(actor, row),
            **_words(session),
        },
    )


@get("/inspections/{round_id:uuid}/stations/{station_id:uuid}", needs=WALK)
def show_round_station(session: ScopedSession, actor: Actor, place: Place, round_id: UUID, station_id: UUID) -> View:
    """The checklist of one station, to fill in."""
    row, station = _at(session, actor, place, round_id, station_id)
    held = {each.point: each for each in repository.noted_on(session, Point, row.id) if each.station_id == station.id}
    stations = list(stations_in(session, [row.compound_id], most=_MOST_STATIONS))
    points = [
        {"n": n, "title": point_title(point), "row": held.get(point)}
        for n, point in enumerate(points_of(session, row.compound_id))
    ]
    return View(
        "waste_sorting/inspections_station.html",
        {
            "row": row,
            "station": station,
            "points": points,
            "photos": kept_photos(session, POINT, [each.id for each in held.values()]),
            "following": _following(stations, station),
            "may_walk": service.may_walk(actor, row),
        },
    )


@post(
    "/inspections/{round_id:uuid}/stations/{station_id:uuid}",
    needs=WALK,
    retry=show_round_station,
    max_body=LARGEST_FORM * 2,
)
def check_station(
    session: ScopedSession, actor: Actor, place: Place, round_id: UUID, station_id: UUID, form: Form
) -> Redirect:
    """Note which points are met, and go on to what lies in the containers."""
    row = service.get_round(session, actor, community_of(place), round_id)
    points, photos = _checklist(form, points_of(session, row.compound_id))
    service.check_station(session, actor, community_of(place), round_id, station_id, points, photos)
    return Redirect(f"/waste_sorting/inspections/{round_id}/stations/{station_id}/findings", _("检查项已保存"))


@get("/inspections/{round_id:uuid}/stations/{station_id:uuid}/findings", needs=WALK)
def new_finding(session: ScopedSession, actor: Actor, place: Place, round_id: UUID, station_id: UUID) -> View:
    """The form for the next container or bag, and those noted at this station so far."""
    row, station = _at(session, actor, place, round_id, station_id)
    findings = [each for each in repository.noted_on(session, Finding, row.id) if each.station_id == station.id]
    outline = community_outline(session, community_of(place))
    buildings = next((each.buildings for each in outline if each.id == row.compound_id), ())
    stations = list(stations_in(session, [row.compound_id], most=_MOST_STATIONS))
    return View(
        "waste_sorting/inspections_finding.html",
        {
            "row": row,
            "station": station,
            "findings": findings,
            "photos": kept_photos(session, FINDING, [each.id for each in findings]),
            "buildings": {str(each.id): each.name for each in buildings},
            "following": _following(stations, station),
            "may_walk": service.may_walk(actor, row),
            **_words(session),
        },
    )


@post(
    "/inspections/{round_id:uuid}/stations/{station_id:uuid}/findings",
    needs=WALK,
    retry=new_finding,
    max_body=LARGEST_FORM,
)
def add_finding(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    round_id: UUID,
    station_id: UUID,
    form: Form,
    data: FindingWrite,
) -> Redirect:
    """Note how a container or a bag is sorted."""
    photos = photos_of(form, "photos")
    service.add_finding(session, actor, community_of(place), round_id, station_id, data, photos)
    here = f"/waste_sorting/inspections/{round_id}/stations/{station_id}/findings"
    return Redirect(here, _("已记下，可以接着记下一袋"))


@post("/inspections/findings/{finding_id:uuid}/drop", needs=WALK)
def drop_finding(session: ScopedSession, actor: Actor, place: Place, finding_id: UUID) -> Redirect:
    """Take back a finding of an open round."""
    row = service.drop_finding(session, actor, community_of(place), finding_id)
    return Redirect(f"/waste_sorting/inspections/{row.round_id}/stations/{row.station_id}/findings", _("已去掉"))


@post("/inspections/{round_id:uuid}/finish", needs=WALK, retry=show_round)
def finish_round(session: ScopedSession, actor: Actor, place: Place, round_id: UUID) -> Redirect:
    """Finish a round."""
    service.finish_round(session, actor, community_of(place), round_id)
    return Redirect(f"/waste_sorting/inspections/{round_id}", _("巡查已结束，结果已计入统计"))


@post("/inspections/{round_id:uuid}/discard", needs=WALK)
def discard_round(session: ScopedSession, actor: Actor, place: Place, round_id: UUID) -> Redirect:
    """Throw away an open round."""
    service.discard_round(session, actor, community_of(place), round_id)
    return Redirect("/waste_sorting/inspections", _("这次巡查已取消"))


@post("/inspections/findings/{finding_id:uuid}/strike", needs=WALK)
def strike_finding(session: ScopedSession, actor: Actor, place: Place, finding_id: UUID, data: StrikeForm) -> Redirect:
    """Strike out a finding of a finished round."""
    row = service.strike_finding(session, actor, community_of(place), finding_id, data.reason)
    return Redirect(f"/waste_sorting/inspections/{row.round_id}", _("已划去，记录和理由都保留"))


@post("/inspections/points/{point_id:uuid}/strike", needs=WALK)
def strike_point(session: ScopedSession, actor: Actor, place: Place, point_id: UUID, data: StrikeForm) -> Redirect:
    """Strike out a point of a checklist."""
    row = service.strike_point(session, actor, community_of(place), point_id, data.reason)
    return Redirect(f"/waste_sorting/inspections/{row.round_id}", _("已划去，记录和理由都保留"))


def _at(session: ScopedSession, actor: Actor, place: Place, round_id: UUID, station_id: UUID) -> tuple[Round, Station]:
    row = service.get_round(session, actor, community_of(place), round_id)
    station = get_station(session, community_of(place), station_id)
    if station.compound_id != row.compound_id:
        raise NotFound(_("没有找到这个投放点"))
    return row, station


def _checklist(form: Form, points: Sequence[str]) -> tuple[list[PointIn], dict[str, list[Photo]]]:
    """What was ticked; points without an answer are left out."""
    found, photos = [], {}
    faults = []
    for n, point in enumerate(points[:MOST_POINTS]):
        answer, note = form.value(f"met_{n}"), form.value(f"note_{n}").strip()
        if answer not in ("", "1", "0"):
            faults.append(FieldError(f"met_{n}", _("请选“是”或“否”")))
        if len(note) > 300:
            faults.append(FieldError(f"note_{n}", _("太长"), _("最多 {n} 个字").format(n=300)))
        if answer in ("1", "0"):
            found.append(PointIn(point=point, is_met=answer == "1", note=note))
            photos[point] = photos_of(form, f"photo_{n}", most=1)
    if not found and not faults:
        faults.append(FieldError("met_0", _("还没有选一项")))
    if faults:
        raise Invalid(errors=faults)
    return found, photos


def _progress(station: Station, points: Sequence[Point], findings: Sequence[Finding]) -> dict[str, Any]:
    here = [each for each in points if each.station_id == station.id]
    return {
        "station": station,
        "checked": len(here),
        "missed": sum(not each.is_met for each in here),
        "found": sum(each.station_id == station.id for each in findings),
    }


def _photos(session: ScopedSession, points: Sequence[Point], findings: Sequence[Finding]) -> dict[UUID, Any]:
    # The photo of a household's bag is not shown to other inspectors.
    shown = [each.id for each in findings if each.dwelling_id is None]
    return kept_photos(session, FINDING, shown) | kept_photos(session, POINT, [each.id for each in points])


def _following(stations: Sequence[Station], station: Station) -> Station | None:
    ids = [each.id for each in stations]
    at = ids.index(station.id) + 1 if station.id in ids else len(ids)
    return stations[at] if at < len(stations) else None


def _words(session: ScopedSession) -> dict[str, Any]:
    return {
        "categories": category_titles(session),
        "subjects": titles(SUBJECTS),
        "results": titles(RESULTS),
        "tones": {"correct": "good", "wrong": "warn", "contaminated": "bad"},
    }


def _sum(pairs: dict[UUID, tuple[int, int]]) -> tuple[int, int]:
    return sum(each[0] for each in pairs.values()), sum(each[1] for each in pairs.values())


HANDLERS: tuple[Handler, ...] = (
    list_rounds,
    *table_pages(list_rounds),
    export_rounds,
    new_round,
    start_round,
    show_round,
    show_round_station,
    check_station,
    new_finding,
    add_finding,
    drop_finding,
    finish_round,
    discard_round,
    strike_finding,
    strike_point,
)
