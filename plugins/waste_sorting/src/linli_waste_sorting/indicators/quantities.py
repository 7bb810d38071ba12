"""What can be measured: the closed list of quantities of which indicators are made, and what each one counts.

Each is a whole number. Weights are counted in 100 grams; those that are compared with another month are multiplied by
the days of that month, so that a short month is no saving, and still no fraction is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linli.sdk import gettext as _

Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity.

    Attributes:
        title: a message.
        kind: only quantities of one kind can be parts of the same indicator.
        of_buildings: whether it is known of a single building: what stands at a station is of the compound.
    """

    title: str
    kind: str
    of_buildings: bool = False


QUANTITIES: dict[str, Quantity] = {
    "kitchen": Quantity("厨余垃圾重量", "weight"),
    "other": Quantity("其他垃圾重量", "weight"),
    "recyclable": Quantity("可回收物重量", "weight"),
    "hazardous": Quantity("有害垃圾重量", "weight"),
    "kitchen_other": Quantity("厨余垃圾和其他垃圾重量", "weight"),
    "sorted": Quantity("分出来的重量（厨余、可回收、有害）", "weight"),
    "household": Quantity("生活垃圾总重量（四类合计）", "weight"),
    "other_saved_month": Quantity("其他垃圾比上个月减少的重量", "weight_month"),
    "other_base_month": Quantity("其他垃圾上个月的重量", "weight_month"),
    "other_saved_year": Quantity("其他垃圾比去年同月减少的重量", "weight_year"),
    "other_base_year": Quantity("其他垃圾去年同月的重量", "weight_year"),
    "other_saved_base": Quantity("其他垃圾比基准月减少的重量", "weight_base"),
    "other_base_base": Quantity("其他垃圾基准月的重量", "weight_base"),
    "findings_correct": Quantity("检查正确的结果数", "findings", of_buildings=True),
    "findings_all": Quantity("检查的结果数", "findings", of_buildings=True),
    "households_correct": Quantity("至少一次分对的户数", "households", of_buildings=True),
    "households_observed": Quantity("检查到的户数", "households", of_buildings=True),
    "points_met": Quantity("达标的检查项数", "points"),
    "points_checked": Quantity("检查的检查项数", "points"),
    "stations_met": Quantity("最近一次检查全部达标的投放点数", "stations"),
    "stations_checked": Quantity("检查过的投放点数", "stations"),
    "shifts_staffed": Quantity("有人到岗的值守班次数", "shifts"),
    "shifts_planned": Quantity("安排的值守班次数", "shifts"),
}
#: The kind of those that are compared with the month that a street has chosen.
BASED = "weight_base"
#: The quantity that says how many households stand behind a place's figures, and those that tell on households.
OBSERVED = "households_observed"
OF_HOUSEHOLDS = frozenset({"findings_correct", "findings_all", "households_correct", OBSERVED})


def quantity_titles() -> dict[str, str]:
    """Quantity to its title in the reader's language."""
    return {key: _(each.title) for key, each in QUANTITIES.items()}


def add_up(parts: Iterable[Amounts]) -> dict[str, int]:
    """The sum of several places; a quantity is in it where at least one place knows it."""
    found: dict[str, int] = {}
    for part in parts:
        for key, amount in part.items():
            found[key] = found.get(key, 0) + amount
    return found
