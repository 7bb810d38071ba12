"""The ledger of the street's communities side by side, as lines of a list that people arrange."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from linli.sdk import ScopedSession, TableColumn, pinyin_of
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.weights.ledger import rate_text, weights_of
from linli_waste_sorting.weights.repository import separation_rate
from linli_waste_sorting.weights.schemas import LedgerLine
from linli_waste_sorting.words import category_messages


@dataclass(frozen=True, slots=True)
class StreetLine:
    """A month of one community.

    Attributes:
        weights: kind of waste to kilograms; a kind of which there was none is left out.
        kg: of all kinds.
        is_reported: whether the month was reported and not taken back.
    """

    id: UUID
    name: str
    weights: Mapping[str, Decimal]
    kg: Decimal
    is_reported: bool

    @property
    def rate(self) -> str:
        """The separation rate as it is shown."""
        return rate_text(self.weights)


def street_lines(
    lines: Sequence[LedgerLine], names: Mapping[UUID, str], reported: Collection[UUID]
) -> list[StreetLine]:
    """A line for each of the communities, in their order.

    Args:
        lines: of the month, of all communities.
        names: of the communities that take part.
        reported: those whose month is reported.
    """
    found = []
    by_community: dict[UUID | None, list[LedgerLine]] = defaultdict(list)
    for each in lines:
        by_community[each.community_id].append(each)
    for key, name in names.items():
        weights = weights_of(by_community[key])
        found.append(StreetLine(key, name, weights, sum(weights.values(), Decimal("0.0")), key in reported))
    return found


#: What the lines are sorted by.
KEYS: dict[str, Callable[[StreetLine], Any]] = {
    "name": lambda line: pinyin_of(line.name).full,
    "kg": lambda line: line.kg,
    "rate": lambda line: separation_rate(line.weights),
    "reported": lambda line: line.is_reported,
    **{kind: lambda line, kind=kind: line.weights.get(kind) for kind in CATEGORIES},
}


def kind_columns(session: ScopedSession, _visit: Any) -> Sequence[TableColumn]:
    """A column for each kind of waste, called as it is called here."""
    titles = category_messages(session)
    return [TableColumn(kind, titles[kind], sort=kind, falls=True, is_number=True) for kind in CATEGORIES]


def kinds_without(lines: Sequence[StreetLine]) -> set[str]:
    """The kinds of waste of which no line has any: their columns would be empty."""
    return {kind for kind in CATEGORIES if not any(kind in each.weights for each in lines)}


def in_file(kg: Decimal) -> int | float:
    """Kilograms as a number that a text file and a workbook write alike."""
    return int(kg) if kg == kg.to_integral_value() else float(kg)
