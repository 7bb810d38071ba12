"""The private page of a household: what was found, how to do it right, what followed, and how to object."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import Actor, Download, Handler, NotFound, Pages, Place, Redirect, ScopedSession, View, get, post
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.inspections import appeals, own
from linli_waste_sorting.inspections.letter import make_letter
from linli_waste_sorting.inspections.models import Step
from linli_waste_sorting.inspections.permissions import VIEW_OWN
from linli_waste_sorting.inspections.photos import FINDING
from linli_waste_sorting.inspections.schemas import AppealCreate
from linli_waste_sorting.inspections.words import ADVICE, APPEAL_STATES, RESULTS, STEPS, titles
from linli_waste_sorting.photos import kept_photos
from linli_waste_sorting.words import category_titles

_HERE = "/waste_sorting/inspections"


@get("/inspections", needs=VIEW_OWN)
def show_own(session: ScopedSession, actor: Actor, place: Place) -> View:
    """What concerns one's own household."""
    findings = own.own_findings(session, actor, community_of(place))
    wrong = {each.row.category for each in findings if each.row.result != "correct" and each.row.struck_at is None}  # type: ignore[union-attr]
    return View(
        "waste_sorting/inspections_own.html",
        {
            "findings": findings,
            "steps": own.own_steps(session, actor, community_of(place)),
            "photos": kept_photos(session, FINDING, [each.row.id for each in findings]),
            "advice": [(key, _(text)) for key, text in ADVICE.items() if key in wrong],
            **_words(session),
        },
    )


@get("/inspections/findings/{finding_id:uuid}/appeal", needs=VIEW_OWN)
def new_finding_appeal(session: ScopedSession, actor: Actor, place: Place, finding_id: UUID) -> View:
    """The form to object to what was found."""
    line = own.own_finding(session, actor, community_of(place), finding_id)
    return View("waste_sorting/inspections_own_appeal.html", {"line": line, "is_step": False, **_words(session)})


@post("/inspections/findings/{finding_id:uuid}/appeal", needs=VIEW_OWN, retry=new_finding_appeal)
def appeal_finding(
    session: ScopedSession, actor: Actor, place: Place, finding_id: UUID, data: AppealCreate
) -> Redirect:
    """Object to what was found."""
    appeals.appeal_finding(session, actor, community_of(place), finding_id, data)
    return Redirect(_HERE, _("申诉已提出，答复后会通知您"))


@get("/inspections/steps/{step_id:uuid}/appeal", needs=VIEW_OWN)
def new_step_appeal(session: ScopedSession, actor: Actor, place: Place, step_id: UUID) -> View:
    """The form to object to what was done."""
    line = own.own_step(session, actor, community_of(place), step_id)
    return View("waste_sorting/inspections_own_appeal.html", {"line": line, "is_step": True, **_words(session)})


@post("/inspections/steps/{step_id:uuid}/appeal", needs=VIEW_OWN, retry=new_step_appeal)
def appeal_step(session: ScopedSession, actor: Actor, place: Place, step_id: UUID, data: AppealCreate) -> Redirect:
    """Object to what was done."""
    appeals.appeal_step(session, actor, community_of(place), step_id, data)
    return Redirect(_HERE, _("申诉已提出，答复后会通知您"))


@get("/inspections/steps/{step_id:uuid}/letter", needs=VIEW_OWN)
def fetch_own_letter(session: ScopedSession, actor: Actor, place: Place, step_id: UUID) -> Download:
    """The written notice to one's own household."""
    row = own.own_step(session, actor, community_of(place), step_id).row
    if not isinstance(row, Step):
        raise NotFound
    return make_letter(session, row)


def _words(session: ScopedSession) -> dict[str, Any]:
    return {
        "categories": category_titles(session),
        "results": titles(RESULTS),
        "step_titles": titles(STEPS),
        "states": titles(APPEAL_STATES),
        "tones": {"correct": "good", "wrong": "warn", "contaminated": "bad"},
    }


_HANDLERS: tuple[Handler, ...] = (
    show_own,
    new_finding_appeal,
    appeal_finding,
    new_step_appeal,
    appeal_step,
    fetch_own_letter,
)
PAGES = (Pages("resident", _HANDLERS),)
