"""What needs a decision today: approvals, duties that slipped, work that stopped, requests of people, refused pushes.

What plugins have waiting comes through the counts of their menu entries, which the page has anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, literal, select, union_all

from linli.approvals.acts import find_act
from linli.approvals.repository import count_waiting, list_approvals
from linli.console.duties import ESCALATED, DutyCount
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.text import gettext as _
from linli.privacy.models import PrivacyRequest
from linli.pushes.models import PushResult, PushRun
from linli.tasks.models import Job

#: Approvals that are named one by one.
_NAMED = 3
#: Requests of people are named when so few days are left.
_CLOSE = timedelta(days=3)
#: What was refused in a push is something to look at for so long.
_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that waits.

    Attributes:
        title: what it is; ``text``: why it cannot wait.
        count: how many.
        path: below the console.
        tone: ``bad`` where it is late already, else ``warn`` or ``brand``.
    """

    title: str
    text: str
    count: int
    path: str
    tone: str


def decisions(session: ScopedSession, actor: Actor, duties: Iterable[DutyCount]) -> list[Decision]:
    """What waits for this reader, the most pressing first. Two queries."""
    counts = _counts(session, actor)
    found = [*_duties(list(duties)), *_approvals(session, actor)]
    if counts.get("late_request"):
        found.append(
            Decision(
                _("个人信息请求快到期"),
                _("三天内必须答复居民"),
                counts["late_request"],
                "/privacy",
                "bad",
            )
        )
    if counts.get("parked"):
        found.append(Decision(_("后台任务停下了"), _("多次失败，需要有人看一下"), counts["parked"], "/jobs", "warn"))
    if counts.get("refused"):
        text = _("近七天的统一下发里，有社区没有办成")
        found.append(Decision(_("下发没有办成"), text, counts["refused"], "/pushes", "warn"))
    return sorted(found, key=lambda each: ("bad", "warn", "brand").index(each.tone))


def _duties(duties: list[DutyCount]) -> list[Decision]:
    overdue, escalated = sum(each.overdue for each in duties), sum(each.escalated for each in duties)
    if not overdue:
        return []
    if escalated:
        text = _("其中 {n} 项逾期超过 {days} 天").format(n=escalated, days=ESCALATED.days)
    else:
        text = _("已过最晚日期")
    return [Decision(_("履职事项逾期"), text, overdue, "/obligations?state=overdue", "bad")]


def _approvals(session: ScopedSession, actor: Actor) -> list[Decision]:
    # Most days nothing waits, and the menu has counted it.
    if not actor.can("core.approval.read") or actor.account_id is None or not count_waiting(session, actor):
        return []
    rows, following = list_approvals(session, actor, "mine", limit=_NAMED)
    found = []
    for row in rows:
        act = find_act(row.act)
        text = _("{name} 申请，{day} 前有效").format(name=row.asked_by_name, day=row.expires_at.date().isoformat())
        found.append(Decision(_(act.title) if act else row.act, text, 1, f"/approvals/{row.id}", "brand"))
    if following is not None:
        found.append(Decision(_("还有别的审批"), _("等您审批"), 1, "/approvals", "brand"))
    return found


def _counts(session: ScopedSession, actor: Actor) -> dict[str, int]:
    """Counts of what the reader may open, in one query."""
    parts = []
    if actor.can("core.privacy.read"):
        close = today() + _CLOSE
        parts.append(
            select(literal("late_request"), func.count()).where(
                PrivacyRequest.state.in_(("open", "working")), PrivacyRequest.due_on <= close
            )
        )
    if actor.can("core.job.read"):
        parts.append(select(literal("parked"), func.count()).where(Job.state == "parked"))
    if actor.can("core.push.read"):
        parts.append(
            select(literal("refused"), func.count())
            .select_from(PushResult)
            .join(PushRun, (PushRun.tenant_id == PushResult.tenant_id) & (PushRun.id == PushResult.push_id))
            .where(PushResult.state == "refused", PushRun.asked_at > now() - _LATELY)
        )
    if not parts:
        return {}
    rows: Sequence[Any] = session.execute(union_all(*parts)).all()
    return dict(rows)
