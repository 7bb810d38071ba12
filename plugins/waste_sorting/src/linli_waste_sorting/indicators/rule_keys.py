"""What of indicators is custom: weights and targets of the presets, and from when on something is shown and ranked."""

from __future__ import annotations

from linli.sdk import RuleKey

_TOPIC = "waste_sorting_indicators"
LEAST_HOUSEHOLDS = f"{_TOPIC}.least_households"
LEAST_WEIGHT = f"{_TOPIC}.least_weight"
#: Indicator of a preset to the rule of its target.
TARGETS = {
    code: f"{_TOPIC}.{code}_target" for code in ("separation", "participation", "accuracy", "reduction", "stations")
}
#: Preset to its indicators, in their order, with the rule of each weight.
PRESET_WEIGHTS = {
    name: {code: f"{_TOPIC}.{name}_{code}_weight" for code in codes}
    for name, codes in {
        "common": ("separation", "participation", "accuracy", "reduction", "stations"),
        "mentougou": ("separation", "reduction", "stations", "accuracy"),
    }.items()
}
_TARGET_TITLES = {
    "separation": "厨余垃圾分出率的目标",
    "participation": "居民参与率的目标",
    "accuracy": "分类投放正确率的目标",
    "reduction": "其他垃圾减量率的目标",
    "stations": "投放点达标率的目标",
}
_WEIGHT_TITLES = {
    ("common", "separation"): "通用指标：厨余垃圾分出率的权重",
    ("common", "participation"): "通用指标：居民参与率的权重",
    ("common", "accuracy"): "通用指标：分类投放正确率的权重",
    ("common", "reduction"): "通用指标：其他垃圾减量率的权重",
    ("common", "stations"): "通用指标：投放点达标率的权重",
    ("mentougou", "separation"): "门头沟区排名：厨余垃圾分出率的权重",
    ("mentougou", "reduction"): "门头沟区排名：垃圾减量率的权重",
    ("mentougou", "stations"): "门头沟区排名：体系建设达标率的权重",
    ("mentougou", "accuracy"): "门头沟区排名：居民自主分类准确率的权重",
}

INDICATOR_TOPICS = {_TOPIC: "分类指标和排名"}
INDICATOR_RULES = (
    RuleKey(
        key=LEAST_HOUSEHOLDS,
        title="少于多少户不公布结果",
        type="integer",
        unit="households",
        minimum=2,
        maximum=1000,
        stricter="higher",
        help="小区、楼栋当月检查到的户数少于这个数，不显示也不排名，以免看出是哪一户。",
    ),
    RuleKey(
        key=LEAST_WEIGHT,
        title="排名至少要知道多少权重的指标（%）",
        type="integer",
        minimum=1,
        maximum=100,
        stricter="higher",
        help="没有数据的指标不算 0 分，也不计权重；知道的权重不到这个百分比的，不排名次。",
    ),
    *(
        RuleKey(
            key=TARGETS[code],
            title=title,
            type="integer",
            minimum=1,
            maximum=100,
            help="预设指标的目标，按百分比填写；街道用的指标可以另行修改。",
        )
        for code, title in _TARGET_TITLES.items()
    ),
    *(
        RuleKey(
            key=PRESET_WEIGHTS[name][code],
            title=title,
            type="integer",
            minimum=0,
            maximum=100,
            help="预设的权重，按百分比填写，一套预设合计 100。",
        )
        for (name, code), title in _WEIGHT_TITLES.items()
    ),
)
