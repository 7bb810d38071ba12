"""What sources, entries, states and reasons of points are called, for those who give them and those who have them."""

from __future__ import annotations

from collections.abc import Mapping

from linli.sdk import gettext as _
from linli_waste_sorting.points.models import Entry
from linli_waste_sorting.points.repository import Line

#: Each to its title; messages.
SOURCES = {
    "bag": "巡查查到分对",
    "award": "现场看到分对",
    "watch": "桶站值守",
    "pickup": "上门回收",
    "grant": "社区手工发放",
}
KINDS = {"earn": "得到", "redeem": "兑换", "return": "退回", "expire": "到期", "reverse": "冲回"}
CUTS = {
    "household_cap": "超过每户每天的上限",
    "rule_cap": "超过这一项每天的上限",
    "window": "不在计分时段",
    "own": "查的人住在这一户",
}
FLAGS = {"often": "同一人多次发给同一户", "window": "不在计分时段", "burst": "短时间里发了很多次"}
DECISIONS = {"": "待核查", "kept": "已保留", "reversed": "已冲回"}
STATES = {"reserved": "待领取", "handed": "已领取", "cancelled": "已取消", "missed": "没有领取"}
PERIODS = {"month": "每月", "quarter": "每季度", "year": "每年"}
#: To the colour of their mark.
TONES = {"reserved": "warn", "handed": "good", "cancelled": "calm", "missed": "calm", "earn": "good", "reverse": "bad"}


def titles(named: Mapping[str, str]) -> dict[str, str]:
    """The titles in the language of whoever reads."""
    return {key: _(title) for key, title in named.items()}


def sign_of(entry: Entry) -> int:
    """The points of an entry as the household sees them: below zero where they leave it."""
    return entry.points if entry.credit == "household" else -entry.points


def told(line: Line) -> str:
    """What an entry was for, in words: ``桶站值守``, ``兑换：洗衣液``."""
    kind = line.entry.kind
    if kind == "earn" and line.claim is not None:
        return _(SOURCES[line.claim.source])
    if kind in ("redeem", "return") and line.item:
        return _("{kind}：{item}").format(kind=_(KINDS[kind]), item=line.item)
    return _(KINDS[kind])
