"""What is a rule: how the waste is called, since Shanghai says wet and dry, and what each part declares."""

from __future__ import annotations

from pathlib import Path

from linli.sdk import RuleKey, RulePack
from linli_waste_sorting.bookings.rule_keys import BOOKING_RULES, BOOKING_TOPICS
from linli_waste_sorting.indicators.rule_keys import INDICATOR_RULES, INDICATOR_TOPICS
from linli_waste_sorting.inspections.rule_keys import INSPECTION_RULES, INSPECTION_TOPICS
from linli_waste_sorting.instructors.rule_keys import INSTRUCTOR_RULES, INSTRUCTOR_TOPICS
from linli_waste_sorting.points.rule_keys import POINT_RULES, POINT_TOPICS
from linli_waste_sorting.watch.rule_keys import WATCH_RULES, WATCH_TOPICS
from linli_waste_sorting.weights.rule_keys import WEIGHT_RULES, WEIGHT_TOPICS

LABELS = "waste_sorting_words.labels"

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
        *INSPECTION_RULES,
        *WEIGHT_RULES,
        *BOOKING_RULES,
        *POINT_RULES,
        *INDICATOR_RULES,
        *INSTRUCTOR_RULES,
    ],
    topics={
        "waste_sorting_words": "垃圾分类用语",
        **WATCH_TOPICS,
        **INSPECTION_TOPICS,
        **WEIGHT_TOPICS,
        **BOOKING_TOPICS,
        **POINT_TOPICS,
        **INDICATOR_TOPICS,
        **INSTRUCTOR_TOPICS,
    },
)
