"""Who may do what with points."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import RESIDENTS, STAFF

READ_POINTS = "waste_sorting.points.read"
AWARD = "waste_sorting.points.award"
GRANT = "waste_sorting.points.grant"
AUDIT = "waste_sorting.points.audit"
COUNT_POINTS = "waste_sorting.points.count"
VIEW_POINTS = "waste_sorting.points.view"
MANAGE_REDEMPTION = "waste_sorting.redemption.manage"
HAND_OVER = "waste_sorting.redemption.hand"
#: Of the core: who approves what takes two people.
APPROVE = "core.approval.decide"

#: Who stands at the bins, and who at the desk.
_AT_BINS = frozenset({"property_staff", "committee_chair", "building_steward"})
#: Who is told that something looks odd.
AUDITING_ROLES = ("community_administrator",)

POINT_PERMISSIONS = (
    Permission(READ_POINTS, "查看积分账目（含门牌）", STAFF | {"property_staff"}),
    Permission(AWARD, "扫家庭码、现场发积分", STAFF | _AT_BINS),
    Permission(GRANT, "手工发积分", STAFF),
    Permission(AUDIT, "核查和冲回积分", STAFF),
    Permission(COUNT_POINTS, "查看积分的合计（不含门牌）", STAFF | {"auditor"}),
    Permission(VIEW_POINTS, "查看自己家的积分、预约兑换", RESIDENTS),
    Permission(MANAGE_REDEMPTION, "设置兑换物品和兑换日", STAFF),
    Permission(HAND_OVER, "在兑换台扣积分、交付物品", STAFF | {"property_staff"}),
)
