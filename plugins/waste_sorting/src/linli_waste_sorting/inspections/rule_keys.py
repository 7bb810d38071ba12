"""What custom and law settle otherwise from place to place: rounds of inspection, and what follows for a household."""

from __future__ import annotations

from linli.sdk import RuleKey

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


INSPECTION_RULES = (
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
)
INSPECTION_TOPICS = {"waste_sorting_inspections": "分类检查", "waste_sorting_followup": "分类跟进"}
