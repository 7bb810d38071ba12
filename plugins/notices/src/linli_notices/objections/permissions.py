"""Who works on objections. Residents need no permission: who has a home in a notice's scope may speak."""

from __future__ import annotations

from linli.sdk import Permission

READ_OBJECTIONS = "notices.objection.read"
ANSWER = "notices.objection.answer"
REVEAL = "notices.objection.reveal"
FILE_PAPER = "notices.objection.file"
READ_REACH = "notices.reach.read"

_OFFICE = frozenset({"street_administrator", "street_staff", "community_administrator"})
#: Who answers, and so is told of what is filed.
ANSWERING_ROLES = _OFFICE | {"committee_chair"}
_COMMITTEE = _OFFICE | {"committee_chair", "committee_deputy"}

PARTICIPATION_PERMISSIONS = (
    Permission(READ_OBJECTIONS, "查看异议和意见（姓名打码）", _COMMITTEE | {"committee_member", "auditor"}),
    Permission(ANSWER, "答复异议和意见", ANSWERING_ROLES),
    Permission(REVEAL, "查看提出人的姓名和门牌", _OFFICE | {"committee_chair"}),
    Permission(FILE_PAPER, "代居民录入纸质异议和意见", _OFFICE),
    Permission(READ_REACH, "查看公告的送达和阅读情况", _COMMITTEE | {"building_steward"}),
)
