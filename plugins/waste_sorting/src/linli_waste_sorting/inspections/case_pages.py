"""The pages of those who follow up households: who needs what, the letter, and objections. Nobody else gets here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.sdk import (
    Actor,
    Download,
    Handler,
    Invalid,
    Place,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    door_labels,
    every_row,
    get,
    post,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.inspections import appeals, followup, repository
from linli_waste_sorting.inspections.files import appeal_rows, more_of_appeals
from linli_waste_sorting.inspections.letter import make_letter
from linli_waste_sorting.inspections.models import APPEAL_STATES as KNOWN_STATES
from linli_waste_sorting.inspections.models import Appeal, Finding
from linli_waste_sorting.inspections.permissions import READ_CASES, SETTLE_CASES
from linli_waste_sorting.inspections.photos import FINDING
from linli_waste_sorting.inspections.round_pages import StrikeForm
from linli_waste_sorting.inspections.schemas import AppealDecide, ServiceCreate, StepCreate
from linli_waste_sorting.inspections.words import APPEAL_STATES, CAUSES, RESULTS, STEPS, titles
from linli_waste_sorting.listing import APPEALS
from linli_waste_sorting.photos import kept_photos
from linli_waste_sorting.words import category_titles, compound_names

_ROOT = "/waste_sorting/inspections"


@get("/inspections/cases", needs=READ_CASES)
def list_cases(session: ScopedSession, actor: Actor, place: Place) -> View:
    """The households for which something is suggested, stands or is objected to."""
    return View(
        "waste_sorting/inspections_cases.html",
        {
            "cases": followup.cases_of(session, actor, community_of(place)),
            "compounds": compound_names(session, community_of(place)),
            "steps": titles(STEPS),
            "waiting": appeals.count_open(session, community_of(place)),
        },
    )


@get("/inspections/cases/{dwelling_id:uuid}", needs=READ_CASES)
def show_case(session: ScopedSession, actor: Actor, place: Place, dwelling_id: UUID) -> View:
    """One household: what was found since it lives there, what was done, and what is suggested."""
    case = followup.get_case(session, actor, community_of(place), dwelling_id)
    findings = _findings(session, case)
    return View(
        "waste_sorting/inspections_case.html",
        {
            "case": case,
            "compound": compound_names(session, community_of(place)).get(str(case.compound_id), ""),
            "findings": findings,
            "photos": kept_photos(session, FINDING, [each.id for each in findings]),
            "appeals": session.scalars(
                select(Appeal).where(Appeal.dwelling_id == dwelling_id).order_by(Appeal.id.desc()).limit(50)
            ).all(),
            "names": repository.station_names(session, {each.station_id for each in findings}),
            "today": today().isoformat(),
            "may_settle": actor.can(SETTLE_CASES, community_id=community_of(place)),
            **_words(session),
        },
    )


@post("/inspections/cases/{dwelling_id:uuid}/steps", needs=SETTLE_CASES, retry=show_case)
def take_step(session: ScopedSession, actor: Actor, place: Place, dwelling_id: UUID, data: StepCreate) -> Redirect:
    """Note that the suggested step was done."""
    followup.take_step(session, actor, community_of(place), dwelling_id, data)
    return Redirect(f"{_ROOT}/cases/{dwelling_id}", _("已登记，并告知这一户"))


@get("/inspections/cases/{dwelling_id:uuid}/service", needs=SETTLE_CASES)
def new_service(session: ScopedSession, actor: Actor, place: Place, dwelling_id: UUID) -> View:
    """The form for a household that has served as volunteers."""
    case = followup.get_case(session, actor, community_of(place), dwelling_id)
    return View("waste_sorting/inspections_service.html", {"case": case, "today": today().isoformat()})


@post("/inspections/cases/{dwelling_id:uuid}/service", needs=SETTLE_CASES, retry=new_service)
def settle_by_service(
    session: ScopedSession, actor: Actor, place: Place, dwelling_id: UUID, data: ServiceCreate
) -> Redirect:
    """Note that the household has served as volunteers."""
    followup.settle_by_service(session, actor, community_of(place), dwelling_id, data)
    return Redirect(f"{_ROOT}/cases/{dwelling_id}", _("已登记，以前的结果不再累计"))


@post("/inspections/steps/{step_id:uuid}/undo", needs=SETTLE_CASES)
def undo_step(session: ScopedSession, actor: Actor, place: Place, step_id: UUID, data: StrikeForm) -> Redirect:
    """Take back a step that was noted by mistake."""
    row = followup.undo_step(session, actor, community_of(place), step_id, data.reason)
    return Redirect(f"{_ROOT}/cases/{row.dwelling_id}", _("已撤销，记录和理由都保留"))


@get("/inspections/steps/{step_id:uuid}/letter", needs=READ_CASES)
def fetch_letter(session: ScopedSession, place: Place, step_id: UUID) -> Download:
    """The written notice to print."""
    return make_letter(session, followup.get_step(session, community_of(place), step_id))


@get("/inspections/appeals", needs=READ_CASES, table=APPEALS)
def list_appeals(
    session: ScopedSession, actor: Actor, place: Place, table: TableState, state: Chosen = "", after: str = ""
) -> View:
    """The objections, the newest first."""
    rows, following = appeals.page_of_appeals(
        session, actor, community_of(place), state=_known(state), sort=table.sort, after=after
    )
    return View(
        "waste_sorting/inspections_appeals.html",
        {
            "rows": rows,
            "doors": door_labels(session, [each.dwelling_id for each in rows]),
            "compounds": compound_names(session, community_of(place)),
            "next": following,
            "states": titles(APPEAL_STATES),
            "is_filtered": bool(state),
        },
        fragment="waste_sorting/_inspections_appeals.html",
    )


@get("/inspections/appeals/export", needs=READ_CASES, table=APPEALS)
def export_appeals(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    state: Chosen = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; with all columns also what was answered."""
    community_id, asked = community_of(place), _known(state)
    rows = every_row(
        lambda after, limit: appeals.page_of_appeals(
            session, actor, community_id, state=asked, sort=table.sort, after=after, limit=limit
        )
    )
    cells = appeal_rows(session, community_id, rows)
    return table_sheet(_("申诉"), table, cells, file, columns, more=more_of_appeals())


