"""Who may do what at the bin watch."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import RESIDENTS, STAFF

READ_SHIFTS = "waste_sorting.shift.read"
PLAN_SHIFTS = "waste_sorting.shift.plan"
JOIN_SHIFTS = "waste_sorting.shift.join"

_ON_SITE = frozenset({"property_staff", "committee_chair"})

WATCH_PERMISSIONS = (
    Permission(READ_SHIFTS, "查看桶站值守和值守人员", STAFF | _ON_SITE | {"auditor", "building_steward"}),
    Permission(PLAN_SHIFTS, "安排桶站值守、登记到岗", STAFF | _ON_SITE),
    Permission(JOIN_SHIFTS, "报名桶站值守、签到", STAFF | _ON_SITE | RESIDENTS | {"building_steward"}),
)
