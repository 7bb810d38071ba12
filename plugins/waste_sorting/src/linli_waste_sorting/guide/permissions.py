"""Who may do what with the guide; reading it is everybody's."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import STAFF

READ_GUIDE = "waste_sorting.guide.read"
MANAGE_GUIDE = "waste_sorting.guide.manage"


GUIDE_PERMISSIONS = (
    Permission(
        READ_GUIDE,
        "查看和打印投放指南",
        STAFF | {"auditor", "building_steward", "property_staff", "committee_chair"},
    ),
    Permission(MANAGE_GUIDE, "填写本社区的投放规定", STAFF),
)
