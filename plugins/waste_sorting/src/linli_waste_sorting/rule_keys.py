"""Rules: what the waste is called, since Shanghai says wet and dry where others do not; and numbers of custom."""

from __future__ import annotations

from pathlib import Path

from linli.sdk import RuleKey, RulePack
from linli_waste_sorting.watch.rule_keys import WATCH_RULES

LABELS = "waste_sorting_words.labels"
#: Within how long a booking is answered and a full bin seen to; how many open bookings a dwelling may have.
ANSWER_WITHIN = "waste_sorting_bookings.answer_within"
EMPTY_WITHIN = "waste_sorting_bookings.empty_within"
MOST_OPEN = "waste_sorting_bookings.most_open"

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
)
