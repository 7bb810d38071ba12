"""What this room contributes: tasks as a duty of communities, and giving them to many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.assignments.duty import TASKS
from linli.assignments.schemas import AssignmentIn
from linli.assignments.service import PUSH, WITHIN, assign, last_day, withdraw
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.plugins.contributions import Foreseen, Obligation, Push, Pushed, Undoing
from linli.plugins.hookspecs import hookimpl
from linli.rules.catalogue import find_rule
from linli.rules.service import rule_value
from linli.rules.wording import value_text
from linli.tenancy.models import Community


def _choices(session: ScopedSession, _actor: Actor, _asked: Mapping[str, str]) -> Mapping[str, Any]:
    found = rule_value(session, WITHIN)
    return {"within": "" if found.written is None else value_text(find_rule(WITHIN), found.written)}


def _preview(
    session: ScopedSession, _actor: Actor, communities: Sequence[UUID], data: AssignmentIn
) -> Mapping[UUID, Foreseen]:
    text = _("收到任务“{title}”，{day} 前办结").format(title=data.title, day=last_day(session, data).isoformat())
    gone = set(session.scalars(select(Community.id).where(Community.id.in_(communities), Community.status != "active")))
    return {each: Foreseen(text, _("这个社区已不在名录") if each in gone else "") for each in communities}


def _perform(session: ScopedSession, actor: Actor, community_id: UUID, data: AssignmentIn, push_id: UUID) -> Pushed:
    if session.scalar(select(Community.status).where(Community.id == community_id)) != "active":
        raise Conflict(_("这个社区已不在名录"))
    row = assign(session, actor, community_id, data, push_id)
    return Pushed(_("已下发，{day} 前办结").format(day=row.due_on.isoformat()), f"tasks/{row.id}")


def _undo(session: ScopedSession, actor: Actor, community_id: UUID, undoing: Undoing) -> str:
    withdraw(session, actor, community_id, undoing.push_id, undoing.reason)
    return _("任务已撤回")


@hookimpl
def register_pushes() -> Sequence[Push]:
    return [
        Push(
            name="core.street_task",
            title="任务",
            help="给各社区布置一件事，写明最晚日期；社区报告办结，街道在履职看板上看到。",
            needs=PUSH,
            template="assignments/push.html",
            data=AssignmentIn,
            titled=lambda data: data.title,
            choices=_choices,
            preview=_preview,
            perform=_perform,
            undo=_undo,
            order=10,
        )
    ]


@hookimpl
def register_obligations() -> Sequence[Obligation]:
    return [TASKS]
