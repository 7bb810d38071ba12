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
from linli.privacy.schemas import AssessmentIn, AssessmentUpdate, LongText
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form, sent_version
from linli.web.forms import Form
from linli.web.results import Download, Redirect, View
from linli.web.routing import get, post
from linli.web.sheets import SheetFormat
from linli.web.tables import DataTable, SheetColumns, TableColumn, TableState, table_pages, table_sheet

#: An export holds the newest, at most so many.
_MOST = 5000

#: A new one is written in three steps: what for, what may happen, who judged it.
_STEPS = (("title", "purpose"), ("risks", "measures"), ("held_on", "assessors"))


ASSESSMENTS = DataTable(
    name="assessments",
    columns=(
        TableColumn("title", "标题", is_fixed=True),
        TableColumn("state", "状态"),
        TableColumn("held_on", "评估日期", sort="held_on", falls=True),
        TableColumn("assessors", "评估人"),
        TableColumn("purpose", "处理目的和必要性", is_shown=False),
        TableColumn("risks", "风险", is_shown=False),
        TableColumn("measures", "保护措施", is_shown=False),
        TableColumn("created_at", "建立时间", sort="created_at", falls=True, is_shown=False),
        TableColumn("closed_at", "完成时间", is_shown=False),
    ),
    sort="-created_at",
    filters=("q", "state"),
)


class AssessmentForm(Struct, kw_only=True):
    """An assessment as far as it is written."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    purpose: LongText = ""
    risks: LongText = ""
    measures: LongText = ""
    held_on: date | None = None
    assessors: Annotated[str, Meta(max_length=500)] = ""


@get("/privacy/assessments", needs=READ, table=ASSESSMENTS)
def show_assessments(session: ScopedSession, table: TableState, q: str = "", state: str = "", after: str = "") -> View:
    """All assessments."""
    found, more = assessments.list_assessments(session, search=q, state=state, sort=table.sort, after=after)
    context = {
        "assessments": found,
        "next": more,
        "is_filtered": bool(q or state),
        **privacy_words(),
    }
    return View("privacy/assessments.html", context, fragment="privacy/_assessments.html")


@get("/privacy/assessments/export", needs=READ, table=ASSESSMENTS)
def export_assessments(
    session: ScopedSession,
    table: TableState,
    q: str = "",
    state: str = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "csv",
) -> Download:
    """The assessments as a file, filtered and in the order of the page."""
    found, _more = assessments.list_assessments(session, search=q, state=state, sort=table.sort, limit=_MOST)
    states = privacy_words()["assessment_states"]
    names = [each.name for each in table.columns]
    rows = ({name: getattr(each, name) for name in names} | {"state": states.get(each.state)} for each in found)
    return table_sheet(_("个人信息保护影响评估"), table, rows, file, columns)


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
    *table_pages(show_assessments),
    export_assessments,
    new_assessment,
    create_assessment,
    show_assessment,
    save_assessment,
    close_assessment,
]
