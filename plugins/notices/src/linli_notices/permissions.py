"""Who may do what with notices. Residents need no permission: what concerns them they may read."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import Actor, Permission, ScopedSession, grants_of
from linli_notices.objections.permissions import PARTICIPATION_PERMISSIONS

READ = "notices.notice.read"
CREATE = "notices.notice.create"
PUBLISH = "notices.notice.publish"
WITHDRAW = "notices.notice.withdraw"
MANAGE_CATEGORIES = "notices.category.manage"
MANAGE_TEMPLATES = "notices.template.manage"

_WRITERS = frozenset(
    {
        "street_administrator",
        "street_staff",
        "community_administrator",
        "committee_chair",
        "committee_deputy",
        "building_steward",
    }
)
_PUBLISHERS = frozenset({"street_administrator", "street_staff", "community_administrator", "committee_chair"})
_READERS = _WRITERS | {"department_officer", "committee_member", "auditor"}

PERMISSIONS = (
    Permission(READ, "查看公告管理（含草稿和阅读人数）", _READERS),
    Permission(CREATE, "起草和修改公告", _WRITERS),
    Permission(PUBLISH, "发布公告", _PUBLISHERS),
    Permission(WITHDRAW, "撤回公告", _PUBLISHERS),
    Permission(MANAGE_CATEGORIES, "管理公告类别", frozenset({"street_administrator", "street_staff"})),
    Permission(
        MANAGE_TEMPLATES,
        "管理公告模板",
        frozenset({"street_administrator", "street_staff", "community_administrator"}),
    ),
    *PARTICIPATION_PERMISSIONS,
)


def standing_of(session: ScopedSession, account_id: UUID, name: str) -> Actor:
    """Somebody who is not here, with the rights on notices that they hold today: for what they set for later."""
    roles = {role: frozenset(each.name for each in PERMISSIONS if role in each.roles) for role in _READERS}
    return Actor(account_id=account_id, display_name=name, grants=grants_of(session, account_id), permissions=roles)
