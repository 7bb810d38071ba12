"""Acts on administrators' roles and on the rules themselves that can take two people, and what guards those rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.access.duties import SETTING, require_separable
from linli.access.models import RoleGrant
from linli.access.places import GrantPlace
from linli.access.roles import ROLES
from linli.access.service import END_ADMINISTRATOR, GRANT_ADMINISTRATOR, end_grants, grant_role, linked_account
from linli.approvals import Act, require_approved
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.settings.core import TWO_PERSON_ACTS
from linli.settings.service import clear_setting, guard_setting, set_setting

_END_SEPARATION = "core.end_separate_duties"
_FEWER_ACTS = "core.relax_two_person_acts"


def _grant(session: ScopedSession, actor: Actor, payload: Mapping[str, Any]) -> str:
    made = grant_role(
        session,
        actor,
        UUID(payload["account_id"]),
        role=payload["role"],
        place=GrantPlace(),
        starts_on=date.fromisoformat(payload["starts_on"]),
        ends_on=date.fromisoformat(payload["ends_on"]) if payload["ends_on"] else None,
        reason=payload["reason"],
    )
    return _("已授予{name}“{role}”").format(name=made.account_name, role=_(ROLES[made.role].title))


def _describe_grant(session: ScopedSession, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    account = linked_account(session, UUID(payload["account_id"]))
    return [
        (_("姓名"), account.display_name if account else _("此账号已不在本街道")),
        (_("用户名"), (account.user_name or "") if account else ""),
        (_("角色"), _(ROLES[payload["role"]].title)),
        (_("范围"), _("全街道")),
        (_("开始"), payload["starts_on"]),
        (_("截止"), payload["ends_on"] or _("无期限")),
        (_("授予原因"), payload["reason"]),
    ]


def _end(session: ScopedSession, actor: Actor, payload: Mapping[str, Any]) -> str:
    ended = end_grants(session, actor, [UUID(each) for each in payload["grants"]], reason=payload["reason"])
    return _("已终止{name}的 {n} 个角色").format(name=ended[0].account_name, n=len(ended))


def _describe_end(session: ScopedSession, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    ids = [UUID(each) for each in payload["grants"]]
    rows = session.scalars(select(RoleGrant).where(RoleGrant.id.in_(ids)).order_by(RoleGrant.id)).all()
    titles = listed(_(ROLES[row.role].title) if row.role in ROLES else row.role for row in rows)
    names = listed(dict.fromkeys(row.account_name for row in rows))
    return [(_("姓名"), names), (_("终止的角色"), titles), (_("终止原因"), payload["reason"])]


def _end_separation(session: ScopedSession, actor: Actor, payload: Mapping[str, Any]) -> str:
    _choose(session, actor, SETTING, payload)
    return _("已关闭三权分立")


def _describe_separation(_session: ScopedSession, _payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(_("设置"), _("三权分立")), (_("后果"), _("一人可以兼任几个管理员；街道管理员恢复授予角色和查看操作记录"))]


def _fewer_acts(session: ScopedSession, actor: Actor, payload: Mapping[str, Any]) -> str:
    _choose(session, actor, "two_person_acts", payload)
    return _("已减少需要两人办理的事项")


def _describe_fewer(_session: ScopedSession, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    gone = [name for name in payload["before"] if name not in payload["after"]]
    kept = listed(_titles(payload["after"])) or _("没有")
    return [(_("不再需要两人办理"), listed(_titles(gone))), (_("仍需两人办理"), kept)]


def _titles(names: list[str]) -> list[str]:
    return [_(TWO_PERSON_ACTS[name]) if name in TWO_PERSON_ACTS else name for name in names]


def _choose(session: ScopedSession, actor: Actor, key: str, payload: Mapping[str, Any]) -> None:
    if payload["is_cleared"]:
        clear_setting(session, actor, "core", key)
    else:
        set_setting(session, actor, "core", key, payload["after"])


def _guard_separation(session: ScopedSession, actor: Actor, before: Any, after: Any, *, is_cleared: bool) -> None:
    if after and not before:
        require_separable(session)
    elif before and not after:
        asked = {"before": True, "after": False, "is_cleared": is_cleared}
        require_approved(session, actor, _END_SEPARATION, asked, subject=("setting", f"core.{SETTING}"))


def _guard_acts(session: ScopedSession, actor: Actor, before: Any, after: Any, *, is_cleared: bool) -> None:
    # A rule of two that one person could lift alone would be none.
    if set(before) - set(after):
        asked = {"before": list(before), "after": list(after), "is_cleared": is_cleared}
        require_approved(session, actor, _FEWER_ACTS, asked, subject=("setting", "core.two_person_acts"))


_DECIDE = "core.approval.decide"
ACTS = (
    Act(GRANT_ADMINISTRATOR, "授予街道管理员或三员角色", "core.role.grant", _DECIDE, _grant, _describe_grant),
    Act(END_ADMINISTRATOR, "终止街道管理员或三员角色", "core.role.grant", _DECIDE, _end, _describe_end),
    Act(_END_SEPARATION, "关闭三权分立", "core.settings.manage", _DECIDE, _end_separation, _describe_separation),
    Act(
        _FEWER_ACTS,
        "减少需要两人办理的事项",
        "core.settings.manage",
        _DECIDE,
        _fewer_acts,
        _describe_fewer,
        always=True,
    ),
)

guard_setting("core", SETTING, _guard_separation)
guard_setting("core", "two_person_acts", _guard_acts)
