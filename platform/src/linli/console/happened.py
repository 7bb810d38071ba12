"""What was decided in a month, in lines of day, matter and who: approvals, rules, releases, what was pushed down."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from linli.approvals.acts import find_act
from linli.approvals.models import Approval
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI
from linli.kit.text import gettext as _
from linli.obligations.models import ObligationExemption
from linli.obligations.seeing import seen_obligations
from linli.plugins.pushing import declared_pushes
from linli.pushes.models import PushRun
from linli.rules.catalogue import book
from linli.rules.models import RuleOverride
from linli.rules.wording import value_text

#: Lines of each kind; what is beyond is counted in one line.
MOST = 30

Entry = tuple[datetime, str, str]


def happened(session: ScopedSession, actor: Actor, first: date, last: date) -> list[list[str]]:
    """Lines of day, matter and who, the earliest first, of what the reader may see. Four queries."""
    begins, ends = _moments(first, last)
    found: list[Entry] = []
    if actor.can("core.approval.read"):
        found += _cut(_approvals(session, begins, ends), _("审批"), ends)
    if actor.can("core.rule.read"):
        found += _cut(_rules(session, begins, ends), _("规则"), ends)
    if actor.can("core.obligation.read"):
        found += _cut(_releases(session, actor, begins, ends), _("履职豁免"), ends)
    if actor.can("core.push.read"):
        found += _cut(_pushes(session, begins, ends), _("统一下发"), ends)
    found.sort(key=lambda each: each[0])
    return [[at.astimezone(SHANGHAI).date().isoformat(), what, by] for at, what, by in found]


def _moments(first: date, last: date) -> tuple[datetime, datetime]:
    return (
        datetime.combine(first, time(), SHANGHAI),
        datetime.combine(last + timedelta(days=1), time(), SHANGHAI),
    )


def _cut(entries: Iterable[Entry], kind: str, ends: datetime) -> list[Entry]:
    given = list(entries)
    if len(given) <= MOST:
        return given
    rest = _("{kind}：另有更多，见系统内的记录").format(kind=kind)
    return [*given[:MOST], (ends - timedelta(seconds=1), rest, "")]


def _approvals(session: ScopedSession, begins: datetime, ends: datetime) -> Iterable[Entry]:
    rows = session.scalars(
        select(Approval)
        .where(Approval.decided_at >= begins, Approval.decided_at < ends, Approval.state.in_(("approved", "rejected")))
        .order_by(Approval.decided_at)
        .limit(MOST + 1)
    )
    for row in rows:
        act = find_act(row.act)
        title = _(act.title) if act else row.act
        words = _("批准：{act}") if row.state == "approved" else _("驳回：{act}")
        if row.decided_at is not None:
            yield row.decided_at, words.format(act=title), row.decided_by_name


def _rules(session: ScopedSession, begins: datetime, ends: datetime) -> Iterable[Entry]:
    rows = session.scalars(
        select(RuleOverride)
        .where(RuleOverride.created_at >= begins, RuleOverride.created_at < ends, RuleOverride.community_id.is_(None))
        .order_by(RuleOverride.created_at)
        .limit(MOST + 1)
    )
    for row in rows:
        rule = book().rules.get(row.key)
        text = f"{_(rule.title)} {value_text(rule, row.value)}" if rule else row.key
        yield row.created_at, _("另行规定：{rule}").format(rule=text), row.set_by_name


def _releases(session: ScopedSession, actor: Actor, begins: datetime, ends: datetime) -> Iterable[Entry]:
    known = seen_obligations(actor)
    rows = session.scalars(
        select(ObligationExemption)
        .where(
            ObligationExemption.created_at >= begins,
            ObligationExemption.created_at < ends,
            ObligationExemption.obligation.in_(list(known)),
        )
        .order_by(ObligationExemption.created_at)
        .limit(MOST + 1)
    )
    for row in rows:
        title = _(known[row.obligation][1].title)
        yield row.created_at, _("豁免：{duty}（{reason}）").format(duty=title, reason=row.reason), row.given_by_name


def _pushes(session: ScopedSession, begins: datetime, ends: datetime) -> Iterable[Entry]:
    rows = session.scalars(
        select(PushRun)
        .where(PushRun.asked_at >= begins, PushRun.asked_at < ends)
        .order_by(PushRun.asked_at)
        .limit(MOST + 1)
    )
    kinds = declared_pushes()
    for row in rows:
        kind = _(kinds[row.kind][1].title) if row.kind in kinds else row.kind
        text = _("下发{kind}：{title}（{n} 个社区）").format(kind=kind, title=row.title, n=row.total)
        yield row.asked_at, text, row.asked_by_name
