"""Duties in the API: how places stand, their history, the trend, releases, judging anew."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.obligations import exemptions
from linli.obligations.models import ObligationExemption, ObligationRecord
from linli.obligations.permissions import EXEMPT, READ, RECHECK
from linli.obligations.portal.pages import export_obligations, known_here
from linli.obligations.rechecking import recheck_all, recheck_place
from linli.obligations.schemas import (
    DutyOut,
    ExemptionIn,
    ExemptionOut,
    ExemptionWithdrawal,
    ObligationFilter,
    RecheckJobOut,
    RecheckOut,
    TrendOut,
)
from linli.obligations.seeing import Known
from linli.obligations.standing import duty_outs, exemption_outs
from linli.obligations.standing import trend as trend_of
from linli.tenancy.models import Compound
from linli.tenancy.repository import reaches
from linli.web.results import Page, page_of
from linli.web.routing import get, post
from linli.web.visit import Visit

TAGS = ["obligations"]
AfterRow = Annotated[UUID | None, Meta(description="`next` of the page before")]


@get("/obligations", needs=READ, tags=TAGS)
def list_obligations(
    session: ScopedSession,
    actor: Actor,
    visit: Visit,
    query: ObligationFilter,
    compound_id: UUID | None = None,
    history: Annotated[bool, Meta(description="earlier periods too, not only what boards show")] = False,
    after: AfterRow = None,
    limit: Limit = PAGE,
) -> Page[DutyOut]:
    """How compounds and communities stand with each duty"""
    known = known_here(actor, visit)
    wanted = _rows(actor, known, query).order_by(ObligationRecord.id).limit(limit + 1)
    if compound_id is not None:
        wanted = wanted.where(ObligationRecord.compound_id == compound_id)
    if not history:
        wanted = wanted.where(ObligationRecord.is_shown)
    if after is not None:
        wanted = wanted.where(ObligationRecord.id > after)
    rows = session.scalars(wanted).all()
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=duty_outs(session, known, rows[:limit]), next=following)


@get("/obligations/trend", needs=READ, tags=TAGS)
def show_obligation_trend(
    session: ScopedSession,
    actor: Actor,
    visit: Visit,
    obligation: Annotated[str, Meta(max_length=130)] = "",
    community_id: UUID | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[TrendOut]:
    """How many places stood how, period by period, the latest first"""
    found = trend_of(session, actor, known_here(actor, visit), obligation=obligation, community_id=community_id)
    return page_of(found, after, limit, key=lambda each: f"{each.obligation}:{each.first_day}:{each.last_day}")


@get("/obligations/{obligation_record_id:uuid}", needs=READ, tags=TAGS)
def show_obligation(session: ScopedSession, actor: Actor, visit: Visit, obligation_record_id: UUID) -> DutyOut:
    """One duty of one place in one period, with its rules and what was recorded"""
    known = known_here(actor, visit)
    wanted = _rows(actor, known, ObligationFilter()).where(ObligationRecord.id == obligation_record_id)
    row = session.scalar(wanted)
    if row is None:
        raise NotFound(_("没有找到这项履职记录"))
    return duty_outs(session, known, [row])[0]


@post("/obligations/recheck", needs=RECHECK, status=202, tags=TAGS)
def recheck_obligations(session: ScopedSession, actor: Actor) -> RecheckJobOut:
    """Have all of the place judged anew in the background; while that waits or runs, the same job is the answer"""
    return RecheckJobOut(job_id=recheck_all(session, actor))


@post("/compounds/{compound_id:uuid}/obligations/recheck", needs=RECHECK, status=200, tags=TAGS)
def recheck_compound(session: ScopedSession, actor: Actor, compound_id: UUID) -> RecheckOut:
    """Judge one compound anew at once"""
    judged = recheck_place(session, actor, compound_id)
    return RecheckOut(looked_at=judged.looked_at, changed=judged.changed)


@get("/obligation-exemptions", needs=READ, tags=TAGS)
def list_obligation_exemptions(
    session: ScopedSession,
    actor: Actor,
    visit: Visit,
    state: Literal["", "active", "over"] = "",
    compound_id: UUID | None = None,
    sort: Literal["created_at", "-created_at", "starts_on", "-starts_on", "ends_on", "-ends_on"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ExemptionOut]:
    """Who is or was released from what, newest first"""
    rows, more = exemptions.list_exemptions(
        session, actor, state=state, compound_id=compound_id, sort=sort, after=after, limit=limit
    )
    return Page(items=exemption_outs(session, known_here(actor, visit), rows), next=more)


@get("/obligation-exemptions/{obligation_exemption_id:uuid}", needs=READ, tags=TAGS)
def show_obligation_exemption(
    session: ScopedSession, actor: Actor, visit: Visit, obligation_exemption_id: UUID
) -> ExemptionOut:
    """One release"""
    return _out(session, actor, visit, exemptions.find_exemption(session, actor, obligation_exemption_id))


@post("/obligation-exemptions", needs=EXEMPT, tags=TAGS)
def exempt_from_obligation(session: ScopedSession, actor: Actor, visit: Visit, data: ExemptionIn) -> ExemptionOut:
    """Release a compound, or a community, from a duty for a time"""
    return _out(session, actor, visit, exemptions.exempt(session, actor, data))


@post("/obligation-exemptions/{obligation_exemption_id:uuid}/withdraw", needs=EXEMPT, status=200, tags=TAGS)
def withdraw_obligation_exemption(
    session: ScopedSession, actor: Actor, visit: Visit, obligation_exemption_id: UUID, data: ExemptionWithdrawal
) -> ExemptionOut:
    """Take a release back"""
    return _out(session, actor, visit, exemptions.withdraw_exemption(session, actor, obligation_exemption_id, data))


def _out(session: ScopedSession, actor: Actor, visit: Visit, row: ObligationExemption) -> ExemptionOut:
    return exemption_outs(session, known_here(actor, visit), [row])[0]


def _rows(actor: Actor, known: Known, query: ObligationFilter) -> Any:
    names = [name for name in known if not query.obligation or name == query.obligation]
    wanted = select(ObligationRecord).where(
        ObligationRecord.obligation.in_(names),
        reaches(actor, READ, ObligationRecord.community_id, ObligationRecord.compound_id),
    )
    if query.community_id is not None:
        wanted = wanted.where(ObligationRecord.community_id == query.community_id)
    if query.state:
        wanted = wanted.where(ObligationRecord.state == query.state)
    if search := query.q.strip()[:60]:
        named = select(Compound.id).where(Compound.name.icontains(search, autoescape=True))
        wanted = wanted.where(ObligationRecord.compound_id.in_(named))
    return wanted


_EVERYWHERE = [
    list_obligations,
    show_obligation_trend,
    export_obligations,
    show_obligation,
    recheck_obligations,
    recheck_compound,
    list_obligation_exemptions,
    show_obligation_exemption,
]
street_api = [*_EVERYWHERE, exempt_from_obligation, withdraw_obligation_exemption]
community_api = _EVERYWHERE
