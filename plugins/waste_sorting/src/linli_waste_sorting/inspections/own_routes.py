"""The JSON API of inspections for a household: what concerns itself, and its objections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import PAGE, Actor, After, Download, Handler, Limit, Page, Place, ScopedSession, get, page_of, post
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.inspections import appeals, own
from linli_waste_sorting.inspections.letter import make_letter
from linli_waste_sorting.inspections.permissions import VIEW_OWN
from linli_waste_sorting.inspections.schemas import AppealCreate, AppealOut, OwnFinding, OwnStep
from linli_waste_sorting.inspections.words import ADVICE


@get("/inspections/mine/findings", needs=VIEW_OWN)
def list_own_findings(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[OwnFinding]:
    """What was found in the bags of one's own household since one lives there, with how to do it right"""
    lines = own.own_findings(session, actor, community_of(place))
    return page_of([_own_finding(each) for each in lines], after, limit, key=lambda each: str(each.id))


@get("/inspections/mine/steps", needs=VIEW_OWN)
def list_own_steps(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[OwnStep]:
    """What was done about one's own household since one lives there"""
    lines = own.own_steps(session, actor, community_of(place))
    return page_of([_own_step(each) for each in lines], after, limit, key=lambda each: str(each.id))


@post("/inspections/mine/findings/{finding_id:uuid}/appeal", needs=VIEW_OWN)
def appeal_finding(
    session: ScopedSession, actor: Actor, place: Place, finding_id: UUID, data: AppealCreate
) -> AppealOut:
    """Object to what was found in one's own household's bag"""
    return appeals.appeal_out(appeals.appeal_finding(session, actor, community_of(place), finding_id, data))


@post("/inspections/mine/steps/{step_id:uuid}/appeal", needs=VIEW_OWN)
def appeal_step(session: ScopedSession, actor: Actor, place: Place, step_id: UUID, data: AppealCreate) -> AppealOut:
    """Object to what was done about one's own household"""
    return appeals.appeal_out(appeals.appeal_step(session, actor, community_of(place), step_id, data))


@get("/inspections/mine/steps/{step_id:uuid}/letter", needs=VIEW_OWN)
def fetch_own_letter(session: ScopedSession, actor: Actor, place: Place, step_id: UUID) -> Download:
    """The written notice to one's own household as PDF"""
    row: Any = own.own_step(session, actor, community_of(place), step_id).row
    return make_letter(session, row)


def _own_finding(line: own.OwnLine) -> OwnFinding:
    row: Any = line.row
    return OwnFinding(
        id=row.id,
        day=row.day,
        category=row.category,
        result=row.result,
        is_guided=row.is_guided,
        note=row.note,
        advice=_(ADVICE[row.category]),
        struck_reason=row.struck_reason,
        may_appeal=line.may_appeal,
        appeal_state=line.appeal.state if line.appeal else "",
    )


def _own_step(line: own.OwnLine) -> OwnStep:
    row: Any = line.row
    return OwnStep(
        id=row.id,
        kind=row.kind,
        done_on=row.done_on,
        reference=row.reference,
        taken_back_reason=row.taken_back_reason,
        may_appeal=line.may_appeal,
        appeal_state=line.appeal.state if line.appeal else "",
    )


OWN_HANDLERS: tuple[Handler, ...] = (
    list_own_findings,
    list_own_steps,
    appeal_finding,
    appeal_step,
    fetch_own_letter,
)
