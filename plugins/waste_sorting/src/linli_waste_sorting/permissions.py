"""Who may do what."""

from __future__ import annotations

from linli.sdk import Permission

READ = "waste_sorting.station.read"
MANAGE = "waste_sorting.station.manage"
VIEW = "waste_sorting.station.view"
NAME_PARTY = "waste_sorting.party.name"
DECIDE_PARTY = "waste_sorting.party.decide"

#: Roles that the parts of the plugin give their permissions to.
STREET = frozenset({"street_administrator", "street_staff"})
STAFF = STREET | {"community_administrator"}
RESIDENTS = frozenset({"resident", "owner"})

PERMISSIONS = (
    Permission(READ, "查看垃圾投放点", STAFF | {"auditor", "building_steward", "property_staff", "committee_chair"}),
    Permission(MANAGE, "设置垃圾投放点", STAFF),
    Permission(NAME_PARTY, "登记分类管理责任人", STAFF),
    Permission(DECIDE_PARTY, "登记街道确定的分类管理责任人", STREET),
    Permission(VIEW, "以居民身份查看垃圾投放点", RESIDENTS),
)
