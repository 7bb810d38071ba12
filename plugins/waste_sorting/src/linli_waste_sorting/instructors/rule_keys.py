"""How often it is looked whether an instructor is named, and how often sorting is to be made known."""

from __future__ import annotations

from linli.sdk import RuleKey

_TOPIC = "waste_sorting_publicity"
INSTRUCTOR_EVERY = f"{_TOPIC}.instructor_every"
PUBLICITY_EVERY = f"{_TOPIC}.publicity_every"

INSTRUCTOR_TOPICS = {_TOPIC: "指导员和宣传"}
INSTRUCTOR_RULES = (
    RuleKey(
        key=INSTRUCTOR_EVERY,
        title="多久核对一次指导员",
        type="duration",
        units=("months",),
        help="每个期间内，每个小区都要有在任的分类指导员。",
    ),
    RuleKey(
        key=PUBLICITY_EVERY,
        title="宣传活动多久至少一次",
        type="duration",
        units=("months",),
        stricter="lower",
        help="三个月就是每个季度；每个社区每期至少登记一次宣传活动。",
    ),
)
