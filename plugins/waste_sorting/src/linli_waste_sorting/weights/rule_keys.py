"""What is asked of collections, contracts and reports, and from when on an entry is questioned: rules."""

from __future__ import annotations

from linli.sdk import RuleKey
from linli_waste_sorting.models import CATEGORIES

_TOPIC = "waste_sorting_weights"
KITCHEN_EVERY = f"{_TOPIC}.kitchen_every"
LEDGER_EVERY = f"{_TOPIC}.ledger_every"
LEDGER_WITHIN = f"{_TOPIC}.ledger_within"
CONTRACT_EVERY = f"{_TOPIC}.contract_every"
CONTRACTED = f"{_TOPIC}.contracted"
CONTRACT_NOTICE = f"{_TOPIC}.contract_notice"
MEDIAN_TIMES = f"{_TOPIC}.median_times"
MEDIAN_DAYS = f"{_TOPIC}.median_days"
#: Kind of waste to the key of how much a litre of it can weigh, in grams.
DENSITIES = {each: f"{_TOPIC}.{each}_grams_per_litre" for each in CATEGORIES}
#: Kind of waste to its national title; messages.
_TITLES = {
    "recyclable": "可回收物",
    "hazardous": "有害垃圾",
    "kitchen": "厨余垃圾",
    "other": "其他垃圾",
    "bulky": "大件垃圾",
    "decoration": "装修垃圾",
    "garden": "园林绿化垃圾",
}
_DENSITY_TITLES = {
    "recyclable": "可回收物每升最多多少克",
    "hazardous": "有害垃圾每升最多多少克",
    "kitchen": "厨余垃圾每升最多多少克",
    "other": "其他垃圾每升最多多少克",
    "bulky": "大件垃圾每升最多多少克",
    "decoration": "装修垃圾每升最多多少克",
    "garden": "园林绿化垃圾每升最多多少克",
}

WEIGHT_TOPICS = {_TOPIC: "垃圾清运和台账"}
WEIGHT_RULES = (
    RuleKey(
        key=KITCHEN_EVERY, title="厨余垃圾多久清运一次", type="duration", units=("days", "weeks"), stricter="lower"
    ),
    RuleKey(
        key=LEDGER_EVERY, title="垃圾清运台账多久上报一次", type="duration", units=("months",), help="按日历月份计算。"
    ),
    RuleKey(
        key=LEDGER_WITHIN,
        title="台账在期满后多久上报",
        type="duration",
        units=("days", "working_days"),
        stricter="lower",
    ),
    RuleKey(
        key=CONTRACT_EVERY,
        title="多久核对一次收运合同",
        type="duration",
        units=("days", "weeks", "months"),
        help="每个期间内，规定的垃圾都要有生效的收运合同。",
    ),
    RuleKey(
        key=CONTRACTED,
        title="必须有收运合同的垃圾",
        type="list",
        choices=_TITLES,
        help="小区有这种容器的，必须有生效的收运合同。",
    ),
    RuleKey(
        key=CONTRACT_NOTICE,
        title="合同到期前多久提醒",
        type="duration",
        units=("days",),
        help="收运合同在这么多天以内到期的，页面上提醒。",
    ),
    RuleKey(
        key=MEDIAN_TIMES,
        title="重量超过中位数多少倍要核对",
        type="integer",
        minimum=1,
        maximum=100,
        help="同一小区同一种垃圾，超过近期中位数这么多倍的，登记时要求核对。",
    ),
    RuleKey(key=MEDIAN_DAYS, title="中位数按多少天计算", type="duration", units=("days",)),
    *(
        RuleKey(
            key=key,
            title=_DENSITY_TITLES[each],
            type="integer",
            minimum=1,
            maximum=10_000,
            help="按容器的升数算出最多能装多重；登记的重量更大时要求核对。",
        )
        for each, key in DENSITIES.items()
    ),
)
