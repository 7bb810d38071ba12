"""Who may see figures, make and publish rankings, change what an indicator is, and see one's own result."""

from __future__ import annotations

from linli.sdk import Permission
from linli_waste_sorting.permissions import RESIDENTS, STAFF, STREET

READ_FIGURES = "waste_sorting.indicator.read"
DEFINE = "waste_sorting.indicator.define"
RANK = "waste_sorting.ranking.prepare"
PUBLISH_RANKING = "waste_sorting.ranking.publish"
VIEW_RESULTS = "waste_sorting.result.view"

INDICATOR_PERMISSIONS = (
    Permission(
        READ_FIGURES,
        "查看垃圾分类指标和排名",
        STAFF | {"auditor", "building_steward", "property_staff", "committee_chair"},
    ),
    Permission(DEFINE, "修改垃圾分类指标的定义和权重", STREET),
    Permission(RANK, "计算垃圾分类指标，起草和核对排名", STAFF),
    Permission(PUBLISH_RANKING, "发布和撤回垃圾分类排名", STAFF),
    Permission(VIEW_RESULTS, "查看本楼和自己家的分类结果、公布的排名", RESIDENTS),
)
