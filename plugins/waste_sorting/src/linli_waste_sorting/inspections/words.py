"""What results, steps and points are called."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from linli.sdk import ScopedSession, rule_value
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.rule_keys import BASIS, POINTS

#: Messages.
SUBJECTS = {"container": "容器", "bag": "一袋垃圾"}
RESULTS = {"correct": "正确", "wrong": "错投", "contaminated": "混投"}
STEPS = {
    "dissuade": "劝导",
    "report": "报告街道",
    "warning": "书面告知",
    "handover": "报城市管理部门",
    "service": "参加志愿服务",
}
APPEAL_STATES = {"open": "待答复", "upheld": "申诉成立", "rejected": "申诉不成立"}
STATES = {"counted": "没有划去的", "struck": "已划去", "all": "全部"}
CAUSES = {"appeal": "申诉成立", "finding": "依据的检查结果已划去", "mistake": "登记有误"}
#: Legal grounds of the platform's own rule packs; what a street writes is shown as it was written.
_GROUNDS = (
    "按照当地生活垃圾管理的规定，应当分类投放；仍不改正的，由城市管理部门依法处理。",
    (
        "《北京市生活垃圾管理条例》第37条：先劝导，不听劝导的报告；"
        "第67条：由城市管理部门书面警告，再次违反的依法处理，自愿参加分类服务的可以不罚。"
    ),
    "《上海市生活垃圾管理条例》第57条：没有分类投放的，由城管执法部门责令改正；拒不改正的，依法处理。",
)
#: How to do it right, by what was thrown in.
ADVICE = {
    "recyclable": "废纸、塑料、玻璃、金属、织物：保持干净、干燥，单独投放。",
    "hazardous": "电池、灯管、过期药品、油漆桶：单独投放到有害垃圾容器，不要弄破。",
    "kitchen": "菜叶、剩饭、果皮、骨头：沥干水分，去掉塑料袋再倒进去，袋子投到其他垃圾。",
    "other": "脏纸、尿不湿、烟头、渣土：装好袋投放；能回收的、厨余和有害的不要放进去。",
    "bulky": "家具、床垫：不要放在桶边，预约后放到大件垃圾点。",
    "decoration": "砖瓦、木料、石膏板：装袋，按物业的要求放到装修垃圾点。",
    "garden": "树枝、落叶：捆好或装袋，放到园林绿化垃圾点。",
}
#: The points of the platform's own proposal; what a street adds is shown as it was written.
_POINTS = ("容器干净", "没有满溢", "标志正确", "桶盖完好并盖好", "地面干净", "没有混装")
#: A checklist that is filled in on a phone, station after station, has an end.
MOST_POINTS = 12


def titles(words: Mapping[str, str]) -> dict[str, str]:
    """These words in the reader's language."""
    return {key: _(title) for key, title in words.items()}


def point_title(point: str) -> str:
    """A point of the checklist, translated where it is one of the platform's own."""
    return _(point) if point in _POINTS else point


def ground_of(session: ScopedSession, compound_id: UUID) -> str:
    """The legal ground that the written notice names in a compound, in the reader's language where it is known."""
    held = rule_value(session, BASIS, compound_id=compound_id).value
    return "" if not isinstance(held, str) else _(held) if held in _GROUNDS else held


def points_of(session: ScopedSession, compound_id: UUID) -> tuple[str, ...]:
    """What is looked at at each station of a compound today."""
    held = rule_value(session, POINTS, compound_id=compound_id).value
    return held[:MOST_POINTS] if isinstance(held, tuple) else ()
