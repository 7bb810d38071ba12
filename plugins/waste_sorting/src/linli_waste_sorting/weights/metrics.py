"""Numbers of this month on the street's board."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from linli.sdk import Metric, ScopedSession, communities_of, today
from linli_waste_sorting.weights.permissions import READ_COLLECTIONS
from linli_waste_sorting.weights.repository import separation_rate, weights_by_category


def _weights(session: ScopedSession, day: date) -> dict[UUID | None, dict[str, Decimal]]:
    """Community to kind of waste to kilograms of the month that holds the day, up to it; two queries."""
    by_compound = weights_by_category(session, day.replace(day=1), day)
    homes = communities_of(session, list(by_compound)) if by_compound else {}
    found: dict[UUID | None, dict[str, Decimal]] = {}
    for compound_id, weights in by_compound.items():
        mine = found.setdefault(homes.get(compound_id), {})
        for category, kg in weights.items():
            mine[category] = mine.get(category, Decimal(0)) + kg
    return found


def _kg_on(session: ScopedSession, day: date) -> Mapping[UUID | None, Decimal]:
    return {where: sum(weights.values(), Decimal(0)) for where, weights in _weights(session, day).items()}


def _rate_on(session: ScopedSession, day: date) -> Mapping[UUID | None, Decimal]:
    rates = {where: separation_rate(weights) for where, weights in _weights(session, day).items()}
    return {where: rate for where, rate in rates.items() if rate is not None}


def _kg(session: ScopedSession) -> Mapping[UUID | None, Decimal]:
    return _kg_on(session, today())


def _rate(session: ScopedSession) -> Mapping[UUID | None, Decimal]:
    return _rate_on(session, today())


WEIGHT_METRICS = (
    Metric(
        name="waste_sorting.collected",
        title="垃圾清运量",
        measure=_kg,
        measure_on=_kg_on,
        unit="公斤",
        period="month",
        needs=READ_COLLECTIONS,
        path="ledger",
        path_needs=READ_COLLECTIONS,
        order=310,
    ),
    Metric(
        name="waste_sorting.separation_rate",
        title="厨余垃圾分出率",
        measure=_rate,
        measure_on=_rate_on,
        unit="%",
        period="month",
        adds_up=False,
        needs=READ_COLLECTIONS,
        path="ledger",
        path_needs=READ_COLLECTIONS,
        order=311,
    ),
)
