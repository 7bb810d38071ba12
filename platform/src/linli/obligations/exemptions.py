"""Releasing a place from a duty for a time, with a reason, and taking that back. The record has both."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from linli.audit import record
from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.obligations.models import ObligationExemption
from linli.obligations.permissions import EXEMPT, READ
from linli.obligations.places import DutyPlace, places_in
from linli.obligations.schemas import ExemptionIn, ExemptionWithdrawal
from linli.obligations.seeing import seen_obligations
from linli.obligations.service import judge_community
from linli.plugins.obligations import Obligation
from linli.tenancy.models import Compound
from linli.tenancy.repository import reaches

#: A release for longer than this is no exception any more: the rule should be another.
MOST_DAYS = 366 * 3


def exempt(session: ScopedSession, actor: Actor, data: ExemptionIn) -> ObligationExemption:
    """Release a place from a duty, and judge the place anew at once.

    Sent again as it was, it is the same release: a second click does nothing.

    Raises:
        NotFound: there is no such place or duty here.
        Forbidden: the actor may not release anybody there.
        Invalid: naming every field at fault.
        Conflict: another release begins on the same day already.
    """
    obligation = _known(actor, data.obligation)
    place = _place_of(session, obligation, data)
    if not actor.can(EXEMPT, community_id=place.community_id, compound_id=place.compound_id):
        raise Forbidden(_("您没有豁免的权限"))
    _check(data)
    row = ObligationExemption(
        id=new_id(),
        community_id=place.community_id,
        compound_id=place.compound_id,
        obligation=obligation.name,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        reason=data.reason.strip(),
        given_by_name=actor.display_name,
    )
    if (same := _same_day(session, row)) is not None:
        return _same(same, row)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        # Two people, or two clicks, at the same moment.
        raise Conflict(_same_day_text(row)) from error
    record(
        session,
        "core.obligation.exempt",
        ("obligation_exemption", row.id),
        community_id=row.community_id,
        after=_told(obligation, row, place.name),
        reason=row.reason,
    )
    judge_community(session, place.community_id, compound_id=place.compound_id)
    return row


def withdraw_exemption(
    session: ScopedSession, actor: Actor, exemption_id: UUID, data: ExemptionWithdrawal
) -> ObligationExemption:
    """Take a release back. What was judged for good under it stays as it was judged.

    Raises:
        NotFound: there is none where the actor may see duties.
        Forbidden: the actor may not release anybody there.
        Conflict: it is withdrawn already, or was changed since it was read.
    """
    row = find_exemption(session, actor, exemption_id, lock=True)
    if not actor.can(EXEMPT, community_id=row.community_id, compound_id=row.compound_id):
        raise Forbidden(_("您没有撤回豁免的权限"))
    if row.withdrawn_at is not None:
        raise Conflict(_("这项豁免已经撤回"))
    if row.version != data.version:
        raise Stale
    if not data.reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    row.withdrawn_at, row.withdrawn_by_name, row.withdraw_reason = now(), actor.display_name, data.reason.strip()
    session.flush()
    obligation = seen_obligations(actor).get(row.obligation)
    record(
        session,
        "core.obligation.take_back",
        ("obligation_exemption", row.id),
        community_id=row.community_id,
        before=_told(obligation[1] if obligation else None, row, ""),
        reason=row.withdraw_reason,
    )
    judge_community(session, row.community_id, compound_id=row.compound_id)
    return row


def find_exemption(
    session: ScopedSession, actor: Actor, exemption_id: UUID, *, lock: bool = False
) -> ObligationExemption:
    """One release where the actor may see duties; raises ``NotFound``."""
    wanted = select(ObligationExemption).where(ObligationExemption.id == exemption_id, _seen(actor))
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(wanted)
    if row is None:
        raise NotFound(_("没有找到这项豁免"))
    return row


#: The orders of the list; ids grow as releases are given.
EXEMPTIONS = {
    "created_at": Order(),
    "starts_on": Order(ObligationExemption.starts_on, lambda row: row[0].starts_on),
    "ends_on": Order(ObligationExemption.ends_on, lambda row: row[0].ends_on),
}


def list_exemptions(
    session: ScopedSession,
    actor: Actor,
    *,
    state: str = "",
    compound_id: UUID | None = None,
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[ObligationExemption], str | None]:
    """Releases that the reader may see, newest first where nothing else is said, and the next page's ``after``."""
    wanted = select(ObligationExemption).where(_seen(actor))
    is_active = ObligationExemption.withdrawn_at.is_(None) & (ObligationExemption.ends_on >= today())
    if state:
        wanted = wanted.where(is_active if state == "active" else ~is_active)
    if compound_id is not None:
        wanted = wanted.where(ObligationExemption.compound_id == compound_id)
    return sorted_rows(session, wanted, ObligationExemption.id, EXEMPTIONS, sort, after=after, limit=limit)


