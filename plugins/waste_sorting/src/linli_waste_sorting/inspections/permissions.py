"""Who may do what about inspections. What concerns a household is for the community administrator alone."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import RESIDENTS, STREET

READ_ROUNDS = "waste_sorting.round.read"
WALK = "waste_sorting.round.walk"
READ_CASES = "waste_sorting.case.read"
SETTLE_CASES = "waste_sorting.case.settle"
VIEW_OWN = "waste_sorting.case.view"

_ROUNDS = frozenset({"community_administrator", "building_steward", "property_staff", "committee_chair"})

#: Those who work on the follow-up: told of what waits.
SETTLING_ROLES = ("community_administrator",)

INSPECTION_PERMISSIONS = (
    Permission(READ_ROUNDS, "查看分类检查", STREET | _ROUNDS | {"auditor"}),
    Permission(WALK, "进行分类巡查", STREET | _ROUNDS),
    Permission(READ_CASES, "查看住户的分类跟进", frozenset(SETTLING_ROLES)),
    Permission(SETTLE_CASES, "办理住户的分类跟进和申诉", frozenset(SETTLING_ROLES)),
    Permission(VIEW_OWN, "以居民身份查看自己家的分类跟进", RESIDENTS),
)
