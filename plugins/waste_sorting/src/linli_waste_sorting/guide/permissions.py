"""Who may do what with the guide; reading it is everybody's."""

from __future__ import annotations

from linli.sdk import Permission

READ_GUIDE = "waste_sorting.guide.read"
MANAGE_GUIDE = "waste_sorting.guide.manage"

_STAFF = frozenset({"street_administrator", "street_staff", "community_administrator"})

GUIDE_PERMISSIONS = (
    Permission(
        READ_GUIDE,
        "查看和打印投放指南",
        _STAFF | {"auditor", "building_steward", "property_staff", "committee_chair"},
    ),
    Permission(MANAGE_GUIDE, "填写本社区的投放规定", _STAFF),
)
