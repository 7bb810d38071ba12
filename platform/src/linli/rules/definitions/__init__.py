"""The core's own rules by topic; their values are data (``linli/rules/data``), from the nation down to the street."""

from __future__ import annotations

from linli.rules.definitions.assembly import ASSEMBLY_RULES
from linli.rules.definitions.bodies import BODY_RULES
from linli.rules.definitions.estate import ESTATE_RULES
from linli.rules.definitions.residents import RESIDENTS_RULES
from linli.rules.definitions.street import STREET_RULES
from linli.rules.keys import RuleKey

#: The part of a key before the dot to its title, in the order of the pages.
TOPICS = {
    "owners_assembly": "业主大会",
    "vote_counting": "票权计算",
    "preparation_group": "筹备组",
    "owners_committee": "业主委员会",
    "property_management_committee": "物业管理委员会",
    "residents_committee": "居民委员会",
    "residents_meeting": "居民会议",
    "representatives_meeting": "居民代表会议",
    "residents_group": "居民小组",
    "compound_management_committee": "小区管理委员会（准物业）",
    "self_governance_group": "居民自治小组",
    "six_post_group": "六职自治小组",
    "self_governance_committee": "小区自治委员会",
    "maintenance_fund": "住宅专项维修资金",
    "public_revenue": "公共收益",
    "property_service": "物业服务",
    "parking": "停车",
    "waste_sorting": "垃圾分类",
    "violation": "违法建设",
    "evaluation": "评价",
    "street_task": "街道任务",
}

CORE_RULES: tuple[RuleKey, ...] = (*ASSEMBLY_RULES, *BODY_RULES, *RESIDENTS_RULES, *ESTATE_RULES, *STREET_RULES)
