"""Rules: what the waste is called, since Shanghai says wet and dry where others do not; and numbers of custom."""
"""What custom and law settle otherwise from place to place: words of the waste, rounds of inspection, follow-up."""
"""What is a rule: how the waste is called, since Shanghai says wet and dry; and what each feature declares."""

from __future__ import annotations

from pathlib import Path

from linli.sdk import RuleKey, RulePack
from linli_waste_sorting.watch.rule_keys import WATCH_RULES
from linli_waste_sorting.weights.rule_keys import WEIGHT_RULES, WEIGHT_TOPICS

LABELS = "waste_sorting_words.labels"
#: Within how long a booking is answered and a full bin seen to; how many open bookings a dwelling may have.
ANSWER_WITHIN = "waste_sorting_bookings.answer_within"
EMPTY_WITHIN = "waste_sorting_bookings.empty_within"
MOST_OPEN = "waste_sorting_bookings.most_open"
#: Of inspections.
POINTS = "waste_sorting_inspections.points"
ROUNDS = "waste_sorting_inspections.rounds"
ROUNDS_EVERY = "waste_sorting_inspections.rounds_every"
#: Of what follows for a household: how many wrong results within how long lead to a step.
LAPSE = "waste_sorting_followup.lapse"
APPEAL = "waste_sorting_followup.appeal"
BASIS = "waste_sorting_followup.basis"
_SPANS = ("days", "weeks", "months", "years")


def after_key(kind: str) -> str:
    """The rule that says how many wrong results lead to a step."""
    return f"waste_sorting_followup.{kind}_after"


def within_key(kind: str) -> str:
    """The rule that says within how long they must lie."""
    return f"waste_sorting_followup.{kind}_within"


def _step(kind: str, title: str, meaning: str, within: str) -> tuple[RuleKey, RuleKey]:
    return (
        RuleKey(key=after_key(kind), title=title, type="integer", help=meaning, unit="times", minimum=1, maximum=100),
        RuleKey(key=within_key(kind), title=within, type="duration", help="检查结果只数这段时间里的。", units=_SPANS),
    )


RULES = RulePack(
    folder=Path(__file__).parent / "rules",
    rules=[
        RuleKey(
            key=LABELS,
            title="垃圾的叫法",
            type="choice",
            help="厨余垃圾和其他垃圾在当地叫什么。",
            choices={"national": "厨余垃圾、其他垃圾", "wet_dry": "湿垃圾、干垃圾"},
        ),
        *WATCH_RULES,
    ],
    topics={"waste_sorting_words": "垃圾分类用语", "waste_sorting_watch": "桶站值守"},
        RuleKey(
            key=ANSWER_WITHIN,
            title="答复上门回收预约的期限",
            type="duration",
            units=("working_days", "days"),
            help="居民预约以后，多久之内要确认、改期或者说明不能受理。",
        ),
        RuleKey(
            key=EMPTY_WITHIN,
            title="处理满桶报告的期限",
            type="duration",
            units=("working_days", "days"),
            help="居民报告桶满以后，多久之内要清运并填写结果。",
        ),
        RuleKey(
            key=MOST_OPEN,
            title="每套房屋同时最多几个预约",
            type="integer",
            help="还没有办结的上门回收预约；办结以后可以再约。",
        ),
    ],
    topics={"waste_sorting_words": "垃圾分类用语", "waste_sorting_bookings": "上门回收和满桶"},
        RuleKey(
            key=POINTS,
            title="巡查时每个投放点看什么",
            type="list",
            help="巡查时逐项选“是”或“否”，最多 12 项。",
            is_ordered=True,
        ),
        RuleKey(
            key=ROUNDS,
            title="每个小区每期至少巡查几次",
            type="integer",
            help="巡查结束才算一次。",
            unit="times",
            minimum=1,
            maximum=100,
            stricter="higher",
        ),
        RuleKey(
            key=ROUNDS_EVERY,
            title="巡查次数按多长一期计算",
            type="duration",
            help="例如一个月：每个自然月都要达到次数。",
            units=("months",),
        ),
        *_step(
            "dissuade",
            "投放不正确几次后劝导",
            "住户投放不正确达到这个次数，系统建议上门劝导。",
            "劝导：数多长时间里的次数",
        ),
        *_step(
            "report",
            "投放不正确几次后报告街道",
            "劝导以后仍不正确、达到这个次数，系统建议报告街道。",
            "报告街道：数多长时间里的次数",
        ),
        *_step(
            "warning",
            "投放不正确几次后书面告知",
            "报告以后仍不正确、达到这个次数，系统建议书面告知。",
            "书面告知：数多长时间里的次数",
        ),
        *_step(
            "handover",
            "投放不正确几次后报城市管理部门",
            "书面告知以后仍不正确、达到这个次数，系统建议报城市管理部门。",
            "报城市管理部门：数多长时间里的次数",
        ),
        RuleKey(
            key=LAPSE,
            title="跟进多久以后重新开始",
            type="duration",
            help="这段时间以前的劝导、报告和书面告知不再算数，从劝导重新开始。",
            units=_SPANS,
        ),
        RuleKey(
            key=APPEAL,
            title="住户提出申诉的期限",
            type="duration",
            help="从检查结果或者措施的次日算起。",
            stricter="higher",
        ),
        RuleKey(key=BASIS, title="书面告知里写的依据", type="text", help="一两句话，印在给住户的书面告知上。"),
    ],
    topics={
        "waste_sorting_words": "垃圾分类用语",
        "waste_sorting_inspections": "分类检查",
        "waste_sorting_followup": "分类跟进",
    },
        *WEIGHT_RULES,
    ],
    topics={"waste_sorting_words": "垃圾分类用语", **WEIGHT_TOPICS},
)
