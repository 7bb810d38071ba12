"""The ledger as rows of a file, in the layout in which a street reports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from linli.sdk import gettext as _
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.weights.ledger import Month
from linli_waste_sorting.weights.repository import Sum

Rows = tuple[list[str], list[list[Any]]]


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of a row are called."""

    communities: Mapping[UUID, str]
    compounds: Mapping[UUID, str]
    categories: Mapping[str, str]
    carriers: Mapping[UUID, str]


def day_rows(sums: Sequence[Sum], month: Month, names: Names) -> Rows:
    """Titles of the columns, and one row for each day, compound, kind, carrier and destination.

    Args:
        sums: of days.
        month: of all of them.
        names: of what they are about.
    """
    ordered = sorted(sums, key=lambda each: (each.day or month.first, *_order(each, names)))
    return [_("日期"), *_columns()], [[each.day, *_cells(each, names)] for each in ordered]


def month_rows(sums: Sequence[Sum], month: Month, names: Names) -> Rows:
    """As ``day_rows`` with the month in place of the day, and at the end the total of each kind and of all."""
    ordered = sorted(sums, key=lambda each: _order(each, names))
    rows: list[list[Any]] = [[month.key, *_cells(each, names)] for each in ordered]
    by_kind = {kind: [each for each in sums if each.category == kind] for kind in CATEGORIES}
    rows += [_total(month, names.categories[kind], some) for kind, some in by_kind.items() if some]
    if sums:
        rows.append(_total(month, _("全部"), sums))
    return [_("月份"), *_columns()], rows


def _columns() -> list[str]:
    quantity = [_("次数"), _("桶数"), _("重量"), _("单位"), _("未称重次数")]
    return [_("社区"), _("小区"), _("种类"), _("收运单位"), *quantity, _("去向")]


def _cells(each: Sum, names: Names) -> list[Any]:
    place = [names.communities.get(each.community_id, ""), names.compounds.get(each.compound_id, "")]
    what = [names.categories[each.category], names.carriers.get(each.carrier_id, "")]
    return [*place, *what, each.times, each.pieces, each.kg, _("公斤"), each.unweighed, each.destination]


def _total(month: Month, kind: str, some: Sequence[Sum]) -> list[Any]:
    kg = sum((each.kg for each in some), Decimal("0.0"))
    times, pieces = sum(each.times for each in some), sum(each.pieces for each in some)
    unweighed = sum(each.unweighed for each in some)
    return [month.key, _("合计"), "", kind, "", times, pieces, kg, _("公斤"), unweighed, ""]


def _order(each: Sum, names: Names) -> tuple[str, str, int, str, str]:
    place = (names.communities.get(each.community_id, ""), names.compounds.get(each.compound_id, ""))
    return (*place, CATEGORIES.index(each.category), str(each.carrier_id), each.destination)
