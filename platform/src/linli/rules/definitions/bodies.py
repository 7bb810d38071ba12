"""What a body of self-governance is made of, told by the same rules for each: size, posts, term, meetings, quorum.

The statutory bodies get their values from law, those of the handbook and the plans from what these papers print; a
body for which nothing is printed has no value, and nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from linli.rules.keys import RuleKey

#: Of whom a share is taken, the narrowest first.
_MEMBERS = ("present", "all")
_DAYS = ("days", "working_days")

POSTS = {
    "chair": "主任",
    "deputy_chair": "副主任",
    "member": "委员",
    "group_leader": "组长",
    "group_member": "组员",
    "secretary": "秘书",
    "publicity": "宣传委员",
    "livelihood": "生活委员",
    "safety": "安全委员",
    "finance_head": "财务负责人",
    "publicity_head": "宣传负责人",
}
CONDITIONS = {
    "law_abiding": "遵纪守法",
    "full_capacity": "有完全民事行为能力",
    "no_interest_in_company": "本人和近亲属与物业服务人没有利害关系",
    "not_dishonest_debtor": "不是失信被执行人",
    "no_prohibited_use": "没有违规使用房屋",
    "no_arrears": "没有拖欠物业费或者维修资金",
    "written_pledge": "签署书面承诺",
    "supports_party_line": "拥护党的路线方针政策",
    "public_spirited": "热心公益、有奉献精神",
    "accepts_charter": "认同章程、自愿参加",
    "healthy": "身体健康、能够工作",
}
ELECTORS = {
    "owners_assembly": "业主大会选举",
    "residents": "居民选举",
    "representatives": "居民代表选举",
    "owners": "业主推荐选举",
    "street": "街道组建",
}
INVITEES = {
    "resident_representatives": "居民代表",
    "harmony_promoters": "和谐促进员代表",
    "unit_leaders": "社会单位负责人",
}

#: What can be told of a body; the parts of ``RuleKey`` beside its key.
FACETS: dict[str, dict[str, Any]] = {
    "members_min": {"title": "人数最少", "type": "integer", "unit": "persons", "stricter": "higher"},
    "members_max": {"title": "人数最多", "type": "integer", "unit": "persons", "stricter": "lower"},
    "odd_required": {"title": "人数为单数", "type": "boolean", "stricter": "higher", "only_stricter": True},
    "members_min_small": {"title": "小型小区人数最少", "type": "integer", "unit": "persons", "stricter": "higher"},
    "small_households": {"title": "多少户以下是小型小区", "type": "integer", "unit": "households"},
    "small_area": {"title": "多大面积以下是小型小区", "type": "integer", "unit": "square_metres"},
    "alternates_max": {
        "title": "候补委员最多",
        "type": "share",
        "bases": ("all",),
        "comparisons": ("<=", "<"),
        "most_ratio": Fraction(10),
    },
    "owner_share": {"title": "业主代表的比例", "type": "share", "bases": ("all",), "stricter": "higher"},
    "posts": {"title": "职务", "type": "list", "choices": POSTS},
    "chair_is": {
        "title": "主任由谁担任",
        "type": "choice",
        "choices": {"residents_committee": "居民委员会代表", "elected": "委员推选"},
    },
    "elected_by": {"title": "怎样产生", "type": "choice", "choices": ELECTORS},
    "nominees_min": {"title": "候选人最少", "type": "integer", "unit": "persons", "stricter": "higher"},
    "open_vote": {"title": "公开投票", "type": "boolean"},
    "representatives_per_building": {"title": "每栋楼的居民代表", "type": "integer", "unit": "persons"},
    "candidate_conditions": {
        "title": "候选人条件",
        "type": "list",
        "choices": CONDITIONS,
        "stricter": "higher",
        "only_stricter": True,
    },
    "candidate_channels": {
        "title": "候选人怎样产生",
        "type": "list",
        "choices": {
            "party_branch": "党组织推荐",
            "residents_committee": "居民委员会推荐",
            "owners": "业主自荐或者联名推荐",
        },
    },
    "term": {"title": "每届任期", "type": "duration", "units": ("years", "months")},
    "term_min": {"title": "任期最短", "type": "duration", "units": ("years", "months"), "stricter": "higher"},
    "term_max": {"title": "任期最长", "type": "duration", "units": ("years", "months"), "stricter": "lower"},
    "reelectable": {"title": "可以连选连任", "type": "boolean"},
    "deferral_max": {
        "title": "延期换届最长",
        "type": "duration",
        "units": ("days", "months", "years"),
        "stricter": "lower",
        "only_stricter": True,
    },
    "deferral_decided_by": {
        "title": "提前或者延期换届由谁决定",
        "type": "choice",
        "choices": {"committee": "委员会表决", "assembly": "业主大会或者居民会议"},
    },
    "first_meeting": {"title": "当选后首次会议的期限", "type": "duration", "units": _DAYS, "stricter": "lower"},
    "leaders_published": {"title": "公布主任、副主任的期限", "type": "duration", "units": _DAYS, "stricter": "lower"},
    "filing": {"title": "备案的期限", "type": "duration", "units": _DAYS, "stricter": "lower", "only_stricter": True},
    "filing_answer": {"title": "街道答复备案的期限", "type": "duration", "units": _DAYS, "stricter": "lower"},
    "change_filing": {"title": "变更备案的期限", "type": "duration", "units": _DAYS, "stricter": "lower"},
    "filing_packet": {
        "title": "备案材料",
        "type": "list",
        "choices": {
            "assembly_minutes": "业主大会会议记录和决定",
            "rules_of_procedure": "业主大会议事规则",
            "management_covenant": "管理规约",
            "first_meeting_minutes": "委员会首次会议记录",
            "member_list": "委员和候补委员名单及基本情况",
            "fund_covenant": "专项维修资金管理规约",
            "pledges": "委员书面承诺",
            "training_records": "培训记录",
        },
        "stricter": "higher",
    },
    "meeting_every": {
        "title": "例会的间隔",
        "type": "duration",
        "units": ("weeks", "months", "years"),
        "help": "至少每隔多久开一次会。",
        "stricter": "lower",
        "only_stricter": True,
    },
    "enlarged_every": {
        "title": "扩大会议的间隔",
        "type": "duration",
        "units": ("months", "years"),
        "stricter": "lower",
        "only_stricter": True,
    },
    "enlarged_invitees": {"title": "扩大会议邀请", "type": "list", "choices": INVITEES, "stricter": "higher"},
    "extraordinary_request": {
        "title": "提议召开临时会议的委员",
        "type": "share",
        "bases": ("all",),
        "stricter": "lower",
        "only_stricter": True,
    },
    "extraordinary_within": {
        "title": "提议后召开临时会议的期限",
        "type": "duration",
        "units": _DAYS,
        "stricter": "lower",
    },
    "agenda_notice": {"title": "会前公布议程", "type": "duration", "units": _DAYS, "stricter": "higher"},
    "agenda_to_residents_committee": {
        "title": "会前把议程告知居民委员会",
        "type": "duration",
        "units": _DAYS,
        "stricter": "higher",
    },
    "attendance": {
        "title": "开会的法定人数",
        "type": "share",
        "bases": ("all",),
        "stricter": "higher",
        "only_stricter": True,
    },
    "owner_attendance": {
        "title": "业主委员到会的比例",
        "type": "share",
        "bases": ("all",),
        "stricter": "higher",
        "only_stricter": True,
    },
    "passing": {
        "title": "通过决定的比例",
        "type": "share",
        "bases": _MEMBERS,
        "stricter": "higher",
        "only_stricter": True,
    },
    "no_proxy": {"title": "委员不能委托他人到会", "type": "boolean", "stricter": "higher", "only_stricter": True},
    "decision_published": {
        "title": "公布决定的期限",
        "type": "duration",
        "units": _DAYS,
        "stricter": "lower",
        "only_stricter": True,
    },
    "decision_posted_for": {"title": "决定公布的天数", "type": "duration", "units": _DAYS, "stricter": "higher"},
    "seal_use": {"title": "用印要有多少委员签字", "type": "share", "bases": ("all",), "stricter": "higher"},
    "reelection_notice": {
        "title": "任期届满前多久着手换届",
        "type": "duration",
        "units": ("days", "months"),
        "stricter": "higher",
    },
    "reelection_group": {
        "title": "成立换届小组的期限",
        "type": "duration",
        "units": ("days", "months"),
        "stricter": "lower",
    },
    "early_reelection_below": {
        "title": "委员少于多少要提前换届",
        "type": "share",
        "bases": ("all",),
        "comparisons": ("<", "<="),
        "stricter": "higher",
    },
    "absence_recall": {
        "title": "一年缺席多少会议可以罢免",
        "type": "share",
        "bases": ("all",),
        "stricter": "lower",
    },
    "removal_by": {
        "title": "严重违反章程由谁除名",
        "type": "choice",
        "choices": {"committee": "委员会表决", "assembly": "业主大会或者居民会议"},
    },
    "leaving_notice": {
        "title": "委员退出要书面通知",
        "type": "boolean",
        "stricter": "higher",
    },
    "hand_over": {"title": "换届移交的期限", "type": "duration", "units": _DAYS, "stricter": "lower"},
    "member_hand_over": {"title": "离任委员移交的期限", "type": "duration", "units": _DAYS, "stricter": "lower"},
    "dissolved_within": {
        "title": "业主委员会备案后解散的期限",
        "type": "duration",
        "units": _DAYS,
        "stricter": "lower",
    },
    "fees_published_every": {
        "title": "公布委员缴费情况的间隔",
        "type": "duration",
        "units": ("months", "years"),
        "stricter": "lower",
        "only_stricter": True,
    },
    "disclosure": {
        "title": "应当公开的内容",
        "type": "list",
        "choices": {
            "rules": "管理规约、议事规则",
            "decisions": "大会和委员会的决定",
            "contract": "物业服务合同",
            "fund": "维修资金的筹集和使用",
            "common_parts": "共有部分的使用和收益",
            "parking": "占用共有场地停车的处分情况",
            "working_funds": "委员会的工作经费",
            "other": "其他应当公开的情况",
        },
        "stricter": "higher",
    },
    "archive": {
        "title": "应当建档保管的资料",
        "type": "list",
        "choices": {
            "minutes": "会议记录",
            "decisions": "决定",
            "rules_and_contract": "议事规则、管理规约、物业服务合同",
            "election_and_filing": "选举和备案资料",
            "fund_accounts": "维修资金账目",
            "owners": "业主和业主代表名册",
            "opinions": "业主意见和建议",
        },
        "stricter": "higher",
    },
}

_STATUTORY = (
    "members_min members_max odd_required members_min_small small_households small_area alternates_max "
    "candidate_conditions candidate_channels term_min term_max reelectable first_meeting leaders_published filing "
    "filing_answer change_filing filing_packet meeting_every extraordinary_request extraordinary_within agenda_notice "
    "agenda_to_residents_committee attendance passing no_proxy decision_published seal_use reelection_notice "
    "reelection_group early_reelection_below absence_recall hand_over member_hand_over fees_published_every "
    "disclosure archive"
)
#: Topic to what is told of the body; see ``linli.rules.bodies`` for their titles and where they come from.
FACETS_OF: Mapping[str, tuple[str, ...]] = {
    body: tuple(facets.split())
    for body, facets in {
        "owners_committee": _STATUTORY,
        "property_management_committee": (
            "members_min members_max odd_required owner_share chair_is elected_by candidate_conditions term_max "
            "meeting_every extraordinary_request attendance owner_attendance passing no_proxy decision_published "
            "decision_posted_for filing dissolved_within"
        ),
        "compound_management_committee": (
            "members_min members_max odd_required posts elected_by candidate_conditions term reelectable deferral_max "
            "deferral_decided_by meeting_every enlarged_every enlarged_invitees attendance passing removal_by "
            "leaving_notice"
        ),
        "self_governance_group": (
            "members_min members_max posts elected_by representatives_per_building term reelectable meeting_every "
            "attendance passing"
        ),
        "six_post_group": "members_min members_max posts elected_by nominees_min open_vote term meeting_every passing",
        "self_governance_committee": "members_min members_max posts elected_by term meeting_every attendance passing",
    }.items()
}

BODY_RULES: tuple[RuleKey, ...] = tuple(
    RuleKey(key=f"{body}.{facet}", **FACETS[facet]) for body, facets in FACETS_OF.items() for facet in facets
)
