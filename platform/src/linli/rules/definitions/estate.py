"""The compound's money, service and order: maintenance fund, public revenue, service, parking, waste, evaluation."""

from __future__ import annotations

from fractions import Fraction

from linli.rules.keys import RuleKey

_ALL = ("all",)
_FIRST = ("first_deposit",)
_EVERY = ("months", "years")
_CEILING = ("<=", "<")

ESTATE_RULES: tuple[RuleKey, ...] = (
    RuleKey(
        key="maintenance_fund.deposit_min",
        title="首次交存最少",
        type="share",
        help="每平方米交存的数额占当地住宅建筑安装工程每平方米造价的比例，具体数额由主管部门公布。",
        bases=("construction_cost",),
        stricter="higher",
    ),
    RuleKey(
        key="maintenance_fund.deposit_max",
        title="首次交存最多",
        type="share",
        bases=("construction_cost",),
        comparisons=_CEILING,
        stricter="lower",
    ),
    RuleKey(
        key="maintenance_fund.use_decision",
        title="使用维修资金怎样决定",
        type="choice",
        choices={
            "ordinary": "业主共同决定，按一般事项通过",
            "two_thirds_of_scope": "列支范围内专有面积和人数各三分之二以上同意",
        },
    ),
    RuleKey(
        key="maintenance_fund.raise_decision",
        title="筹集维修资金怎样决定",
        type="choice",
        choices={"special": "业主共同决定，按特别事项通过"},
    ),
    RuleKey(
        key="maintenance_fund.renew_below",
        title="余额低于多少要续交",
        type="share",
        help="一户分户账的余额占首次交存额的比例。",
        bases=_FIRST,
        comparisons=("<", "<="),
        stricter="higher",
        only_stricter=True,
    ),
    RuleKey(
        key="maintenance_fund.renew_assembly_within",
        title="业主大会决定续交的期限",
        type="duration",
        units=("days", "months"),
        stricter="lower",
    ),
    RuleKey(
        key="maintenance_fund.renew_owner_within",
        title="业主补交的期限",
        type="duration",
        units=("days", "months"),
    ),
    RuleKey(
        key="maintenance_fund.renew_owner_max",
        title="业主补交最多",
        type="share",
        bases=_FIRST,
        comparisons=_CEILING,
    ),
    RuleKey(
        key="maintenance_fund.emergency_cases",
        title="可以应急使用的情形",
        type="list",
        help="这些情形不需要全体业主表决。",
        choices={
            "pump_tank": "水泵、水箱故障",
            "lift_stopped": "电梯被责令停用",
            "fire_system": "消防设施被责令整改",
            "facade_falling": "外墙有脱落危险并经鉴定",
            "roof_wall_leak": "屋面、外墙渗漏严重并经鉴定",
        },
    ),
    RuleKey(
        key="maintenance_fund.emergency_committee_within",
        title="应急维修业主委员会办理的期限",
        type="duration",
        units=("days", "working_days"),
        stricter="lower",
    ),
    RuleKey(
        key="maintenance_fund.excluded_uses",
        title="不能用维修资金的情形",
        type="list",
        choices={
            "developer_liability": "应由建设、施工单位承担的",
            "utility_lines": "应由供水、供电等单位承担的管线",
            "damage_by_person": "人为损坏、应由当事人承担的",
            "company_duty": "物业服务合同约定由物业服务人承担的",
        },
        stricter="higher",
    ),
    RuleKey(
        key="maintenance_fund.accounts",
        title="账户怎样设立",
        type="choice",
        choices={"by_household": "按户门号设分户账", "by_building_and_household": "按幢立账、按户核算"},
    ),
    RuleKey(
        key="maintenance_fund.allocation",
        title="费用怎样分摊",
        type="choice",
        choices={"by_area": "商品住宅按专有面积"},
    ),
    RuleKey(
        key="maintenance_fund.stays_with_unit",
        title="房屋转让时余额随房转移",
        type="boolean",
    ),
    RuleKey(
        key="maintenance_fund.published_every",
        title="公布维修资金账目的间隔",
        type="duration",
        units=_EVERY,
        stricter="lower",
        only_stricter=True,
    ),
    RuleKey(
        key="maintenance_fund.diversion_fine_max",
        title="挪用的罚款最多",
        type="share",
        bases=("diverted",),
        comparisons=_CEILING,
        most_ratio=Fraction(10),
    ),
    RuleKey(
        key="public_revenue.fund_share",
        title="补充维修资金的比例",
        type="share",
        help="维修资金低于续交线时，公共收益至少有多少用于补充。",
        bases=_ALL,
        stricter="higher",
        only_stricter=True,
    ),
    RuleKey(
        key="public_revenue.top_up_every",
        title="补充维修资金的间隔",
        type="duration",
        units=_EVERY,
        stricter="lower",
    ),
    RuleKey(
        key="public_revenue.published_every",
        title="公布公共收益的间隔",
        type="duration",
        units=_EVERY,
        stricter="lower",
        only_stricter=True,
    ),
    RuleKey(
        key="public_revenue.audit_posted_for",
        title="审计结果公布的天数",
        type="duration",
        units=("days",),
        stricter="higher",
    ),
    RuleKey(
        key="property_service.disclosure",
        title="物业服务人应当公开的内容",
        type="list",
        choices={
            "licence": "营业执照、项目负责人、投诉电话",
            "service_and_fees": "服务内容、标准、收费",
            "maintenance_contractors": "电梯、消防等维保单位和计划",
            "performance": "上年履约和收支、本年预算",
            "shared_costs": "上年公摊费用、公共收益、维修资金使用",
            "decoration": "装饰装修",
            "parking": "车位车库出售和出租",
            "other": "其他应当公开的情况",
        },
        stricter="higher",
    ),
    RuleKey(
        key="property_service.owner_may_inspect",
        title="业主可以请求查阅",
        type="list",
        choices={
            "fund": "维修资金的筹集和使用",
            "rules_and_minutes": "管理规约、议事规则、决定和会议记录",
            "contract": "物业服务合同",
            "common_income": "共有部分的使用和收益",
            "parking": "规划车位车库的处分",
        },
        stricter="higher",
    ),
    RuleKey(
        key="property_service.self_managed_accounts_every",
        title="自行管理的账目公布间隔",
        type="duration",
        units=_EVERY,
        stricter="lower",
        only_stricter=True,
    ),
    RuleKey(
        key="parking.fee_decision",
        title="共有车位收费调整由谁决定",
        type="choice",
        choices={"owners": "业主共同决定"},
    ),
    RuleKey(
        key="waste_sorting.categories",
        title="垃圾分几类",
        type="integer",
        unit="categories",
        minimum=2,
        maximum=20,
        stricter="higher",
    ),
    RuleKey(
        key="violation.report_within",
        title="劝阻无效后报告的期限",
        type="duration",
        help="物业服务人发现违法建设、劝阻无效后，多久之内报告。",
        units=("hours", "days"),
        stricter="lower",
        only_stricter=True,
    ),
    *(
        RuleKey(
            key=f"evaluation.weight_{line}",
            title=title,
            type="integer",
            help="“四有”评价的权重，各项合计 100。",
            unit="points",
            minimum=0,
            maximum=100,
        )
        for line, title in {
            "security": "治安防范的权重",
            "greening_cleaning": "绿化保洁的权重",
            "maintenance_repair": "维修维护的权重",
            "parking": "停车管理的权重",
            "self_governance": "自治公开的权重",
        }.items()
    ),
)
