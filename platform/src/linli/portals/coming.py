"""What the core itself has for a community's page of today: duties, approvals, requests, rosters that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select

from linli.approvals.repository import count_waiting
from linli.db.session import ScopedSession, once
from linli.kit.actor import Actor
from linli.kit.focus import focus
from linli.kit.text import gettext as _
from linli.obligations.models import ObligationRecord
from linli.obligations.permissions import READ as READ_DUTIES
from linli.obligations.seeing import Known, seen_obligations
from linli.privacy.inbox import OPEN
from linli.privacy.models import PrivacyRequest
from linli.privacy.permissions import READ as READ_REQUESTS
from linli.residents.models import RosterImport
from linli.residents.permissions import ROSTER_IMPORT
from linli.tenancy.models import Compound
from linli.tenancy.repository import reaches
from linli.web.cards import DAYS_AHEAD, Line
from linli.web.visit import Visit

#: Of each kind at most; the page behind each has them all.
_MOST = 20
_LAST_IMPORTS = 5


def core_lines(session: ScopedSession, actor: Actor, visit: Visit, day: date) -> list[Line]:
    """What waits for this person, or falls due within a week, by the core's own records; four queries or fewer."""
    found = _duties(session, actor, seen_obligations(actor, visit.plugins), visit, day)
    if (waiting := count_waiting(session, actor)) > 0:
        found.append(Line(_("{n} 件审批等您处理").format(n=waiting), visit.place.url("/approvals"), "", None))
    return found + _requests(session, actor, visit, day) + _rosters(session, actor, visit)


def _duties(session: ScopedSession, actor: Actor, known: Known, visit: Visit, day: date) -> list[Line]:
    if not known or not actor.holds(READ_DUTIES):
        return []
    record = ObligationRecord
    query = (
        select(record, Compound.name)
        .outerjoin(Compound, (Compound.tenant_id == record.tenant_id) & (Compound.id == record.compound_id))
        .where(
            record.community_id == session.scope.community_id,
            record.is_shown,
            record.state.in_(("overdue", "due")),
            record.due_on < day + timedelta(days=DAYS_AHEAD),
            record.obligation.in_(known),
            reaches(actor, READ_DUTIES, record.community_id, record.compound_id),
        )
    )
    if compound_id := focus().compound_id:
        query = query.where(record.compound_id == compound_id)
    rows = session.execute(query.order_by(record.due_on, record.id).limit(_MOST)).all()
    return [
        Line(
            _(known[row.obligation][1].title),
            visit.place.url(_page_of(row)),
            name or _("全社区"),
            row.due_on,
            max((day - row.due_on).days, 0),
        )
        for row, name in rows
    ]


def _page_of(row: ObligationRecord) -> str:
    if row.compound_id is None:
        return f"/obligations/communities/{row.community_id}"
    return f"/obligations/compounds/{row.compound_id}#{row.obligation}"


def _requests(session: ScopedSession, actor: Actor, visit: Visit, day: date) -> list[Line]:
    community_id = session.scope.community_id
    if community_id is None or not actor.can(READ_REQUESTS, community_id=community_id):
        return []
    asked, first = session.execute(
        select(func.count(), func.min(PrivacyRequest.due_on)).where(
            PrivacyRequest.community_id == community_id, PrivacyRequest.state.in_(OPEN)
        )
    ).one()
    if not asked:
        return []
    title = _("{n} 件个人信息请求没有答复").format(n=asked)
    # Whatever its day, somebody waits for it now.
    late = max((day - first).days, 0)
    return [Line(title, visit.place.url("/privacy?state=pending"), "", first if late else None, late)]


def _rosters(session: ScopedSession, actor: Actor, visit: Visit) -> list[Line]:
    if not actor.holds(ROSTER_IMPORT):
        return []
    waiting = {"ready": _("检查好了，等您确认"), "faulty": _("有错误，等您改正")}
    return [
        Line(
            _("名册 {name}").format(name=each.file_name),
            visit.place.url(f"/rosters/{each.id}"),
            waiting[each.state],
            None,
        )
        for each in last_imports(session, actor)
        if each.state in waiting
    ]


def _roster(visit: Visit, row: RosterImport) -> str:
    return visit.place.url(f"/rosters/{row.id}")


def last_imports(session: ScopedSession, actor: Actor) -> Sequence[RosterImport]:
    """The latest imports of this community that this person may see."""
    if not actor.holds(ROSTER_IMPORT):
        return []
    row = RosterImport
    query = select(row).where(
        row.community_id == session.scope.community_id,
        reaches(actor, ROSTER_IMPORT, row.community_id, row.compound_id),
    )
    if compound_id := focus().compound_id:
        query = query.where(row.compound_id == compound_id)
    query = query.order_by(row.created_at.desc(), row.id.desc()).limit(_LAST_IMPORTS)
    return once(session, ("imports", actor.account_id), lambda: session.scalars(query).all())
