"""Objections 申诉 of households to what was found and to what was done, and what staff decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from linli.sdk import (
    PAGE,
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Order,
    ScopedSession,
    homes_of,
    new_id,
    now,
    sorted_rows,
)
from linli.sdk import gettext as _
from linli_waste_sorting.inspections import followup
from linli_waste_sorting.inspections.letter import results_behind
from linli_waste_sorting.inspections.models import Appeal, Finding, Round
from linli_waste_sorting.inspections.own import OwnLine, homes, own_finding, own_step
from linli_waste_sorting.inspections.permissions import READ_CASES, SETTLE_CASES
from linli_waste_sorting.inspections.repository import find
from linli_waste_sorting.inspections.schemas import AppealCreate, AppealDecide, AppealOut
from linli_waste_sorting.inspections.striking import strike_out
from linli_waste_sorting.inspections.telling import tell_answer, tell_staff
from linli_waste_sorting.keeping import noter

_note = noter("appeal", "household_appeal")


def appeal_finding(
    session: ScopedSession, actor: Actor, community_id: UUID, finding_id: UUID, data: AppealCreate
) -> Appeal:
    """Object to what was found in one's own household's bag. The same words sent again change nothing.

    Raises:
        NotFound: it is not about the actor's household.
        Conflict: it was objected to before, or no longer stands.
        Invalid: the days in which one may object are over, or nothing is said.
    """
    return _file(session, actor, own_finding(session, actor, community_id, finding_id), data)


def appeal_step(session: ScopedSession, actor: Actor, community_id: UUID, step_id: UUID, data: AppealCreate) -> Appeal:
    """Object to what was done about one's own household, as ``appeal_finding``."""
    return _file(session, actor, own_step(session, actor, community_id, step_id), data)


#: The orders of the list; ids grow as objections are filed.
ORDERS = {"filed_at": Order(), "state": Order(Appeal.state, lambda row: row[0].state)}


