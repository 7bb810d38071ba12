"""The JSON API of inspections: the same as the portals can do."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Api,
    Download,
    Handler,
    Limit,
    Page,
    Place,
    ScopedSession,
    delete,
    get,
    page_of,
    post,
    put,
)
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.inspections import appeals, followup, repository, service
from linli_waste_sorting.inspections.letter import make_letter
from linli_waste_sorting.inspections.models import Finding
from linli_waste_sorting.inspections.own_routes import OWN_HANDLERS
from linli_waste_sorting.inspections.permissions import READ_CASES, READ_ROUNDS, SETTLE_CASES, WALK
from linli_waste_sorting.inspections.photos import FINDING
from linli_waste_sorting.inspections.repository import Wanted
from linli_waste_sorting.inspections.schemas import (
    AppealDecide,
    AppealOut,
    AppealState,
    CaseOut,
    CheckOut,
    CheckWrite,
    FindingCreate,
    FindingWrite,
    HouseholdStepOut,
    NotedState,
    PointOut,
    Result,
    ResultOut,
    RoundOut,
    RoundStart,
    ServiceCreate,
    StepCreate,
    Strike,
)
from linli_waste_sorting.photos import LARGEST_BODY, decoded, kept_photos, photos_out
from linli_waste_sorting.reach import compounds_of


@get("/inspections/rounds", needs=READ_ROUNDS)
def list_rounds(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    first: date | None = None,
    last: date | None = None,
    compound_id: UUID | None = None,
    community_id: UUID | None = None,
    sort: Literal["created_at", "-created_at", "day", "-day", "finished_at", "-finished_at"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[RoundOut]:
    """The rounds of the community, or of the street's communities, the newest first"""
    where = place.community.id if place.community else community_id
    within = compounds_of(actor, READ_ROUNDS, where)
    wanted = Wanted(first=first, last=last, compound_id=compound_id, compounds=within)
    rows, following = repository.page_of_rounds(session, where, wanted, sort=sort, after=after, limit=limit)
    return Page(items=[service.out_of(row) for row in rows], next=following)


@get("/inspections/rounds/{round_id:uuid}", needs=READ_ROUNDS)
def show_round(session: ScopedSession, actor: Actor, place: Place, round_id: UUID) -> RoundOut:
    """One round; what was noted on it is under points and findings"""
    where = place.community.id if place.community else None
    return service.out_of(service.get_round(session, actor, where, round_id))


@post("/inspections/rounds", needs=WALK)
def start_round(session: ScopedSession, actor: Actor, place: Place, data: RoundStart) -> RoundOut:
    """Begin a round through a compound, or go on with one's own that is not finished"""
    return service.out_of(service.start_round(session, actor, community_of(place), data.compound_id))


@put("/inspections/rounds/{round_id:uuid}/stations/{station_id:uuid}", needs=WALK, max_body=LARGEST_BODY)
def check_station(
    session: ScopedSession, actor: Actor, place: Place, round_id: UUID, station_id: UUID, data: CheckWrite
) -> CheckOut:
    """Note which points of the checklist a station meets; what this round noted of them before is replaced"""
    photos = {each.point: decoded(each.photos) for each in data.points if each.photos}
    rows = service.check_station(session, actor, community_of(place), round_id, station_id, data.points, photos)
    return CheckOut(points=[_point(row) for row in rows])


@post("/inspections/rounds/{round_id:uuid}/findings", needs=WALK, max_body=LARGEST_BODY)
def add_finding(session: ScopedSession, actor: Actor, place: Place, round_id: UUID, data: FindingCreate) -> ResultOut:
    """Note how a container or a bag is sorted"""
    plain = {name: getattr(data, name) for name in FindingWrite.__struct_fields__}
    photos = decoded(data.photos)
    row = service.add_finding(
        session, actor, community_of(place), round_id, data.station_id, FindingWrite(**plain), photos
    )
    return _findings(session, place, [row], is_known=True)[0]


@delete("/inspections/findings/{finding_id:uuid}", needs=WALK)
def drop_finding(session: ScopedSession, actor: Actor, place: Place, finding_id: UUID) -> None:
    """Take back a finding of a round that is still open"""
    service.drop_finding(session, actor, community_of(place), finding_id)


@post("/inspections/rounds/{round_id:uuid}/finish", needs=WALK, status=200)
def finish_round(session: ScopedSession, actor: Actor, place: Place, round_id: UUID) -> RoundOut:
    """Finish a round: what was noted counts from now on; a second call changes nothing"""
    return service.out_of(service.finish_round(session, actor, community_of(place), round_id))


