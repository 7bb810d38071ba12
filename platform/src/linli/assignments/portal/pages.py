"""The street's tasks in a community's portal: the list, one of them, and reporting it as done."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from linli.assignments.models import Assignment
from linli.assignments.schemas import AssignmentFilter, ReportIn
from linli.assignments.service import READ, REPORT, find_assignment, list_assignments, report_done, state_of
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.web.results import Redirect, View
from linli.web.routing import get, post

#: State to title and tone; messages.
STATES = {
    "open": ("待办", "brand"),
    "overdue": ("逾期", "bad"),
    "done": ("已办结", "good"),
    "late": ("补办", "warn"),
    "withdrawn": ("街道已撤回", "calm"),
}


class ReportForm(Struct):
    """What was done, and on which day."""

    version: int
    report: Annotated[str, Meta(min_length=1, max_length=1000)]
    done_on: date | None = None


@get("/tasks", needs=READ)
def show_tasks(session: ScopedSession, actor: Actor, query: AssignmentFilter, after: UUID | None = None) -> View:
    """Tasks of this community, the newest first."""
    rows, following = list_assignments(session, actor, query, after=after)
    context: dict[str, Any] = {"tasks": [_line(row) for row in rows], "next": following}
    context["filters"] = {"open": _("待办"), "overdue": _("逾期"), "done": _("已办结"), "withdrawn": _("街道已撤回")}
    return View("assignments/list.html", context, fragment="assignments/_list.html")


@get("/tasks/{assignment_id:uuid}", needs=READ)
def show_task(session: ScopedSession, actor: Actor, assignment_id: UUID) -> View:
    """One task, and the form to report it."""
    row = find_assignment(session, actor, assignment_id)
    may_report = row.done_on is None and row.withdrawn_at is None and actor.can(REPORT, community_id=row.community_id)
    context = {"line": _line(row), "may_report": may_report, "today": today().isoformat()}
    return View("assignments/detail.html", context)


@post("/tasks/{assignment_id:uuid}/report", needs=REPORT, retry=show_task)
def report_task(session: ScopedSession, actor: Actor, assignment_id: UUID, data: ReportForm) -> Redirect:
    """Report it as done."""
    given = ReportIn(version=data.version, report=data.report, done_on=data.done_on)
    report_done(session, actor, assignment_id, given)
    return Redirect(f"/tasks/{assignment_id}", _("已报告办结，街道能看到"))


def _line(row: Assignment) -> dict[str, Any]:
    state = state_of(row)
    title, tone = STATES[state]
    return {"row": row, "state": state, "state_title": _(title), "tone": tone}


admin = [show_tasks, show_task, report_task]
