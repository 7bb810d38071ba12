"""What an indicator is: numerator, denominator, unit, direction, target and weight, as a street can change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from linli.sdk import FieldError, Invalid, RuleValue, ScopedSession, rule_values
from linli.sdk import gettext as _
from linli_waste_sorting.indicators.quantities import QUANTITIES
from linli_waste_sorting.indicators.rule_keys import PRESET_WEIGHTS, TARGETS

#: Indicators of one set: as many as people can keep in view.
MOST_INDICATORS = 8
#: What all weights make together.
WHOLE = 100
#: Unit to how many of it make one whole, and its sign.
UNITS: dict[str, tuple[int, str]] = {"percent": (100, "%"), "permille": (1000, "‰")}
DIRECTIONS = {"up": "越高越好", "down": "越低越好"}
#: Code of a preset's indicator to its title (a message), numerator, denominator and direction.
_BUILT_IN: dict[str, tuple[str, str, str, str]] = {
    "separation": ("厨余垃圾分出率", "kitchen", "kitchen_other", "up"),
    "participation": ("居民参与率", "households_correct", "households_observed", "up"),
    "accuracy": ("分类投放正确率", "findings_correct", "findings_all", "up"),
    "reduction": ("其他垃圾减量率", "other_saved_month", "other_base_month", "up"),
    "stations": ("投放点达标率", "stations_met", "stations_checked", "up"),
}
#: Of the preset of Mentougou, whose ranking calls them so.
_MENTOUGOU = {"accuracy": "居民自主分类准确率", "reduction": "垃圾减量率", "stations": "体系建设达标率"}
#: Preset to its title; messages.
PRESETS = {"common": "通用指标", "mentougou": "门头沟区月度排名（30/10/30/30）"}
_TITLES = frozenset({*(each[0] for each in _BUILT_IN.values()), *_MENTOUGOU.values()})

Code = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{0,29}$",
        description="lower-case letters, digits, underscores",
        examples=["separation"],
    ),
]
Title = Annotated[str, Meta(min_length=1, max_length=30)]
QuantityCode = Annotated[
    str, Meta(min_length=1, max_length=40, description="a quantity of the closed list", examples=["kitchen"])
]
Target = Annotated[Decimal, Meta(description="in the unit, one decimal", examples=["20.5"])]
Weight = Annotated[int, Meta(ge=0, le=100, description="part of 100")]


class Indicator(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """One indicator; one of weight 0 is shown and counts in no ranking."""

    code: Code
    title: Title
    numerator: QuantityCode
    denominator: QuantityCode
    unit: Literal["percent", "permille"] = "percent"
    direction: Literal["up", "down"] = "up"
    target: Target
    weight: Weight

    @property
    def shown_title(self) -> str:
        """In the reader's language where it is one of the platform's own; otherwise as the street wrote it."""
        return _(self.title) if self.title in _TITLES else self.title

    @property
    def sign(self) -> str:
        """Of its unit, written behind a value."""
        return UNITS[self.unit][1]

    @property
    def of_buildings(self) -> bool:
        """Whether it can be known of a single building."""
        return QUANTITIES[self.numerator].of_buildings and QUANTITIES[self.denominator].of_buildings


def preset_of(session: ScopedSession, name: str) -> list[Indicator]:
    """The indicators of a preset, with the weights and targets that the rules say here today.

    Raises:
        KeyError: there is no such preset.
    """
    return preset_from(rule_values(session, preset_rules(name)), name)


def preset_rules(name: str) -> list[str]:
    """The rules that a preset rests on. Raises ``KeyError`` where there is no such preset."""
    weights = PRESET_WEIGHTS[name]
    return [*weights.values(), *(TARGETS[code] for code in weights)]


def preset_from(held: Mapping[str, RuleValue], name: str) -> list[Indicator]:
    """The same from values that were read already, ``preset_rules`` among them."""
    weights = PRESET_WEIGHTS[name]
    titles = _MENTOUGOU if name == "mentougou" else {}
    return [
        Indicator(
            code=code,
            title=titles.get(code, _BUILT_IN[code][0]),
            numerator=_BUILT_IN[code][1],
            denominator=_BUILT_IN[code][2],
            direction=_BUILT_IN[code][3],  # type: ignore[arg-type] - one of DIRECTIONS
            target=Decimal(_number(held[TARGETS[code]].value)),
            weight=_number(held[key].value),
        )
        for code, key in weights.items()
    ]


def check_set(indicators: Sequence[Indicator]) -> None:
    """Refuse a set that says nothing or cannot be computed.

    Raises:
        Invalid: naming ``indicators.<n>.<field>`` of each fault, or ``weights`` where they do not make 100.
    """
    faults: list[FieldError] = []
    if not 1 <= len(indicators) <= MOST_INDICATORS:
        faults.append(FieldError("indicators", _("指标个数不对"), f"1–{MOST_INDICATORS}"))
    for n, each in enumerate(indicators):
        faults += _faults_of(f"indicators.{n}", each, [other.code for other in indicators[:n]])
    total = sum(each.weight for each in indicators)
    if total != WHOLE:
        faults.append(FieldError("weights", _("权重合计是 {n}%").format(n=total), _("合计必须是 100%")))
    if faults:
        raise Invalid(errors=faults)


def written(indicators: Sequence[Indicator]) -> list[Any]:
    """As a row keeps them."""
    return [msgspec.to_builtins(each) for each in indicators]


def read(rows: Sequence[Any]) -> list[Indicator]:
    """As a row kept them."""
    return [msgspec.convert(each, Indicator, strict=False) for each in rows]


def _faults_of(where: str, each: Indicator, before: Sequence[str]) -> list[FieldError]:
    faults: list[FieldError] = []
    if each.code in before:
        faults.append(FieldError(f"{where}.code", _("这个代码已经有了")))
    if not each.title.strip():
        faults.append(FieldError(f"{where}.title", _("必须填写")))
    unknown = [name for name in ("numerator", "denominator") if getattr(each, name) not in QUANTITIES]
    faults += [FieldError(f"{where}.{name}", _("没有这种数量"), _("请从列表里选择")) for name in unknown]
    if not unknown:
        if each.numerator == each.denominator:
            faults.append(FieldError(f"{where}.denominator", _("和分子相同"), _("请选另一种数量")))
        elif QUANTITIES[each.numerator].kind != QUANTITIES[each.denominator].kind:
            faults.append(
                FieldError(f"{where}.denominator", _("和分子不是同一类数量"), _("例如都是重量，或者都是户数"))
            )
    most = UNITS[each.unit][0]
    # Comparing with itself tells a number from what is none, such as NaN.
    if each.target != each.target or not 0 < each.target <= most or each.target != round(each.target, 1):
        faults.append(
            FieldError(f"{where}.target", _("目标不对"), _("大于 0、不超过 {n}，最多一位小数").format(n=most))
        )
    return faults


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
