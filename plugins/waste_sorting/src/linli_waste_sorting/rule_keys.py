"""What the waste is called: a rule, since Shanghai says wet and dry where others say kitchen and residual."""

from __future__ import annotations

from pathlib import Path

from linli.sdk import RuleKey, RulePack
from linli_waste_sorting.watch.rule_keys import WATCH_RULES

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
    ],
    topics={"waste_sorting_words": "垃圾分类用语", "waste_sorting_watch": "桶站值守"},
)
