"""What kinds of waste, stations and days are called, in the place and in the language of the request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time
from decimal import Decimal
from uuid import UUID

from linli.sdk import ScopedSession, community_outline, rule_value
from linli.sdk import gettext as _
from linli_waste_sorting.rule_keys import LABELS
from linli_waste_sorting.stations.models import Opening

#: Kind of waste to its title; messages.
_NATIONAL = {
    "recyclable": "可回收物",
    "hazardous": "有害垃圾",
    "kitchen": "厨余垃圾",
    "other": "其他垃圾",
    "bulky": "大件垃圾",
    "decoration": "装修垃圾",
    "garden": "园林绿化垃圾",
}
_WET_DRY = _NATIONAL | {"kitchen": "湿垃圾", "other": "干垃圾"}
#: GB/T 19095-2019; in Shanghai wet waste is brown and dry waste black.
_NATIONAL_TONES = {"recyclable": "blue", "hazardous": "red", "kitchen": "green", "other": "grey"}
_WET_DRY_TONES = _NATIONAL_TONES | {"kitchen": "brown", "other": "black"}
#: Kind of station to its title; messages.
KINDS = {
    "staffed": "分类驿站（有人值守）",
    "point": "分类投放点",
    "recyclables": "可回收物交投点",
    "bulky": "大件垃圾投放点",
    "decoration": "装修垃圾投放点",
    "garden": "园林绿化垃圾投放点",
}
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
EVERY_DAY = 127


def category_titles(session: ScopedSession) -> dict[str, str]:
    """Kind of waste to what it is called here; the national words where no rule is known."""
    return {key: _(title) for key, title in category_messages(session).items()}


def category_messages(session: ScopedSession) -> dict[str, str]:
    """The same as messages, for those who read them in a language of their own."""
    return _WET_DRY if rule_value(session, LABELS).value == "wet_dry" else _NATIONAL


def category_tones(session: ScopedSession) -> dict[str, str]:
    """Kind of waste to the tone of its badge: the colour of its container here; calm where that has none."""
    held = rule_value(session, LABELS).value
    return dict.fromkeys(_NATIONAL, "calm") | (_WET_DRY_TONES if held == "wet_dry" else _NATIONAL_TONES)


def compound_names(session: ScopedSession, community_id: UUID) -> dict[str, str]:
    """The compounds of a community, id to name, as choices of a form."""
    return {str(each.id): each.name for each in community_outline(session, community_id)}


def kind_titles() -> dict[str, str]:
    """Kind of station to its title."""
    return {key: _(title) for key, title in KINDS.items()}


def days_text(weekdays: int) -> str:
    """On which days, in words: ``每天``, ``周一、周四``."""
    if weekdays == EVERY_DAY:
        return _("每天")
    return _("、").join(_(day) for n, day in enumerate(WEEKDAYS) if weekdays & (1 << n))


def hours_text(openings: Sequence[Opening]) -> str:
    """From when to when, in words: ``7:00–9:00、18:00–20:00``; all day where none are named."""
    return _("、").join(span_text(each.opens, each.closes) for each in openings) or _("全天")


def span_text(opens: time, closes: time) -> str:
    """``7:00–9:00``."""
    return f"{opens.hour}:{opens.minute:02}–{closes.hour}:{closes.minute:02}"


def kilos(kg: Decimal) -> str:
    """A weight without zeros that say nothing, thousands apart: ``9,000``, ``2.5``."""
    return f"{kg:,.1f}".removesuffix(".0")


def mask_of(days: Iterable[int]) -> int:
    """Days from 0, Monday, to 6 as one number."""
    return sum(1 << n for n in set(days))