@get("/inspections/appeals/{appeal_id:uuid}", needs=READ_CASES)
def show_appeal(session: ScopedSession, actor: Actor, place: Place, appeal_id: UUID) -> View:
    """One objection with what it is about."""
    row = appeals.get_appeal(session, actor, community_of(place), appeal_id)
    step = followup.get_step(session, row.community_id, row.step_id) if row.step_id else None
    findings = appeals.findings_of(session, row)
    may_settle = actor.can(SETTLE_CASES, community_id=row.community_id)
    return View(
        "waste_sorting/inspections_appeal.html",
        {
            "row": row,
            "door": door_labels(session, [row.dwelling_id]).get(row.dwelling_id, ""),
            "step": step,
            "findings": findings,
            "photos": kept_photos(session, FINDING, [each.id for each in findings]),
            "names": repository.station_names(session, {each.station_id for each in findings}),
            "walkers": repository.inspectors(session, {each.round_id for each in findings}),
            "may_settle": may_settle,
            "why_not": appeals.why_not(session, actor, row) if may_settle and row.state == "open" else "",
            **_words(session),
        },
    )


@post("/inspections/appeals/{appeal_id:uuid}/decide", needs=SETTLE_CASES, retry=show_appeal)
def decide_appeal(session: ScopedSession, actor: Actor, place: Place, appeal_id: UUID, data: AppealDecide) -> Redirect:
    """Decide about an objection."""
    appeals.decide_appeal(session, actor, community_of(place), appeal_id, data)
    return Redirect(f"{_ROOT}/appeals/{appeal_id}", _("已答复，并告知这一户"))


def _known(state: str) -> str:
    if state and state not in KNOWN_STATES:
        raise Invalid.one("state", _("没有这种状态"), "、".join(KNOWN_STATES))
    return state


def _findings(session: ScopedSession, case: followup.Case) -> list[Finding]:
    mine = select(Finding).where(Finding.dwelling_id == case.dwelling_id, Finding.is_final)
    if case.since is not None:
        mine = mine.where(Finding.day >= case.since)
    return list(session.scalars(mine.order_by(Finding.id.desc()).limit(repository.MOST_SHOWN)))


def _words(session: ScopedSession) -> dict[str, Any]:
    return {
        "categories": category_titles(session),
        "results": titles(RESULTS),
        "steps": titles(STEPS),
        "states": titles(APPEAL_STATES),
        "causes": titles(CAUSES),
        "tones": {"correct": "good", "wrong": "warn", "contaminated": "bad"},
    }


HANDLERS: tuple[Handler, ...] = (
    list_cases,
    show_case,
    take_step,
    new_service,
    settle_by_service,
    undo_step,
    fetch_letter,
    list_appeals,
    *table_pages(list_appeals),
    export_appeals,
    show_appeal,
    decide_appeal,
)
