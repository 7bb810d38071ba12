"""Giving a community a task, reporting that it is done, and taking it back before that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from linli.assignments.models import Assignment
from linli.assignments.schemas import AssignmentFilter, AssignmentIn, ReportIn
from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.obligations.rechecking import recheck_obligations
from linli.rules.service import due_on, rule_value
from linli.rules.values import Duration

#: Who gives tasks: the street. Who sees and reports them: the community.
PUSH, READ, REPORT = "core.task.give", "core.task.read", "core.task.report"
#: How long a task may take where its giver names no day.
WITHIN = "street_task.within"


def last_day(session: ScopedSession, data: AssignmentIn) -> date:
    """By when a task is to be done: the day that was named, or the one that the street's rule says.

    Raises:
        Invalid: the day is past; no rule says how long; working days of a year whose calendar is not known.
    """
    if data.due_on is not None:
        if data.due_on < today():
            raise Invalid.one("due_on", _("日期已经过去"), _("今天或以后"))
        return data.due_on
    value = rule_value(session, WITHIN).value
    if not isinstance(value, Duration):
        raise Invalid.one("due_on", _("没有规定办理期限，请写明最晚日期"))
    return due_on(session, today(), value, field="due_on")


def assign(session: ScopedSession, actor: Actor, community_id: UUID, data: AssignmentIn, push_id: UUID) -> Assignment:
    """Give one community a task. Asked again with the same push, it is the same task.

    Raises:
        Forbidden: the actor may not give this community tasks.
        Invalid: naming each field at fault.
    """
    if not actor.can(PUSH, community_id=community_id):
        raise Forbidden(_("您没有给这个社区下发任务的权限"))
    same = session.scalar(
        select(Assignment).where(Assignment.community_id == community_id, Assignment.push_id == push_id)
    )
    if same is not None:
        return same
    row = Assignment(
        id=new_id(),
        community_id=community_id,
        push_id=push_id,
        title=data.title.strip(),
        body=data.body.strip(),
        assigned_on=today(),
        due_on=last_day(session, data),
        assigned_by_name=actor.display_name,
    )
    session.add(row)
    session.flush()
    record(
        session,
        "core.assignment.give",
        ("assignment", row.id),
        community_id=community_id,
        after={"title": row.title, "until": row.due_on.isoformat()},
    )
    recheck_obligations(session, community_id)
    return row


def report_done(session: ScopedSession, actor: Actor, assignment_id: UUID, data: ReportIn) -> Assignment:
    """Report a task as done. A second click with the same words changes nothing.

    Raises:
        NotFound: there is none that the actor may see.
        Forbidden: the actor may not report for this community.
        Conflict: it is reported or withdrawn already, or was changed since it was read.
        Invalid: nothing is said, or the day is not one of the task's.
    """
    row = find_assignment(session, actor, assignment_id, lock=True)
    if not actor.can(REPORT, community_id=row.community_id):
        raise Forbidden(_("您没有报告任务的权限"))
    done_on = data.done_on or today()
    if row.done_on is not None and (row.report, row.done_on) == (data.report.strip(), done_on):
        return row
    if row.done_on is not None:
        raise Conflict(_("这项任务已经报告办结"))
    if row.withdrawn_at is not None:
        raise Conflict(_("街道已经撤回这项任务"))
    if row.version != data.version:
        raise Stale
    if not data.report.strip():
        raise Invalid.one("report", _("请写明做了什么"))
    if not row.assigned_on <= done_on <= today():
        allowed = _("{first} 到今天").format(first=row.assigned_on.isoformat())
        raise Invalid.one("done_on", _("办结日期不对"), allowed)
    row.report, row.done_on, row.done_by_name = data.report.strip(), done_on, actor.display_name
    session.flush()
    record(
        session,
        "core.assignment.report",
        ("assignment", row.id),
        community_id=row.community_id,
        after={"title": row.title, "on": done_on.isoformat()},
    )
    recheck_obligations(session, row.community_id)
    return row


def withdraw(session: ScopedSession, actor: Actor, community_id: UUID, push_id: UUID, reason: str) -> Assignment:
    """Take back the task that a push gave a community. A second call changes nothing.

    Raises:
        NotFound: that push gave it none.
        Forbidden: the actor may not give this community tasks.
        Conflict: it is done already.
    """
    row = session.scalar(
        select(Assignment)
        .where(Assignment.community_id == community_id, Assignment.push_id == push_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(_("没有找到这项任务"))
    if not actor.can(PUSH, community_id=community_id):
        raise Forbidden(_("您没有撤回这项任务的权限"))
    if row.withdrawn_at is not None:
        return row
    if row.done_on is not None:
        raise Conflict(_("社区已经办结，不能撤回"))
    row.withdrawn_at, row.withdraw_reason = now(), reason.strip()
    session.flush()
    record(
        session,
        "core.assignment.take_back",
        ("assignment", row.id),
        community_id=community_id,
        before={"title": row.title},
        reason=row.withdraw_reason,
    )
    recheck_obligations(session, community_id)
    return row


def find_assignment(session: ScopedSession, actor: Actor, assignment_id: UUID, *, lock: bool = False) -> Assignment:
    """One task where the actor may see tasks; raises ``NotFound``."""
    wanted = select(Assignment).where(Assignment.id == assignment_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(wanted)
    if row is None or not actor.can(READ, community_id=row.community_id):
        raise NotFound(_("没有找到这项任务"))
    return row


def list_assignments(
    session: ScopedSession, actor: Actor, wanted: AssignmentFilter, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[Assignment], UUID | None]:
    """Tasks of the communities in scope where the actor may see them, newest first; and the next ``after``."""
    query = select(Assignment).order_by(Assignment.id.desc()).limit(limit + 1)
    if not actor.can(READ):
        own = [grant.community_id for grant in actor.grants_for(READ) if grant.compound_id is None]
        query = query.where(Assignment.community_id.in_([each for each in own if each is not None]))
    is_open = Assignment.done_on.is_(None) & Assignment.withdrawn_at.is_(None)
    if wanted.state == "open":
        query = query.where(is_open)
    elif wanted.state == "overdue":
        query = query.where(is_open, Assignment.due_on < today())
    elif wanted.state == "done":
        query = query.where(Assignment.done_on.is_not(None))
    elif wanted.state == "withdrawn":
        query = query.where(Assignment.withdrawn_at.is_not(None))
    if after is not None:
        query = query.where(Assignment.id < after)
    rows = session.scalars(query).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def state_of(row: Assignment) -> str:
    """``withdrawn``, ``done``, ``late``, ``overdue`` or ``open``."""
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.done_on is not None:
        return "late" if row.done_on > row.due_on else "done"
    return "overdue" if row.due_on < today() else "open"
