"""Impact assessments in the street's console."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.privacy import assessments
from linli.privacy.choices import privacy_words
from linli.privacy.permissions import MANAGE, READ
from linli.privacy.portal.paging import after_id
from linli.privacy.schemas import AssessmentIn, AssessmentUpdate, LongText
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form, sent_version
from linli.web.forms import Form
from linli.web.results import Download, Redirect, View
from linli.web.routing import get, post
from linli.web.sheets import SheetFormat, sheet

#: An export holds the newest, at most so many.
_MOST = 5000

#: A new one is written in three steps: what for, what may happen, who judged it.
_STEPS = (("title", "purpose"), ("risks", "measures"), ("held_on", "assessors"))


class AssessmentForm(Struct, kw_only=True):
    """An assessment as far as it is written."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    purpose: LongText = ""
    risks: LongText = ""
    measures: LongText = ""
    held_on: date | None = None
    assessors: Annotated[str, Meta(max_length=500)] = ""


@get("/privacy/assessments", needs=READ)
def show_assessments(session: ScopedSession, q: str = "", state: str = "", after: str = "") -> View:
    """All assessments."""
    found, more = assessments.list_assessments(session, search=q, state=state, after=after_id(after))
    context = {
        "assessments": found,
        "next": str(more) if more else "",
        "is_filtered": bool(q or state),
        **privacy_words(),
    }
    return View("privacy/assessments.html", context, fragment="privacy/_assessments.html")


@get("/privacy/assessments/export", needs=READ)
def export_assessments(session: ScopedSession, q: str = "", state: str = "", file: SheetFormat = "csv") -> Download:
    """The assessments as a file, filtered as on the page."""
    found, _more = assessments.list_assessments(session, search=q, state=state, limit=_MOST)
    header = [_("标题"), _("状态"), _("评估日期"), _("评估人"), _("处理目的和必要性"), _("风险")]
    header += [_("保护措施"), _("完成时间")]
    states = privacy_words()["assessment_states"]
    rows = (
        [
            each.title,
            states.get(each.state, each.state),
            each.held_on,
            each.assessors,
            each.purpose,
            each.risks,
            each.measures,
            each.closed_at,
        ]
        for each in found
    )
    return sheet(_("个人信息保护影响评估"), header, rows, file)


@get("/privacy/assessments/new", needs=MANAGE)
def new_assessment() -> View:
    """An empty form."""
    return View("privacy/assessment.html", {"assessment": None, "meanwhile": [], **privacy_words()})


@post("/privacy/assessments", needs=MANAGE, retry=new_assessment, steps=_STEPS)
def create_assessment(session: ScopedSession, data: AssessmentForm) -> Redirect:
    """Begin an assessment."""
    made = assessments.create_assessment(session, AssessmentIn(**_fields(data)))
    return Redirect(f"/privacy/assessments/{made.id}", _("已保存"))


@get("/privacy/assessments/{impact_assessment_id:uuid}", needs=READ)
def show_assessment(session: ScopedSession, form: Form, impact_assessment_id: UUID) -> View:
    """One assessment; a form until it is closed."""
    found = assessments.get_assessment(session, impact_assessment_id)
    subject = ("impact_assessment", impact_assessment_id)
    meanwhile = changed_meanwhile(session, form, subject, found.version, {"title": _("标题")})
    return View("privacy/assessment.html", {"assessment": found, "meanwhile": meanwhile, **privacy_words()})


@post("/privacy/assessments/{impact_assessment_id:uuid}", needs=MANAGE, retry=show_assessment)
def save_assessment(session: ScopedSession, form: Form, impact_assessment_id: UUID, data: AssessmentForm) -> Redirect:
    """Change an open assessment."""
    wanted = AssessmentUpdate(version=sent_version(form), **_fields(data))
    with kept_in_form():
        assessments.update_assessment(session, impact_assessment_id, wanted)
    return Redirect(f"/privacy/assessments/{impact_assessment_id}", _("已保存"))


@post("/privacy/assessments/{impact_assessment_id:uuid}/close", needs=MANAGE, retry=show_assessment)
def close_assessment(session: ScopedSession, actor: Actor, form: Form, impact_assessment_id: UUID) -> Redirect:
    """End the writing."""
    with kept_in_form():
        assessments.close_assessment(session, actor, impact_assessment_id, sent_version(form))
    return Redirect(f"/privacy/assessments/{impact_assessment_id}", _("评估已完成，从今天起至少保存三年"))


def _fields(data: AssessmentForm) -> dict[str, Any]:
    return {name: getattr(data, name) for name in data.__struct_fields__}


pages = [
    show_assessments,
    export_assessments,
    new_assessment,
    create_assessment,
    show_assessment,
    save_assessment,
    close_assessment,
]
