"""Who may do what with notices. Residents need no permission: what concerns them they may read."""

from __future__ import annotations

from linli.sdk import Permission

READ = "notices.notice.read"
CREATE = "notices.notice.create"
PUBLISH = "notices.notice.publish"
WITHDRAW = "notices.notice.withdraw"

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
)
