"""What inspections keep about people: given out, made nameless when erased, and unlinked from the door in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, or_, select, tuple_, update

from linli.sdk import (
    SHANGHAI,
    DataClass,
    Erased,
    Person,
    PersonalData,
    ScopedSession,
    Stay,
    homes_of_resident,
    stays_of,
)
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.models import Appeal, Finding, Round, Step

#: Entries that one export holds.
_MOST = 5000
#: Two years: proposed, so that a household's year is seen whole.
_DAYS = 730
_QUIET = {"synchronize_session": False}


def _own_appeals(person: Person) -> ColumnElement[bool]:
    mine = Appeal.resident_id.in_(person.resident_ids)
    return mine if person.account_id is None else or_(mine, Appeal.account_id == person.account_id)


def _at_home(stays: Sequence[Stay], dwelling: Any, day: Any) -> ColumnElement[bool]:
    since = [
        dwelling == each.dwelling_id if each.since is None else and_(dwelling == each.dwelling_id, day >= each.since)
        for each in stays
    ]
    return or_(false(), *since)


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    stays = stays_of(session, person.resident_ids)
    findings = session.scalars(
        select(Finding)
        .where(Finding.is_final, _at_home(stays, Finding.dwelling_id, Finding.day))
        .order_by(Finding.id.desc())
        .limit(_MOST)
    )
    found: list[Mapping[str, Any]] = [
        {
            "day": each.day,
            "category": each.category,
            "result": each.result,
            "guided": each.is_guided,
            "note": each.note,
            "struck": each.struck_reason,
        }
        for each in findings
    ]
    steps = session.scalars(
        select(Step).where(_at_home(stays, Step.dwelling_id, Step.done_on)).order_by(Step.id.desc()).limit(_MOST)
    )
    found += [
        {
            "step": each.kind,
            "day": each.done_on,
            "note": each.note,
            "reference": each.reference,
            "taken_back": each.taken_back_reason,
        }
        for each in steps
    ]
    appeals = session.scalars(select(Appeal).where(_own_appeals(person)).order_by(Appeal.id.desc()).limit(_MOST))
    found += [
        {"appeal": each.body, "at": each.filed_at, "state": each.state, "answer": each.answer} for each in appeals
    ]
    return found


def _erase(session: ScopedSession, person: Person) -> Erased:
    stays = stays_of(session, person.resident_ids)
    changed = session.execute(
        update(Appeal)
        .where(_own_appeals(person))
        .values(resident_id=None, account_id=None, version=Appeal.version + 1)
        .returning(Appeal.id),
        execution_options=_QUIET,
    ).all()
    kept = 0
    for model, day in ((Finding, Finding.day), (Step, Step.done_on)):
        here = _at_home(stays, model.dwelling_id, day)
        kept += session.scalar(select(func.count()).select_from(model).where(here)) or 0
    reason = _("检查结果和措施属于这一户，不只属于一个人；保存期满后与门牌分开")
    return Erased(len(changed), kept, reason if kept else "")


def _export_work(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rounds = session.scalars(
        select(Round).where(Round.inspector_id == person.account_id).order_by(Round.id.desc()).limit(_MOST)
    )
    return [{"round": each.day, "name": each.inspector_name, "finished_at": each.finished_at} for each in rounds]


def _erase_work(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    kept = 0
    for mine in (
        select(func.count()).select_from(Round).where(Round.inspector_id == person.account_id),
        select(func.count()).select_from(Step).where(Step.done_by == person.account_id),
        select(func.count()).select_from(Appeal).where(Appeal.decided_by == person.account_id),
    ):
        kept += session.scalar(mine) or 0
    return Erased(0, kept, _("由谁检查、由谁办理是履行职责的凭据，不能改动") if kept else "")


INSPECTION_PERSONAL = (
    PersonalData(
        title="垃圾分类检查结果、告知和申诉",
        purpose="帮助您家分对垃圾；多次投放不正确的，依次劝导、报告和书面告知；听取您的申诉",
        basis="履行法定职责",
        export=_export,
        erase=_erase,
        tables=(
            "plugin_waste_sorting.inspection_finding",
            "plugin_waste_sorting.household_step",
            "plugin_waste_sorting.household_appeal",
        ),
    ),
    PersonalData(
        title="进行分类巡查的记录",
        purpose="记录由谁巡查",
        basis="履行法定职责",
        export=_export_work,
        erase=_erase_work,
        tables=("plugin_waste_sorting.inspection_round",),
    ),
)


def _purge(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    """Delete old objections and steps, and part old findings from their doors: the figures stay, the household goes."""
    day = before.astimezone(SHANGHAI).date()
    spared = {home.dwelling_id for each in held for home in homes_of_resident(session, each)}

    def theirs(model: Any) -> list[ColumnElement[bool]]:
        found = [model.community_id.not_in(held)] if held else []
        return [*found, model.dwelling_id.not_in(spared)] if spared else found

    old = select(Appeal.tenant_id, Appeal.id).where(Appeal.filed_at < before, *theirs(Appeal))
    if held:
        old = old.where(
            or_(Appeal.account_id.is_(None), Appeal.account_id.not_in(held)),
            or_(Appeal.resident_id.is_(None), Appeal.resident_id.not_in(held)),
        )
    gone = _delete(session, Appeal, old.limit(most))
    is_free = ~exists(select(1).where(Appeal.tenant_id == Step.tenant_id, Appeal.step_id == Step.id))
    steps = select(Step.tenant_id, Step.id).where(Step.done_on < day, is_free, *theirs(Step))
    gone += _delete(session, Step, steps.limit(most - len(gone)))
    is_free = ~exists(select(1).where(Appeal.tenant_id == Finding.tenant_id, Appeal.finding_id == Finding.id))
    findings = (
        select(Finding.tenant_id, Finding.id)
        .where(Finding.day < day, Finding.dwelling_id.is_not(None), is_free, *theirs(Finding))
        .limit(most - len(gone))
    )
    parted = (
        update(Finding)
        .where(tuple_(Finding.tenant_id, Finding.id).in_(findings))
        .values(dwelling_id=None, note="")
        .returning(Finding.id)
    )
    return [*gone, *session.scalars(parted, execution_options=_QUIET)]


def _delete(session: ScopedSession, model: type[Appeal] | type[Step], old: Any) -> list[UUID]:
    gone = delete(model).where(tuple_(model.tenant_id, model.id).in_(old)).returning(model.id)
    return list(session.scalars(gone, execution_options=_QUIET))


INSPECTION_RETENTION = (
    DataClass(
        name="waste_sorting.household_results",
        title="住户的分类检查结果、告知和申诉",
        days=_DAYS,
        source="最短必要期限（《个人信息保护法》第十九条）；两年为平台建议值，到期后检查结果与门牌分开，统计数字保留",
        purge=_purge,
    ),
)
