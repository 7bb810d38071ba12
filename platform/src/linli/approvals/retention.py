"""What requests for approval keep about those who ask and decide: given out, and kept as proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select

from linli.approvals.acts import find_act
from linli.approvals.models import Approval
from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData


def _theirs(person: Person) -> Any:
    return or_(Approval.asked_by == person.account_id, Approval.decided_by == person.account_id)


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rows = session.scalars(select(Approval).where(_theirs(person)).order_by(Approval.id))
    found = []
    for each in rows:
        act = find_act(each.act)
        found.append(
            {
                "title": _(act.title) if act else each.act,
                "name": each.asked_by_name if each.asked_by == person.account_id else each.decided_by_name,
                "at": each.created_at,
                "reason": each.reason,
                "done_at": each.decided_at,
            }
        )
    return found


def _erase(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    kept = session.scalar(select(func.count()).select_from(Approval).where(_theirs(person))) or 0
    return Erased(0, kept, _("谁申请、谁批准是履行职责的凭据，不能改动") if kept else "")


PERSONAL_DATA = (
    PersonalData(
        title="申请和审批",
        purpose="重要操作由两个人办理，记录谁申请、谁批准。",
        basis="履行法定职责（个人信息保护法 第十三条）",
        export=_export,
        erase=_erase,
        tables=("core.approval",),
    ),
)
DATA_CLASSES: tuple[DataClass, ...] = ()
