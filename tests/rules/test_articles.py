"""What each article says, article by article; and each threshold just below it, at it and just above it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from tests.rules.conftest import BEIJING, HANGZHOU, SHANGHAI

from linli.kit.thresholds import Comparison, is_majority
from linli.rules.catalogue import core_book
from linli.rules.packs import RuleEntry
from linli.rules.values import Duration, Share

CIVIL_CODE = "中华人民共和国民法典"
INTERPRETATION = "最高人民法院关于审理建筑物区分所有权纠纷案件适用法律若干问题的解释"
REGULATION = "物业管理条例"
GUIDANCE = "业主大会和业主委员会指导规则"
FUND = "住宅专项维修资金管理办法"
COMMITTEE_2018 = "中华人民共和国城市居民委员会组织法（2018 年修正）"
COMMITTEE_2025 = "中华人民共和国城市居民委员会组织法（2025 年修订）"
PRACTICE = "居民代表会议的常见做法"
SIGNS = "GB/T 19095-2019 生活垃圾分类标志"
PROPOSED = "本平台的建议值"
BJ_PROPERTY = "北京市物业管理条例"
BJ_FORMATION = "北京市物业管理委员会组建办法"
BJ_COMMITTEE = "北京市实施《城市居民委员会组织法》办法"
BJ_STREETS = "北京市街道办事处条例"
BJ_WASTE = "北京市生活垃圾管理条例"
BJ_PARKING = "北京市机动车停车条例（2024 年文本）"
BJ_APP = "“北京业主”应用常见问题"
SH_PROPERTY = "上海市住宅物业管理规定"
SH_COMMITTEE = "上海市居民委员会工作条例"
SH_WASTE = "上海市生活垃圾管理条例"
HANDBOOK = "小区管理委员会章程（朝阳区老旧小区准物业管理工作指导手册）"
GROUP_PLAN = "小区居民自治小组实施方案"
SIX_POSTS = "居民自治小组方案（六职）"
OF_THE_STREET = "平台建议值，没有法定数字"
FOUR_POSTS = "小区自治实施方案"

_SMALLER = ["law_abiding", "full_capacity", "no_interest_in_company", "not_dishonest_debtor", "no_prohibited_use"]
_PACKET = ["assembly_minutes", "rules_of_procedure", "management_covenant", "first_meeting_minutes", "member_list"]

#: Document to article to what it says, in the written form; an empty article where the source tells none.
SAID: dict[str, dict[str, dict[str, object]]] = {
    CIVIL_CODE: {
        "278": {
            "owners_assembly.joint_matters": [
                "rules_of_procedure",
                "management_covenant",
                "elect_committee",
                "service_provider",
                "use_fund",
                "raise_fund",
                "alter_building",
                "common_parts_business",
                "other_major",
            ],
            "owners_assembly.special_matters": ["raise_fund", "alter_building", "common_parts_business"],
            "owners_assembly.participation_area": ">= 2/3 of all",
            "owners_assembly.participation_heads": ">= 2/3 of all",
            "owners_assembly.ordinary_area": "> 1/2 of participating",
            "owners_assembly.ordinary_heads": "> 1/2 of participating",
            "owners_assembly.special_area": ">= 3/4 of participating",
            "owners_assembly.special_heads": ">= 3/4 of participating",
            "maintenance_fund.use_decision": "ordinary",
            "maintenance_fund.raise_decision": "special",
        },
        "279": {"owners_assembly.business_use_consent": "interested_unanimous"},
    },
    INTERPRETATION: {
        "1": {"vote_counting.owner": ["registered", "buyer_in_possession"]},
        "8": {"vote_counting.area": ["registry", "surveyed", "contract"]},
        "9": {
            "vote_counting.heads": "one_part_one_head",
            "vote_counting.several_units": "one_head",
            "vote_counting.developer_units": "one_head",
        },
        "10-11": {"owners_assembly.interested_owners": "same_building"},
        "12": {"owners_assembly.revocation_within": "1 years"},
        "13": {
            "property_service.owner_may_inspect": [
                "fund",
                "rules_and_minutes",
                "contract",
                "common_income",
                "parking",
            ]
        },
    },
    REGULATION: {
        "13": {"owners_assembly.extraordinary_request": ">= 1/5 of all"},
        "14": {"owners_assembly.notice": "15 days"},
        "16": {"owners_committee.filing": "30 days"},
        "60": {"maintenance_fund.diversion_fine_max": "<= 2/1 of diverted"},
    },
    GUIDANCE: {
        "": {
            "preparation_group.trigger_area": "> 1/2 of all",
            "preparation_group.authority_within": "60 days",
            "preparation_group.odd_required": True,
            "preparation_group.owner_share": ">= 1/2 of all",
            "preparation_group.leader": "street_representative",
            "preparation_group.matters_published": "15 days",
            "preparation_group.first_meeting": "90 days",
            "owners_committee.term_max": "5 years",
            "owners_committee.first_meeting": "7 days",
            "owners_committee.change_filing": "30 days",
            "owners_committee.reelection_notice": "3 months",
            "owners_committee.hand_over": "10 days",
        },
        "31": {
            "owners_committee.members_min": 5,
            "owners_committee.members_max": 11,
            "owners_committee.odd_required": True,
        },
        "36": {
            "owners_committee.disclosure": [
                "rules",
                "decisions",
                "contract",
                "fund",
                "common_parts",
                "parking",
                "working_funds",
                "other",
            ]
        },
        "37": {
            "owners_committee.extraordinary_request": ">= 1/3 of all",
            "owners_committee.extraordinary_within": "7 days",
        },
        "38": {"owners_committee.attendance": "> 1/2 of all", "owners_committee.passing": ">= 1/2 of all"},
        "39": {"owners_committee.agenda_notice": "7 days", "owners_committee.decision_published": "3 days"},
        "40": {
            "owners_committee.archive": [
                "minutes",
                "decisions",
                "rules_and_contract",
                "election_and_filing",
                "fund_accounts",
                "owners",
                "opinions",
            ]
        },
    },
    FUND: {
        "7": {
            "maintenance_fund.deposit_min": ">= 1/20 of construction_cost",
            "maintenance_fund.deposit_max": "<= 2/25 of construction_cost",
        },
        "10-11": {"maintenance_fund.accounts": "by_household"},
        "17": {"maintenance_fund.renew_below": "< 3/10 of first_deposit"},
        "20-21": {"maintenance_fund.allocation": "by_area"},
        "22": {"maintenance_fund.use_decision": "two_thirds_of_scope"},
        "25": {
            "maintenance_fund.excluded_uses": [
                "developer_liability",
                "utility_lines",
                "damage_by_person",
                "company_duty",
            ]
        },
    },
    COMMITTEE_2018: {
        "6": {"residents_committee.households_min": 100, "residents_committee.households_max": 700},
        "7": {"residents_committee.members_min": 5, "residents_committee.members_max": 9},
        "8": {
            "residents_committee.term": "5 years",
            "residents_committee.reelectable": True,
            "residents_committee.elector_age": 18,
        },
        "9": {"residents_meeting.attendance": "> 1/2 of all", "residents_meeting.passing": "> 1/2 of present"},
        "10": {
            "residents_meeting.request_adults": ">= 1/5 of all",
            "residents_meeting.request_households": ">= 1/5 of all",
            "residents_meeting.request_groups": ">= 1/3 of all",
        },
    },
    COMMITTEE_2025: {"3": {"residents_committee.households_min": 1000, "residents_committee.households_max": 3000}},
    PRACTICE: {
        "": {
            "representatives_meeting.households_min": 5,
            "representatives_meeting.households_max": 10,
            "representatives_meeting.every": "6 months",
            "representatives_meeting.attendance": ">= 2/3 of all",
            "representatives_meeting.passing": "> 1/2 of present",
            "representatives_meeting.request": ">= 1/5 of all",
            "representatives_meeting.residents_share": ">= 4/5 of all",
            "representatives_meeting.women_share": ">= 1/3 of all",
            "representatives_meeting.absences_suspend": 3,
        }
    },
    SIGNS: {"": {"waste_sorting.categories": 4}},
    PROPOSED: {
        "": {
            "owners_assembly.silent_votes": "excluded",
            "evaluation.weight_security": 25,
            "evaluation.weight_greening_cleaning": 25,
            "evaluation.weight_maintenance_repair": 20,
            "evaluation.weight_parking": 15,
            "evaluation.weight_self_governance": 15,
        }
    },
    BJ_PROPERTY: {
        "25": {"vote_counting.owner": ["registered", "buyer_in_possession", "title_unit", "other_lawful"]},
        "30-33": {
            "preparation_group.trigger_area": ">= 1/2 of all",
            "preparation_group.applicants_owners": ">= 1/20 of all",
            "preparation_group.applicants_area": ">= 1/20 of all",
            "preparation_group.authority_within": "30 days",
            "preparation_group.group_meets_within": "30 days",
            "preparation_group.odd_required": True,
            "preparation_group.owner_share": ">= 1/2 of all",
            "preparation_group.leader": "residents_committee_staff",
            "preparation_group.members_published_within": "7 days",
            "preparation_group.matters_published": "15 days",
            "preparation_group.first_meeting": "60 days",
        },
        "35": {
            "owners_assembly.notice": "15 days",
            "owners_assembly.agenda_only": True,
            "owners_assembly.official_e_voting": True,
        },
        "36": {"owners_assembly.street_convenes": True},
        "37": {"owners_assembly.publish_result": "3 days"},
        "": {"owners_assembly.regular_every": "1 years"},
        "39": {
            "owners_committee.members_min": 5,
            "owners_committee.odd_required": True,
            "owners_committee.members_min_small": 3,
            "owners_committee.small_households": 100,
            "owners_committee.alternates_max": "<= 1/1 of all",
            "owners_committee.candidate_conditions": _SMALLER,
        },
        "40": {"owners_committee.candidate_channels": ["party_branch", "residents_committee", "owners"]},
        "41": {"owners_committee.term_max": "5 years", "owners_committee.reelectable": True},
        "42": {"owners_committee.first_meeting": "7 days", "owners_committee.leaders_published": "3 days"},
        "43": {
            "owners_committee.filing": "30 days",
            "owners_committee.filing_answer": "5 working_days",
            "owners_committee.filing_packet": _PACKET,
            "owners_committee.seal_use": "> 1/2 of all",
        },
        "44": {"owners_assembly.may_delegate": False, "owners_committee.fees_published_every": "6 months"},
        "45": {
            "owners_committee.meeting_every": "2 months",
            "owners_committee.extraordinary_request": ">= 1/3 of all",
            "owners_committee.no_proxy": True,
            "owners_committee.attendance": "> 1/2 of all",
            "owners_committee.passing": "> 1/2 of all",
            "owners_committee.agenda_to_residents_committee": "5 days",
            "owners_committee.decision_published": "3 days",
        },
        "46-47": {"owners_committee.absence_recall": ">= 1/2 of all"},
        "48": {"owners_committee.early_reelection_below": "< 1/2 of all"},
        "49": {"owners_committee.reelection_notice": "6 months", "owners_committee.reelection_group": "60 days"},
        "50": {"owners_committee.change_filing": "30 days"},
        "52-60": {
            "property_management_committee.elected_by": "street",
            "property_management_committee.members_min": 7,
            "property_management_committee.odd_required": True,
            "property_management_committee.owner_share": ">= 1/2 of all",
            "property_management_committee.chair_is": "residents_committee",
            "property_management_committee.extraordinary_request": ">= 1/3 of all",
            "property_management_committee.attendance": "> 1/2 of all",
            "property_management_committee.owner_attendance": "> 1/2 of all",
            "property_management_committee.passing": "> 1/2 of all",
            "property_management_committee.no_proxy": True,
            "property_management_committee.decision_published": "3 days",
            "property_management_committee.decision_posted_for": "10 working_days",
            "property_management_committee.term_max": "3 years",
            "property_management_committee.filing": "30 days",
            "property_management_committee.dissolved_within": "30 days",
        },
        "70": {
            "property_service.disclosure": [
                "licence",
                "service_and_fees",
                "maintenance_contractors",
                "performance",
                "shared_costs",
                "decoration",
                "parking",
                "other",
            ]
        },
        "74": {"public_revenue.fund_share": ">= 1/2 of all"},
        "81": {"maintenance_fund.stays_with_unit": True},
        "83": {"maintenance_fund.renew_below": "< 3/10 of first_deposit"},
        "84": {"property_service.self_managed_accounts_every": "3 months"},
        "86": {"maintenance_fund.allocation": "by_area"},
    },
    BJ_FORMATION: {"": {"property_management_committee.candidate_conditions": ["no_prohibited_use", "no_arrears"]}},
    BJ_COMMITTEE: {
        "": {
            "residents_committee.households_min": 100,
            "residents_committee.households_max": 700,
            "residents_committee.members_min": 5,
            "residents_committee.members_max": 9,
            "residents_committee.term": "3 years",
            "residents_meeting.attendance": "> 1/2 of all",
            "residents_meeting.passing": "> 1/2 of present",
            "residents_meeting.every": "6 months",
            "residents_committee.nominating_residents": 10,
            "residents_committee.nominating_households": 5,
            "residents_committee.candidate_surplus_min": 1,
            "residents_committee.candidate_surplus_max": 2,
        },
        "22": {"residents_group.households_min": 15, "residents_group.households_max": 50},
    },
    BJ_STREETS: {"32": {"residents_committee.task_list_only": True}},
    BJ_WASTE: {"33": {"waste_sorting.categories": 4}},
    BJ_PARKING: {"29": {"parking.fee_decision": "owners"}},
    BJ_APP: {
        "": {
            "vote_counting.co_owners": "one_vote",
            "vote_counting.several_units": "one_head",
            "vote_counting.sold_during_vote": "cast_stands",
        }
    },
    SH_PROPERTY: {
        "13": {"preparation_group.trigger_area": ">= 1/2 of all"},
        "13-16": {
            "preparation_group.developer_reports_within": "30 days",
            "preparation_group.authority_within": "60 days",
            "preparation_group.odd_required": True,
            "preparation_group.owner_share": ">= 1/2 of all",
            "preparation_group.leader": "street_representative",
            "preparation_group.members_published_within": "7 days",
            "preparation_group.matters_published": "15 days",
            "preparation_group.first_meeting": "90 days",
        },
        "18": {"owners_assembly.proxy_as_instructed": True},
        "20": {
            "owners_committee.members_min": 5,
            "owners_committee.odd_required": True,
            "owners_committee.members_min_small": 3,
            "owners_committee.small_area": 10000,
            "owners_committee.candidate_conditions": [*_SMALLER, "no_arrears", "written_pledge"],
        },
        "": {
            "owners_committee.term_min": "3 years",
            "owners_committee.term_max": "5 years",
            "owners_committee.leaders_published": "3 days",
        },
        "23": {
            "owners_committee.filing": "30 days",
            "owners_committee.filing_packet": [*_PACKET, "fund_covenant", "pledges", "training_records"],
        },
        "25": {"owners_assembly.street_convenes": True},
        "26": {
            "owners_committee.meeting_every": "2 months",
            "owners_committee.extraordinary_request": ">= 1/3 of all",
            "owners_committee.no_proxy": True,
            "owners_committee.attendance": "> 1/2 of all",
            "owners_committee.passing": "> 1/2 of all",
            "owners_committee.decision_published": "3 days",
        },
        "28": {"owners_committee.reelection_notice": "5 months", "owners_committee.reelection_group": "60 days"},
        "29": {"owners_committee.hand_over": "10 days"},
        "30": {"owners_committee.member_hand_over": "10 days"},
        "31": {"owners_committee.absence_recall": ">= 1/2 of all"},
        "32": {"owners_committee.early_reelection_below": "< 1/2 of all"},
        "33": {"owners_committee.change_filing": "30 days"},
        "34": {"owners_committee.filing_answer": "20 days"},
        "51": {"public_revenue.fund_share": "> 1/2 of all", "public_revenue.top_up_every": "3 months"},
        "59": {"violation.report_within": "24 hours"},
        "65": {
            "maintenance_fund.renew_below": "< 3/10 of first_deposit",
            "maintenance_fund.renew_assembly_within": "90 days",
            "maintenance_fund.renew_owner_within": "90 days",
            "maintenance_fund.renew_owner_max": "<= 1/2 of first_deposit",
        },
        "66": {"maintenance_fund.accounts": "by_building_and_household"},
        "66-67": {
            "maintenance_fund.published_every": "6 months",
            "public_revenue.published_every": "3 months",
            "public_revenue.audit_posted_for": "30 days",
        },
        "69": {"owners_assembly.partial_common_parts": "sharing_owners"},
        "73": {
            "maintenance_fund.emergency_cases": [
                "pump_tank",
                "lift_stopped",
                "fire_system",
                "facade_falling",
                "roof_wall_leak",
            ],
            "maintenance_fund.emergency_committee_within": "7 days",
        },
    },
    SH_COMMITTEE: {
        "16": {"residents_committee.meeting_kinds": ["hearing", "coordination_meeting", "appraisal_meeting"]},
        "17": {
            "residents_committee.disclosure": [
                "decisions",
                "three_meetings",
                "negotiated_results",
                "working_funds",
                "relief",
            ]
        },
        "18": {"residents_committee.appraisal_every": "1 years"},
        "27": {"residents_committee.task_list_only": True},
        "": {"residents_meeting.every": "1 years"},
    },
    SH_WASTE: {"4": {"waste_sorting.categories": 4}},
    HANDBOOK: {
        "2": {"compound_management_committee.elected_by": "representatives"},
        "5": {
            "compound_management_committee.members_min": 9,
            "compound_management_committee.members_max": 9,
            "compound_management_committee.posts": ["chair", "deputy_chair", "member"],
        },
        "6": {
            "compound_management_committee.attendance": ">= 2/3 of all",
            "compound_management_committee.passing": ">= 1/2 of present",
        },
        "7": {
            "compound_management_committee.term": "2 years",
            "compound_management_committee.deferral_max": "1 years",
            "compound_management_committee.deferral_decided_by": "committee",
        },
        "8": {
            "compound_management_committee.meeting_every": "1 months",
            "compound_management_committee.enlarged_every": "6 months",
            "compound_management_committee.enlarged_invitees": [
                "resident_representatives",
                "harmony_promoters",
                "unit_leaders",
            ],
        },
        "9": {
            "compound_management_committee.candidate_conditions": [
                "full_capacity",
                "supports_party_line",
                "public_spirited",
                "accepts_charter",
                "healthy",
            ]
        },
        "12": {"compound_management_committee.leaving_notice": True},
        "13": {"compound_management_committee.removal_by": "committee"},
    },
    GROUP_PLAN: {
        "3": {
            "self_governance_group.posts": ["group_leader", "group_member"],
            "self_governance_group.members_min": 5,
            "self_governance_group.members_max": 7,
            "self_governance_group.representatives_per_building": 1,
            "self_governance_group.elected_by": "owners",
            "self_governance_group.term": "3 years",
            "self_governance_group.reelectable": True,
        }
    },
    SIX_POSTS: {
        "3": {
            "six_post_group.posts": ["chair", "deputy_chair", "secretary", "publicity", "livelihood", "safety"],
            "six_post_group.members_min": 6,
            "six_post_group.members_max": 6,
        },
        "4": {
            "six_post_group.nominees_min": 3,
            "six_post_group.elected_by": "residents",
            "six_post_group.open_vote": True,
        },
    },
    FOUR_POSTS: {
        "3": {
            "self_governance_committee.posts": ["chair", "deputy_chair", "finance_head", "publicity_head"],
            "self_governance_committee.members_min": 4,
            "self_governance_committee.members_max": 4,
        }
    },
    # No law says how long a community may take for what its street asks.
    OF_THE_STREET: {"": {"street_task.within": "10 working_days"}},
}


def every_entry() -> list[RuleEntry]:
    return [entry for entries in core_book().entries.values() for entry in entries]


@pytest.mark.parametrize(
    ("document", "article"), [(document, article) for document, articles in SAID.items() for article in articles]
)
def test_an_article_says_this_and_no_more(document, article) -> None:
    found = {each.key: each.value for each in every_entry() if (each.title, each.article) == (document, article)}
    assert found == SAID[document][article]


def test_no_value_is_left_without_an_article_above() -> None:
    told = {(document, article) for document, articles in SAID.items() for article in articles}
    assert {(each.title, each.article) for each in every_entry()} == told


@pytest.mark.parametrize(
    ("street", "key", "title", "written"),
    [
        # The table of jurisdictions: nation (told in Hangzhou, which has no pack here), Beijing, Shanghai.
        (HANGZHOU, "owners_assembly.notice", REGULATION, "15 days"),
        (BEIJING, "owners_assembly.notice", BJ_PROPERTY, "15 days"),
        (SHANGHAI, "owners_assembly.notice", REGULATION, "15 days"),
        (HANGZHOU, "owners_assembly.extraordinary_request", REGULATION, ">= 1/5 of all"),
        (BEIJING, "owners_assembly.publish_result", BJ_PROPERTY, "3 days"),
        (HANGZHOU, "owners_committee.members_min", GUIDANCE, 5),
        (BEIJING, "owners_committee.members_min", BJ_PROPERTY, 5),
        (SHANGHAI, "owners_committee.members_max", GUIDANCE, 11),
        (BEIJING, "owners_committee.term_max", BJ_PROPERTY, "5 years"),
        (SHANGHAI, "owners_committee.term_min", SH_PROPERTY, "3 years"),
        (BEIJING, "owners_committee.meeting_every", BJ_PROPERTY, "2 months"),
        (SHANGHAI, "owners_committee.meeting_every", SH_PROPERTY, "2 months"),
        (HANGZHOU, "owners_committee.attendance", GUIDANCE, "> 1/2 of all"),
        (HANGZHOU, "owners_committee.reelection_notice", GUIDANCE, "3 months"),
        (BEIJING, "owners_committee.reelection_notice", BJ_PROPERTY, "6 months"),
        (SHANGHAI, "owners_committee.reelection_notice", SH_PROPERTY, "5 months"),
        (BEIJING, "property_management_committee.members_min", BJ_PROPERTY, 7),
        (BEIJING, "property_management_committee.owner_share", BJ_PROPERTY, ">= 1/2 of all"),
        (BEIJING, "property_management_committee.term_max", BJ_PROPERTY, "3 years"),
        (HANGZHOU, "preparation_group.first_meeting", GUIDANCE, "90 days"),
        (BEIJING, "preparation_group.first_meeting", BJ_PROPERTY, "60 days"),
        (SHANGHAI, "preparation_group.first_meeting", SH_PROPERTY, "90 days"),
        (HANGZHOU, "maintenance_fund.renew_below", FUND, "< 3/10 of first_deposit"),
        (BEIJING, "maintenance_fund.renew_below", BJ_PROPERTY, "< 3/10 of first_deposit"),
        (SHANGHAI, "maintenance_fund.renew_below", SH_PROPERTY, "< 3/10 of first_deposit"),
        (HANGZHOU, "waste_sorting.categories", SIGNS, 4),
        (BEIJING, "waste_sorting.categories", BJ_WASTE, 4),
        (SHANGHAI, "waste_sorting.categories", SH_WASTE, 4),
        (SHANGHAI, "violation.report_within", SH_PROPERTY, "24 hours"),
        # A law's threshold holds in every city.
        (BEIJING, "owners_assembly.special_area", CIVIL_CODE, ">= 3/4 of participating"),
        (SHANGHAI, "owners_assembly.ordinary_heads", CIVIL_CODE, "> 1/2 of participating"),
    ],
)
def test_what_holds_in_each_jurisdiction(at, street, key, title, written) -> None:
    found = at(street, key)
    assert (found.winner.title, found.written) == (title, written)


@pytest.mark.parametrize(
    ("street", "key"),
    [
        (BEIJING, "violation.report_within"),
        (HANGZHOU, "violation.report_within"),
        (SHANGHAI, "owners_assembly.publish_result"),
        (SHANGHAI, "property_management_committee.members_min"),
        (HANGZHOU, "owners_committee.meeting_every"),
        (BEIJING, "owners_assembly.vote_window_max"),
        (BEIJING, "owners_assembly.proxy_owners_max"),
        (BEIJING, "residents_committee.members_min"),
    ],
)
def test_what_nobody_has_seen_is_not_known(at, street, key) -> None:
    found = at(street, key)
    assert (found.is_known, found.value) == (False, None)


class TestWhatWasReplaced:
    @pytest.mark.parametrize(
        ("day", "title", "households"),
        [
            (date(2018, 12, 28), None, None),
            (date(2018, 12, 29), COMMITTEE_2018, 100),
            (date(2025, 12, 31), COMMITTEE_2018, 100),
            (date(2026, 1, 1), COMMITTEE_2025, 1000),
            (date(2026, 1, 2), COMMITTEE_2025, 1000),
        ],
    )
    def test_the_law_on_residents_committees_of_2025_follows_that_of_2018(self, at, day, title, households) -> None:
        found = at(HANGZHOU, "residents_committee.households_min", on=day)
        assert found.value == households
        assert (found.winner.title if found.winner else None) == title

    def test_numbers_of_the_2025_law_that_were_not_seen_are_unknown(self, at) -> None:
        for key in ("members_min", "members_max", "term", "elector_age"):
            assert at(HANGZHOU, f"residents_committee.{key}", on=date(2025, 12, 31)).is_known
            assert not at(HANGZHOU, f"residents_committee.{key}", on=date(2026, 1, 1)).is_known
        found = at(HANGZHOU, "residents_committee.term", on=date(2026, 1, 1))
        assert [step.verdict for step in found.why] == ["expired"], "the why still tells what held before"

    @pytest.mark.parametrize(
        ("day", "held"),
        [(date(2020, 12, 31), "two_thirds_of_scope"), (date(2021, 1, 1), "ordinary"), (date(2021, 1, 2), "ordinary")],
    )
    def test_the_use_of_the_fund_is_an_ordinary_matter_since_the_civil_code(self, at, day, held) -> None:
        found = at(HANGZHOU, "maintenance_fund.use_decision", on=day)
        assert found.value == held
        if held == "ordinary":
            lost = next(step for step in found.why if step.candidate.title == FUND)
            assert (lost.verdict, lost.against.title) == ("outranked", CIVIL_CODE)

    @pytest.mark.parametrize(
        ("day", "years"), [(date(2018, 12, 28), 3), (date(2018, 12, 29), 5), (date(2018, 12, 30), 5)]
    )
    def test_the_term_of_three_years_in_beijing_ended_with_the_law_of_2018(self, at, day, years) -> None:
        assert at(BEIJING, "residents_committee.term", on=day).value == Duration(years, "years")

    def test_before_the_civil_code_nothing_is_known_of_its_thresholds(self, at) -> None:
        assert not at(BEIJING, "owners_assembly.participation_area", on=date(2020, 12, 31)).is_known
        assert at(BEIJING, "owners_assembly.participation_area", on=date(2021, 1, 1)).is_known


class TestThresholds:
    @pytest.mark.parametrize(
        ("street", "key", "whole", "below", "at_", "above", "reached_at"),
        [
            # 民法典 第278条
            (BEIJING, "owners_assembly.participation_heads", 948, 631, 632, 633, True),
            (BEIJING, "owners_assembly.participation_area", 99_727_00, 6_648_466, 6_648_467, 6_648_468, True),
            (BEIJING, "owners_assembly.ordinary_heads", 632, 315, 316, 317, False),
            (BEIJING, "owners_assembly.special_heads", 632, 473, 474, 475, True),
            # 物业管理条例 第13条
            (BEIJING, "owners_assembly.extraordinary_request", 1000, 199, 200, 201, True),
            # 北京市物业管理条例 第45条, 第52–60条
            (BEIJING, "owners_committee.attendance", 10, 4, 5, 6, False),
            (BEIJING, "owners_committee.passing", 10, 4, 5, 6, False),
            (BEIJING, "owners_committee.extraordinary_request", 9, 2, 3, 4, True),
            (BEIJING, "property_management_committee.owner_share", 8, 3, 4, 5, True),
            (BEIJING, "property_management_committee.owner_attendance", 4, 1, 2, 3, False),
            # 指导规则 第38条: half of all members is enough, where the cities ask for more than half
            (HANGZHOU, "owners_committee.passing", 10, 4, 5, 6, True),
            # 北京市物业管理条例 第74条 and 上海市住宅物业管理规定 第51条: at least half, more than half
            (BEIJING, "public_revenue.fund_share", 100, 49, 50, 51, True),
            (SHANGHAI, "public_revenue.fund_share", 100, 49, 50, 51, False),
            # 章程 第6条 of the handbook: two thirds attend, half or more of those present agree (半数以上)
            (BEIJING, "compound_management_committee.attendance", 9, 5, 6, 7, True),
            (BEIJING, "compound_management_committee.passing", 6, 2, 3, 4, True),
        ],
    )
    def test_just_below_at_and_just_above(self, at, street, key, whole, below, at_, above, reached_at) -> None:
        share = at(street, key).value
        assert isinstance(share, Share)
        assert not share.is_reached(below, whole)
        assert share.is_reached(at_, whole) is reached_at
        assert share.is_reached(above, whole)

    @pytest.mark.parametrize(("balance", "must_top_up"), [(2999, True), (3000, False), (3001, False)])
    def test_the_fund_is_topped_up_below_thirty_percent(self, at, balance, must_top_up) -> None:
        for street in (HANGZHOU, BEIJING, SHANGHAI):
            assert at(street, "maintenance_fund.renew_below").value.is_reached(balance, 10_000) is must_top_up

    @pytest.mark.parametrize(("members", "must_reelect"), [(4, True), (5, False), (6, False)])
    def test_half_of_the_members_left_is_enough_to_go_on(self, at, members, must_reelect) -> None:
        assert at(BEIJING, "owners_committee.early_reelection_below").value.is_reached(members, 10) is must_reelect

    def test_an_ordinary_matter_passes_with_just_over_a_third_of_all_and_a_special_one_with_half(self, at) -> None:
        everybody = 3000
        came = at(BEIJING, "owners_assembly.participation_heads").value.least(everybody)
        assert came == 2000
        assert at(BEIJING, "owners_assembly.ordinary_heads").value.least(came) == 1001
        assert at(BEIJING, "owners_assembly.special_heads").value.least(came) == 1500
        assert Fraction(1500, everybody) == Fraction(1, 2)
        assert not is_majority(1500, everybody)

    def test_half_or_more_and_more_than_half_differ_by_one_vote(self, at) -> None:
        handbook = at(BEIJING, "compound_management_committee.passing").value
        city = at(BEIJING, "property_management_committee.passing").value
        assert (handbook.comparison, city.comparison) == (Comparison.AT_LEAST, Comparison.MORE_THAN)
        assert (handbook.least(6), city.least(6)) == (3, 4)


class TestTheData:
    def test_every_document_has_its_confidence_and_source(self) -> None:
        for entry in every_entry():
            assert entry.title_en.isascii(), entry.title
            assert bool(entry.note) == bool(entry.note_en), entry.key
            assert entry.source or entry.confidence in ("K", "D"), (entry.title, entry.key)

    def test_what_was_read_in_the_text_names_its_article_or_says_that_it_is_missing(self) -> None:
        without = {(e.title, e.key) for e in every_entry() if e.confidence == "P" and not e.article and not e.note}
        assert {title for title, _key in without} <= {BJ_COMMITTEE}, "its articles were not taken down"

    def test_each_key_of_the_nation_is_bound_to_the_levels_that_data_gives(self) -> None:
        assert {entry.jurisdiction for entry in every_entry()} == {"CN", "11", "31"}

    def test_the_weights_of_the_evaluation_add_up(self, at) -> None:
        keys = [key for key in core_book().rules if key.startswith("evaluation.weight_")]
        assert sum(at(BEIJING, key).value for key in keys) == 100