def _seen(actor: Actor) -> Any:
    return reaches(actor, READ, ObligationExemption.community_id, ObligationExemption.compound_id)


def _known(actor: Actor, name: str) -> Obligation:
    known = seen_obligations(actor)
    if name not in known:
        titles = "、".join(_(each.title) for _owner, each in known.values())
        raise Invalid.one("obligation", _("没有这项履职事项"), titles)
    return known[name][1]


def _place_of(session: ScopedSession, obligation: Obligation, data: ExemptionIn) -> DutyPlace:
    community_id, compound_id = data.community_id, data.compound_id
    if obligation.level == "compound":
        if compound_id is None:
            raise Invalid.one("compound_id", _("这是小区的事项，请选择小区"))
        community_id = session.scalar(select(Compound.community_id).where(Compound.id == compound_id))
    elif community_id is None or compound_id is not None:
        raise Invalid.one("community_id", _("这是社区的事项，请选择社区，不选小区"))
    found = places_in(session, community_id, compound_id) if community_id is not None else []
    place = next((each for each in found if each.compound_id == compound_id), None)
    if place is None or not session.scope.covers(place.community_id):
        raise NotFound(_("没有找到这个小区或者社区"))
    return place


def _check(data: ExemptionIn) -> None:
    faults = []
    if not data.reason.strip():
        faults.append(FieldError("reason", _("必须填写")))
    if data.ends_on < data.starts_on:
        allowed = _("不早于 {day}").format(day=data.starts_on.isoformat())
        faults.append(FieldError("ends_on", _("结束日期早于开始日期"), allowed))
    elif (data.ends_on - data.starts_on).days > MOST_DAYS:
        faults.append(FieldError("ends_on", _("时间太长；长期不适用的，请另行规定规则"), _("三年以内")))
    elif data.ends_on < today():
        faults.append(FieldError("ends_on", _("结束日期已经过去"), _("今天或以后")))
    if faults:
        raise Invalid(errors=faults)


def _same_day(session: ScopedSession, row: ObligationExemption) -> ObligationExemption | None:
    return session.scalar(
        select(ObligationExemption).where(
            ObligationExemption.community_id == row.community_id,
            ObligationExemption.compound_id.is_not_distinct_from(row.compound_id),
            ObligationExemption.obligation == row.obligation,
            ObligationExemption.starts_on == row.starts_on,
            ObligationExemption.withdrawn_at.is_(None),
        )
    )


def _same(there: ObligationExemption, row: ObligationExemption) -> ObligationExemption:
    if (there.ends_on, there.reason) == (row.ends_on, row.reason):
        return there
    raise Conflict(_same_day_text(row))


def _same_day_text(row: ObligationExemption) -> str:
    return _("{day} 起已有豁免，请先撤回它").format(day=row.starts_on.isoformat())


def _told(obligation: Obligation | None, row: ObligationExemption, place: str) -> dict[str, Any]:
    told = {
        "name": obligation.title if obligation else row.obligation,
        "obligation": row.obligation,
        "compound": place,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
    }
    return {name: value for name, value in told.items() if value}