@delete("/inspections/rounds/{round_id:uuid}", needs=WALK)
def discard_round(session: ScopedSession, actor: Actor, place: Place, round_id: UUID) -> None:
    """Throw away an open round with what was noted on it"""
    service.discard_round(session, actor, community_of(place), round_id)


@get("/inspections/findings", needs=READ_ROUNDS)
def list_findings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    first: date | None = None,
    last: date | None = None,
    compound_id: UUID | None = None,
    station_id: UUID | None = None,
    round_id: UUID | None = None,
    result: Result | None = None,
    state: NotedState = "counted",
    community_id: UUID | None = None,
    sort: Literal["created_at", "-created_at", "day", "-day", "result", "-result"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ResultOut]:
    """What was found on finished rounds, or with `round_id` on one round; which household it is about is not told"""
    where = place.community.id if place.community else community_id
    wanted = Wanted(
        first=first,
        last=last,
        compound_id=compound_id,
        station_id=station_id,
        round_id=round_id,
        result=result or "",
        state="" if state == "all" else state,
        compounds=compounds_of(actor, READ_ROUNDS, where),
    )
    rows, following = repository.page_of_findings(session, where, wanted, sort=sort, after=after, limit=limit)
    return Page(items=_findings(session, place, list(rows)), next=following)


