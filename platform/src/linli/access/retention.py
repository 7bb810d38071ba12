"""What roles keep about those who hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from linli.access.models import RoleGrant
from linli.access.roles import ROLES
from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.plugins.contributions import Erased, Person, PersonalData


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    grants = session.scalars(select(RoleGrant).where(RoleGrant.account_id == person.account_id).order_by(RoleGrant.id))
    return [
        {
            "name": each.account_name,
            "role": _(ROLES[each.role].title) if each.role in ROLES else each.role,
            "from": each.starts_on,
            "to": each.ends_on,
            "ended_at": each.revoked_at,
        }
        for each in grants
    ]


def _erase(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    kept = session.scalar(select(func.count()).select_from(RoleGrant).where(RoleGrant.account_id == person.account_id))
    reason = _("任职和授权的记录是履行职责的凭据，要能查到是谁、凭什么授权办理的")
    return Erased(0, kept or 0, reason if kept else "")


PERSONAL_DATA = (
    PersonalData(
        title="担任的角色",
        purpose="记录谁在什么时间、凭什么授权办理社区事务。",
        basis="履行法定职责（个人信息保护法 第十三条）",
        export=_export,
        erase=_erase,
        tables=("core.role_grant",),
    ),
)
DATA_CLASSES = ()