def page_of_appeals(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    *,
    state: str = "",
    sort: str = "-filed_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Appeal], str | None]:
    """A page of objections in an order of ``ORDERS``, and the ``after`` of the next one; ``None`` on the last.

    Raises:
        Forbidden: the actor may not know them.
    """
    if not actor.can(READ_CASES, community_id=community_id):
        raise Forbidden
    statement = select(Appeal).where(Appeal.community_id == community_id)
    if state:
        statement = statement.where(Appeal.state == state)
    return sorted_rows(session, statement, Appeal.id, ORDERS, sort, after=after, limit=limit)


def get_appeal(session: ScopedSession, actor: Actor, community_id: UUID, appeal_id: UUID) -> Appeal:
    """One objection.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not know it.
    """
    row = find(session, Appeal, community_id, appeal_id)
    if row is None:
        raise NotFound(_("没有找到这条申诉"))
    if not actor.can(READ_CASES, community_id=community_id):
        raise Forbidden
    return row


def decide_appeal(
    session: ScopedSession, actor: Actor, community_id: UUID, appeal_id: UUID, data: AppealDecide
) -> Appeal:
    """Decide with a reason; the household is told. Where it is right, the finding is struck out and steps fall.

    The same decision sent again changes nothing. Nobody judges their own round, or their own household.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not, or it is about what they found themselves or about their own household.
        Conflict: it was decided otherwise.
        Invalid: no reason is given.
    """
    row = get_appeal(session, actor, community_id, appeal_id)
    if not actor.can(SETTLE_CASES, community_id=community_id):
        raise Forbidden
    session.refresh(row, with_for_update=True)
    answer = data.answer.strip()
    if not answer:
        raise Invalid.one("answer", _("请写明理由"))
    if row.state == data.verdict and row.answer == answer:
        return row
    if row.state != "open":
        raise Conflict(_("这条申诉已经答复"))
    if reason := why_not(session, actor, row):
        raise Forbidden(reason)
    row.state, row.answer, row.decided_at = data.verdict, answer, now()
    row.decided_by, row.decided_by_name = actor.account_id, actor.display_name
    session.flush()
    if row.state == "upheld":
        _let_fall(session, actor, row)
    _note(session, "decide", row, after={"state": row.state})
    tell_answer(session, row)
    return row


def why_not(session: ScopedSession, actor: Actor, row: Appeal) -> str:
    """Why somebody who decides objections may not decide this one, in words; empty where they may."""
    if actor.account_id is not None and row.account_id == actor.account_id:
        return _("这是您自己提出的申诉，请由其他社区管理员答复")
    at_home = homes_of(session, actor, community_id=row.community_id)
    if any(each.dwelling_id == row.dwelling_id for each in at_home):
        return _("这是您自己家的申诉，请由其他社区管理员答复")
    if actor.account_id is None:
        return ""
    rounds = {each.round_id for each in findings_of(session, row)}
    walked = select(Round.id).where(Round.id.in_(rounds), Round.inspector_id == actor.account_id).limit(1)
    if rounds and session.scalar(walked) is not None:
        return _("这次检查是您自己做的，请由其他社区管理员答复")
    return ""


def findings_of(session: ScopedSession, row: Appeal) -> list[Finding]:
    """What an objection is about: one result, or those on which the step rests."""
    if row.finding_id is not None:
        finding = find(session, Finding, row.community_id, row.finding_id)
        return [finding] if finding else []
    if row.step_id is None:
        return []
    return list(results_behind(session, followup.get_step(session, row.community_id, row.step_id)))


def count_open(session: ScopedSession, community_id: UUID) -> int:
    """How many objections wait for an answer."""
    waiting = select(func.count()).where(Appeal.community_id == community_id, Appeal.state == "open")
    return session.scalar(waiting) or 0


def appeal_out(row: Appeal) -> AppealOut:
    """An objection as the API shows it."""
    return AppealOut(**{name: getattr(row, name) for name in AppealOut.__struct_fields__})


def _file(session: ScopedSession, actor: Actor, line: OwnLine, data: AppealCreate) -> Appeal:
    words = data.body.replace("\r\n", "\n").strip()
    if not words:
        raise Invalid.one("body", _("必须填写"))
    about, held = line.row, line.appeal
    if held is not None:
        if held.body == words:
            return held
        raise Conflict(_("您家已经对它提出过申诉"))
    if not line.may_appeal:
        raise Invalid.one("body", _("现在不能对它提出申诉，可能期限已过或者它已不再有效"))
    is_finding = isinstance(about, Finding)
    stay = next(
        (each for each in homes(session, actor, about.community_id) if each.dwelling_id == about.dwelling_id), None
    )
    if stay is None:
        raise NotFound(_("没有找到这条记录"))
    row = Appeal(
        id=new_id(),
        community_id=about.community_id,
        compound_id=about.compound_id,
        dwelling_id=stay.dwelling_id,
        finding_id=about.id if is_finding else None,
        step_id=None if is_finding else about.id,
        body=words,
        resident_id=stay.resident_id,
        account_id=actor.account_id,
    )
    session.add(row)
    session.flush()
    _note(session, "file", row, after={"characters": len(words)})
    tell_staff(session, row)
    return row


def _let_fall(session: ScopedSession, actor: Actor, row: Appeal) -> None:
    # The answer is for the household; others read of the finding only that it was struck out.
    if row.finding_id is not None:
        finding = find(session, Finding, row.community_id, row.finding_id)
        if finding is not None and finding.struck_at is None:
            strike_out(session, actor, finding, _("申诉成立"))
            followup.recount(session, actor, finding)
    elif row.step_id is not None:
        step = followup.get_step(session, row.community_id, row.step_id)
        if step.taken_back_at is None:
            followup.take_back(session, actor, step, "appeal", row.answer)