@get("/inspections/points", needs=READ_ROUNDS)
def list_points(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    first: date | None = None,
    last: date | None = None,
    compound_id: UUID | None = None,
    station_id: UUID | None = None,
    round_id: UUID | None = None,
    is_met: Literal["true", "false"] | None = None,
    state: NotedState = "counted",
    community_id: UUID | None = None,
    sort: Literal["created_at", "-created_at", "day", "-day"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[PointOut]:
    """The points of the checklists of finished rounds, or with `round_id` of one round"""
    where = place.community.id if place.community else community_id
    wanted = Wanted(
        first=first,
        last=last,
        compound_id=compound_id,
        station_id=station_id,
        round_id=round_id,
        result="" if is_met is None else "met" if is_met == "true" else "missed",
        state="" if state == "all" else state,
        compounds=compounds_of(actor, READ_ROUNDS, where),
    )
    rows, following = repository.page_of_points(session, where, wanted, sort=sort, after=after, limit=limit)
    return Page(items=[_point(row) for row in rows], next=following)


@post("/inspections/findings/{finding_id:uuid}/strike", needs=WALK, status=200)
def strike_finding(session: ScopedSession, actor: Actor, place: Place, finding_id: UUID, data: Strike) -> ResultOut:
    """Strike out a finding of a finished round; it stays visible with the reason"""
    row = service.strike_finding(session, actor, community_of(place), finding_id, data.reason)
    return _findings(session, place, [row])[0]


@post("/inspections/points/{point_id:uuid}/strike", needs=WALK, status=200)
def strike_point(session: ScopedSession, actor: Actor, place: Place, point_id: UUID, data: Strike) -> PointOut:
    """Strike out a point of a checklist of a finished round"""
    return _point(service.strike_point(session, actor, community_of(place), point_id, data.reason))


@get("/inspections/cases", needs=READ_CASES)
def list_cases(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[CaseOut]:
    """The households for which a step is suggested, stands, or is objected to; those with a suggestion first"""
    found = followup.cases_of(session, actor, community_of(place))
    return page_of([_case(each) for each in found], after, limit, key=lambda each: str(each.dwelling_id))


@get("/inspections/cases/{dwelling_id:uuid}", needs=READ_CASES)
def show_case(session: ScopedSession, actor: Actor, place: Place, dwelling_id: UUID) -> CaseOut:
    """One household with what is suggested"""
    return _case(followup.get_case(session, actor, community_of(place), dwelling_id))


@post("/inspections/cases/{dwelling_id:uuid}/steps", needs=SETTLE_CASES)
def take_step(
    session: ScopedSession, actor: Actor, place: Place, dwelling_id: UUID, data: StepCreate
) -> HouseholdStepOut:
    """Note that the suggested step was done; the household is told"""
    return followup.step_out(followup.take_step(session, actor, community_of(place), dwelling_id, data))


@post("/inspections/cases/{dwelling_id:uuid}/service", needs=SETTLE_CASES)
def settle_by_service(
    session: ScopedSession, actor: Actor, place: Place, dwelling_id: UUID, data: ServiceCreate
) -> HouseholdStepOut:
    """Note that the household has served as volunteers for sorting: what was before is settled"""
    return followup.step_out(followup.settle_by_service(session, actor, community_of(place), dwelling_id, data))


@get("/inspections/steps", needs=READ_CASES)
def list_steps(
    session: ScopedSession, place: Place, after: UUID | None = None, limit: Limit = PAGE
) -> Page[HouseholdStepOut]:
    """What was done about households, the newest first; those taken back among them"""
    rows, following = followup.steps_of(session, community_of(place), after=after, limit=limit)
    return Page(items=[followup.step_out(row) for row in rows], next=str(following) if following else None)


@post("/inspections/steps/{step_id:uuid}/undo", needs=SETTLE_CASES, status=200)
def undo_step(session: ScopedSession, actor: Actor, place: Place, step_id: UUID, data: Strike) -> HouseholdStepOut:
    """Take back a step that was noted by mistake"""
    return followup.step_out(followup.undo_step(session, actor, community_of(place), step_id, data.reason))


@get("/inspections/steps/{step_id:uuid}/letter", needs=READ_CASES)
def fetch_letter(session: ScopedSession, place: Place, step_id: UUID) -> Download:
    """The written notice to a household as PDF"""
    return make_letter(session, followup.get_step(session, community_of(place), step_id))


@get("/inspections/appeals", needs=READ_CASES)
def list_appeals(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    state: AppealState | None = None,
    sort: Literal["filed_at", "-filed_at", "state", "-state"] = "-filed_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[AppealOut]:
    """The objections of households, the newest first"""
    rows, following = appeals.page_of_appeals(
        session, actor, community_of(place), state=state or "", sort=sort, after=after, limit=limit
    )
    return Page(items=[appeals.appeal_out(row) for row in rows], next=following)


@get("/inspections/appeals/{appeal_id:uuid}", needs=READ_CASES)
def show_appeal(session: ScopedSession, actor: Actor, place: Place, appeal_id: UUID) -> AppealOut:
    """One objection"""
    return appeals.appeal_out(appeals.get_appeal(session, actor, community_of(place), appeal_id))


@post("/inspections/appeals/{appeal_id:uuid}/decide", needs=SETTLE_CASES, status=200)
def decide_appeal(session: ScopedSession, actor: Actor, place: Place, appeal_id: UUID, data: AppealDecide) -> AppealOut:
    """Decide about an objection with a reason; where it is upheld the finding is struck out and steps fall"""
    return appeals.appeal_out(appeals.decide_appeal(session, actor, community_of(place), appeal_id, data))


def _point(row: Any) -> PointOut:
    return msgspec.convert(row, PointOut, from_attributes=True)


def _findings(session: ScopedSession, place: Place, rows: list[Finding], *, is_known: bool = False) -> list[ResultOut]:
    # Photos of a household's bag are for whoever took them, and for those who follow it up.
    told = [row.id for row in rows if is_known or row.dwelling_id is None]
    photos = kept_photos(session, FINDING, told)
    plain = [name for name in ResultOut.__struct_fields__ if name not in ("photos", "is_household")]
    return [
        ResultOut(
            **{name: getattr(row, name) for name in plain},
            is_household=row.dwelling_id is not None,
            photos=photos_out(place, photos.get(row.id, ())),
        )
        for row in rows
    ]


def _case(case: followup.Case) -> CaseOut:
    suggested, last = case.suggestion, case.last
    return CaseOut(
        dwelling_id=case.dwelling_id,
        compound_id=case.compound_id,
        door=case.door,
        suggested=suggested.kind if suggested else None,  # type: ignore[arg-type]
        counted=suggested.counted if suggested else 0,
        needed=suggested.needed if suggested else 0,
        last_step=last.kind if last else "",
        last_done_on=last.done_on if last else None,
    )


_COMMUNITY: tuple[Handler, ...] = (
    list_rounds,
    show_round,
    start_round,
    check_station,
    add_finding,
    drop_finding,
    finish_round,
    discard_round,
    list_findings,
    list_points,
    strike_finding,
    strike_point,
    list_cases,
    show_case,
    take_step,
    settle_by_service,
    list_steps,
    undo_step,
    fetch_letter,
    list_appeals,
    show_appeal,
    decide_appeal,
    *OWN_HANDLERS,
)
APIS = (Api("street", (list_rounds, show_round, list_findings, list_points)), Api("community", _COMMUNITY))
