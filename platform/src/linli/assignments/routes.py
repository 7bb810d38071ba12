"""A street's tasks in the API of a community."""

from __future__ import annotations

from uuid import UUID

from linli.assignments.models import Assignment
from linli.assignments.schemas import AssignmentFilter, AssignmentOut, ReportIn
from linli.assignments.service import READ, REPORT, find_assignment, list_assignments, report_done, state_of
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, Limit
from linli.web.results import Page
from linli.web.routing import get, post


@get("/tasks", needs=READ, tags=["obligations"])
def list_tasks(
    session: ScopedSession, actor: Actor, query: AssignmentFilter, after: UUID | None = None, limit: Limit = PAGE
) -> Page[AssignmentOut]:
    """Tasks that the street gave the community, the newest first"""
    rows, following = list_assignments(session, actor, query, after=after, limit=limit)
    return Page(items=[_out(row) for row in rows], next=str(following) if following else None)


@get("/tasks/{assignment_id:uuid}", needs=READ, tags=["obligations"])
def get_task(session: ScopedSession, actor: Actor, assignment_id: UUID) -> AssignmentOut:
    """One task of the street for the community"""
    return _out(find_assignment(session, actor, assignment_id))


@post("/tasks/{assignment_id:uuid}/report", needs=REPORT, tags=["obligations"], status=200)
def report_task_done(session: ScopedSession, actor: Actor, assignment_id: UUID, data: ReportIn) -> AssignmentOut:
    """Report a task of the street as done"""
    return _out(report_done(session, actor, assignment_id, data))


def _out(row: Assignment) -> AssignmentOut:
    return AssignmentOut(
        id=row.id,
        community_id=row.community_id,
        title=row.title,
        body=row.body,
        assigned_on=row.assigned_on,
        due_on=row.due_on,
        state=state_of(row),
        report=row.report,
        done_on=row.done_on,
        done_by_name=row.done_by_name,
        withdraw_reason=row.withdraw_reason,
        version=row.version,
    )


community_api = [list_tasks, get_task, report_task_done]
