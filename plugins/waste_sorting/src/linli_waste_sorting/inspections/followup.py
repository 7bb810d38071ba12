"""What follows for a household that sorts wrong again and again: suggested by the rules, done by a person.

《北京市生活垃圾管理条例》第37条: who answers for sorting dissuades and reports; 第67条: city management warns in
writing and may fine, and whoever serves as a volunteer for sorting is not fined. The community itself never fines.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from linli.sdk import (
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    door_labels,
    new_id,
    now,
    record,
    stays_at,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.ladder import Ladder, Suggestion, ladder_of, ladders_of, next_step
from linli_waste_sorting.inspections.models import Appeal, Finding, Step
from linli_waste_sorting.inspections.permissions import READ_CASES, SETTLE_CASES
from linli_waste_sorting.inspections.repository import MOST_SHOWN, find
from linli_waste_sorting.inspections.schemas import HouseholdStepOut, ServiceCreate, StepCreate
from linli_waste_sorting.inspections.telling import tell_step


@dataclass(slots=True)
class Case:
    """A household with its wrong results and what was done about it.

    Attributes:
        since: when the household of today moved in; ``None`` where the register does not say.
        is_lived_in: somebody is at home there; otherwise nothing is suggested.
    """

    dwelling_id: UUID
    compound_id: UUID
    wrong: list[date] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    since: date | None = None
    is_lived_in: bool = False
    door: str = ""
    suggestion: Suggestion | None = None
    open_appeals: int = 0

    @property
    def last(self) -> Step | None:
        """The latest step that stands."""
        return max(
            (each for each in self.steps if each.taken_back_at is None), key=lambda each: each.done_on, default=None
        )


def cases_of(session: ScopedSession, actor: Actor, community_id: UUID) -> list[Case]:
    """The households for which a step is suggested, stands, or is objected to; those with a suggestion first.

    Raises:
        Forbidden: the actor may not know them.
    """
    _require(actor, READ_CASES, community_id)
    found = _gather(session, community_id)
    _count_appeals(session, community_id, found)
    shown = [each for each in found.values() if each.suggestion or each.last or each.open_appeals]
    doors = door_labels(session, [each.dwelling_id for each in shown])
    for each in shown:
        each.door = doors.get(each.dwelling_id, "")
    return sorted(shown, key=lambda each: (each.suggestion is None, not each.open_appeals, each.door))


def get_case(session: ScopedSession, actor: Actor, community_id: UUID, dwelling_id: UUID) -> Case:
    """One household.

    Raises:
        Forbidden: the actor may not know it.
        NotFound: nothing was found about it.
    """
    _require(actor, READ_CASES, community_id)
    found = _gather(session, community_id, dwelling_id)
    if dwelling_id not in found:
        raise NotFound(_("没有找到这一户的检查记录"))
    _count_appeals(session, community_id, found)
    case = found[dwelling_id]
    case.door = door_labels(session, [dwelling_id]).get(dwelling_id, "")
    return case


def suggestions(session: ScopedSession, community_id: UUID) -> int:
    """For how many households of a community a step is suggested today."""
    return sum(each.suggestion is not None for each in _gather(session, community_id).values())


def take_step(session: ScopedSession, actor: Actor, community_id: UUID, dwelling_id: UUID, data: StepCreate) -> Step:
    """Note that the suggested step was done; the household is told. The same sent again changes nothing.

    Raises:
        NotFound: nothing was found about such a household.
        Forbidden: the actor may not.
        Conflict: another step, or none, is suggested by now.
        Invalid: naming each field at fault.
    """
    _require(actor, SETTLE_CASES, community_id)
    _lock(session, community_id, dwelling_id)
    case = get_case(session, actor, community_id, dwelling_id)
    last = case.last
    if last is not None and (last.kind, last.done_on, last.note) == (data.kind, data.done_on, data.note.strip()):
        return last
    _check_day(data.done_on, last)
    if data.kind == "handover" and not data.reference.strip():
        raise Invalid.one("reference", _("请写明城市管理部门的受理编号或者经办情况"))
    ladder = ladder_of(session, case.compound_id)
    due = _suggested(case, ladder, data.done_on)
    if due is None or due.kind != data.kind:
        raise Conflict(_("这一天还没有到这一步，请刷新后再看"))
    row = _new(actor, community_id, case, data.kind, data.done_on, data.note, data.reference, due)
    return _kept(session, row)


def settle_by_service(
    session: ScopedSession, actor: Actor, community_id: UUID, dwelling_id: UUID, data: ServiceCreate
) -> Step:
    """Note that the household has served as volunteers for sorting: what was before is settled (第67条).

    Raises:
        NotFound: nothing was found about such a household.
        Forbidden: the actor may not.
        Conflict: there is nothing to settle.
        Invalid: naming each field at fault.
    """
    _require(actor, SETTLE_CASES, community_id)
    _lock(session, community_id, dwelling_id)
    case = get_case(session, actor, community_id, dwelling_id)
    last = case.last
    if last is not None and (last.kind, last.done_on) == ("service", data.done_on):
        return last
    if case.suggestion is None and (last is None or last.kind == "service"):
        raise Conflict(_("这一户现在没有需要了结的措施"))
    _check_day(data.done_on, last)
    if not data.note.strip():
        raise Invalid.one("note", _("请写明参加了什么服务、多长时间"))
    rests = Suggestion("service", 0, 0, data.done_on)
    return _kept(session, _new(actor, community_id, case, "service", data.done_on, data.note, "", rests))


def undo_step(session: ScopedSession, actor: Actor, community_id: UUID, step_id: UUID, reason: str) -> Step:
    """Take back a step that was noted by mistake; it stays visible. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not.
        Conflict: a later step stands.
        Invalid: no reason is given.
    """
    _require(actor, SETTLE_CASES, community_id)
    row = get_step(session, community_id, step_id)
    if row.taken_back_at is not None:
        return row
    if not reason.strip():
        raise Invalid.one("reason", _("请写明理由"))
    later = get_case(session, actor, community_id, row.dwelling_id).last
    if later is not None and later.id != row.id:
        raise Conflict(_("只能撤销最近的一步"))
    take_back(session, actor, row, "mistake", reason)
    return row


def get_step(session: ScopedSession, community_id: UUID, step_id: UUID) -> Step:
    """One step; the caller has judged who may know it. Raises ``NotFound``."""
    row = find(session, Step, community_id, step_id)
    if row is None:
        raise NotFound(_("没有找到这项措施"))
    return row


def take_back(session: ScopedSession, actor: Actor, row: Step, cause: str, reason: str) -> None:
    """Let a step no longer stand; the caller has judged who may."""
    row.taken_back_at, row.taken_back_by_name = now(), actor.display_name
    row.taken_back_cause, row.taken_back_reason = cause, reason.strip()
    session.flush()
    _note(session, "take_back", row, reason=reason.strip(), after={"cause": cause})


def recount(session: ScopedSession, actor: Actor, finding: Finding) -> int:
    """Take back the steps that rested on a finding now struck out and lack a ground without it. Returns how many."""
    if finding.dwelling_id is None:
        return 0
    steps = session.scalars(
        select(Step).where(
            Step.dwelling_id == finding.dwelling_id,
            Step.taken_back_at.is_(None),
            Step.kind != "service",
            Step.counts_from <= finding.day,
            Step.done_on >= finding.day,
        )
    ).all()
    fallen = 0
    for each in steps:
        left = session.scalar(
            select(func.count())
            .select_from(Finding)
            .where(*_wrong(finding.community_id, each.dwelling_id), Finding.day.between(each.counts_from, each.done_on))
        )
        if (left or 0) < each.needed:
            take_back(session, actor, each, "finding", _("依据的检查结果已划去，次数不够"))
            fallen += 1
    return fallen


def steps_of(
    session: ScopedSession, community_id: UUID, *, after: UUID | None, limit: int
) -> tuple[list[Step], UUID | None]:
    """A page of the steps of a community, the newest first; the caller has judged who may know them."""
    statement = select(Step).where(Step.community_id == community_id).order_by(Step.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(Step.id < after)
    rows = list(session.scalars(statement))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def step_out(row: Step) -> HouseholdStepOut:
    """A step as the API shows it."""
    return HouseholdStepOut(**{name: getattr(row, name) for name in HouseholdStepOut.__struct_fields__})


def _gather(session: ScopedSession, community_id: UUID, dwelling_id: UUID | None = None) -> dict[UUID, Case]:
    cases: dict[UUID, Case] = {}
    rows = session.execute(
        select(Finding.dwelling_id, Finding.compound_id, Finding.day)
        .where(*_wrong(community_id, dwelling_id))
        .order_by(Finding.day)
    )
    for household, compound, day in rows:
        if household is None:
            continue
        cases.setdefault(household, Case(household, compound)).wrong.append(day)
    steps = select(Step).where(Step.community_id == community_id)
    if dwelling_id is not None:
        steps = steps.where(Step.dwelling_id == dwelling_id)
    for step in session.scalars(steps.order_by(Step.done_on, Step.id)):
        cases.setdefault(step.dwelling_id, Case(step.dwelling_id, step.compound_id)).steps.append(step)
    _suggest(session, cases)
    return cases


def _suggest(session: ScopedSession, cases: dict[UUID, Case]) -> None:
    since = _lived_in_since(session, cases)
    ladders = ladders_of(session, {case.compound_id for case in cases.values() if case.dwelling_id in since})
    for case in cases.values():
        if case.dwelling_id not in since:
            continue
        case.is_lived_in, case.since = True, since[case.dwelling_id]
        case.steps = [each for each in case.steps if case.since is None or each.done_on >= case.since]
        case.suggestion = _suggested(case, ladders[case.compound_id], today())


def _suggested(case: Case, ladder: Ladder, day: date) -> Suggestion | None:
    return next_step(ladder, case.wrong, case.steps, day, since=case.since) if case.is_lived_in else None


def _lived_in_since(session: ScopedSession, dwellings: Collection[UUID]) -> dict[UUID, date | None]:
    since: dict[UUID, date | None] = {}
    for stay in stays_at(session, list(dwellings)):
        known = since.get(stay.dwelling_id, stay.since)
        since[stay.dwelling_id] = None if known is None or stay.since is None else min(known, stay.since)
    return since


def _wrong(community_id: UUID, dwelling_id: UUID | None) -> list[Any]:
    return [
        Finding.community_id == community_id,
        Finding.dwelling_id.is_not(None) if dwelling_id is None else Finding.dwelling_id == dwelling_id,
        Finding.is_final,
        Finding.struck_at.is_(None),
        Finding.result != "correct",
    ]


def _count_appeals(session: ScopedSession, community_id: UUID, cases: dict[UUID, Case]) -> None:
    rows = session.execute(
        select(Appeal.dwelling_id, func.count())
        .where(Appeal.community_id == community_id, Appeal.state == "open", Appeal.dwelling_id.in_(cases))
        .group_by(Appeal.dwelling_id)
    )
    for household, number in rows:
        cases[household].open_appeals = number


def _lock(session: ScopedSession, community_id: UUID, dwelling_id: UUID) -> None:
    """One by one: a second click must not make a second step."""
    mine = select(Finding.id).where(Finding.community_id == community_id, Finding.dwelling_id == dwelling_id)
    session.execute(mine.order_by(Finding.id).limit(MOST_SHOWN).with_for_update()).all()


def _check_day(day: date, last: Step | None) -> None:
    if day > today():
        raise Invalid.one("done_on", _("还没有到这一天"), _("不晚于今天"))
    if last is not None and day < last.done_on:
        raise Invalid.one("done_on", _("早于上一步"), _("{day} 以后").format(day=last.done_on.isoformat()))


def _new(
    actor: Actor,
    community_id: UUID,
    case: Case,
    kind: str,
    day: date,
    note: str,
    reference: str,
    rests: Suggestion,
) -> Step:
    return Step(
        id=new_id(),
        community_id=community_id,
        compound_id=case.compound_id,
        dwelling_id=case.dwelling_id,
        kind=kind,
        done_on=day,
        done_by=actor.account_id,
        done_by_name=actor.display_name,
        note=note.strip(),
        reference=reference.strip(),
        counts_from=rests.counts_from,
        counted=rests.counted,
        needed=rests.needed,
    )


def _kept(session: ScopedSession, row: Step) -> Step:
    session.add(row)
    session.flush()
    _note(session, "take", row, after={"kind": row.kind, "day": row.done_on.isoformat(), "counted": row.counted})
    tell_step(session, row)
    return row


def _require(actor: Actor, permission: str, community_id: UUID) -> None:
    if not actor.can(permission, community_id=community_id):
        raise Forbidden


def _note(session: ScopedSession, verb: str, row: Step, **details: Any) -> None:
    # Whose household it is stays out of the record: it is read by more people than may know.
    subject = ("household_step", row.id)
    record(session, f"waste_sorting.step.{verb}", subject, community_id=row.community_id, **details)
