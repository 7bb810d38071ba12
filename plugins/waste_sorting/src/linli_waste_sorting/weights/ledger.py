"""The ledger 台账 of a month: what was taken from each compound, by whom and to where, and what is missing.

《北京市生活垃圾管理条例》第34至37条: kinds, quantities, carrier and destination are kept in a ledger and reported.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from linli.sdk import Invalid, ScopedSession, today
from linli.sdk import gettext as _
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.reach import is_within
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.repository import Sum, separation_rate
from linli_waste_sorting.weights.schemas import LedgerLine, MissingDay

_DAY = timedelta(days=1)
_NOTHING = Decimal("0.0")
#: Months of the lines beside each other.
TREND = 6
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month; both days are counted."""

    first: date
    last: date

    @property
    def before(self) -> Month:
        """The month before."""
        return month_of(self.first - _DAY)

    @property
    def after(self) -> Month:
        """The month after."""
        return month_of(self.last + _DAY)

    @property
    def key(self) -> str:
        """``2026-11``."""
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> list[date]:
        """Each of its days."""
        return [self.first + n * _DAY for n in range((self.last - self.first).days + 1)]


def month_of(day: date) -> Month:
    """The month that holds a day."""
    first = day.replace(day=1)
    return Month(first, (first + timedelta(days=32)).replace(day=1) - _DAY)


def read_month(text: str) -> Month:
    """``2026-11`` as a month; this one where nothing is given.

    Raises:
        Invalid: naming ``month``: no such month, or none that a ledger can be about.
    """
    if not text:
        return month_of(today())
    year, number = int(text[:4]), int(text[5:])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise Invalid.one("month", _("年份写错了"), f"{_FIRST_YEAR}–{_LAST_YEAR}")
    return month_of(date(year, number, 1))


def ledger_lines(sums: Sequence[Sum], carriers: Mapping[UUID, str]) -> list[LedgerLine]:
    """Each compound's kinds of waste, those of one carrier and destination put together.

    Args:
        sums: of a period, in the order in which lines are shown.
        carriers: carrier to its name.
    """
    grouped: dict[tuple[UUID, UUID, str], list[Sum]] = {}
    for each in sums:
        grouped.setdefault((each.community_id, each.compound_id, each.category), []).append(each)
    return [
        LedgerLine(
            community_id=community_id,
            compound_id=compound_id,
            category=category,
            times=sum(each.times for each in some),
            pieces=sum(each.pieces for each in some),
            kg=sum((each.kg for each in some), _NOTHING),
            unweighed=sum(each.unweighed for each in some),
            carriers=list(dict.fromkeys(carriers.get(each.carrier_id, "") for each in some)),
            destinations=list(dict.fromkeys(each.destination for each in some)),
        )
        for (community_id, compound_id, category), some in grouped.items()
    ]


def weights_of(lines: Sequence[LedgerLine]) -> dict[str, Decimal]:
    """Kind of waste to kilograms, of all lines together, in the order of the kinds."""
    found = {each: sum((line.kg for line in lines if line.category == each), _NOTHING) for each in CATEGORIES}
    return {category: kg for category, kg in found.items() if kg}


def missing_days(
    session: ScopedSession, community_id: UUID | None, month: Month, within: Collection[UUID] | None = None
) -> list[MissingDay]:
    """The days of a month, up to yesterday, on which no kitchen waste was noted though there are containers for it.

    A compound owes nothing for the time before its first record, or before it had containers. Of all compounds for
    ``within=None``.
    """
    last = min(month.last, today() - _DAY)
    held = repository.contained_since(session, community_id)
    compounds = [each for each, kinds in held.items() if "kitchen" in kinds and is_within(each, within)]
    if not compounds or last < month.first:
        return []
    begun, noted = (
        _begun(session, community_id, compounds),
        repository.kitchen_days(session, compounds, month.first, last),
    )
    days = [each for each in month.days if each <= last]
    return [
        MissingDay(compound_id=compound_id, day=day)
        for compound_id in sorted(compounds, key=str)
        for day in days
        if day >= begun[compound_id] and day not in noted.get(compound_id, {})
    ]


def _begun(session: ScopedSession, community_id: UUID | None, compounds: Sequence[UUID]) -> dict[UUID, date]:
    since, noted = repository.contained_since(session, community_id), repository.first_days(session, compounds)
    return {each: min(since[each]["kitchen"], noted.get(each, date.max)) for each in compounds}


def trend(
    session: ScopedSession, community_id: UUID | None, month: Month, within: Collection[UUID] | None = None
) -> list[tuple[Month, dict[str, Decimal]]]:
    """The months up to this one with their kilograms by kind; one query."""
    months = [month]
    while len(months) < TREND:
        months.insert(0, months[0].before)
    by_day = repository.sums_by_day(session, months[0].first, month.last, community_id, within)
    found: list[tuple[Month, dict[str, Decimal]]] = []
    for each in months:
        weights: dict[str, Decimal] = {}
        for day, kinds in by_day.items():
            if each.first <= day <= each.last:
                for category, kg in kinds.items():
                    weights[category] = weights.get(category, _NOTHING) + kg
        found.append((each, weights))
    return found


def rate_text(weights: Mapping[str, Decimal]) -> str:
    """The separation rate as it is shown; a dash where nothing is known."""
    rate = separation_rate(weights)
    return f"{rate}%" if rate is not None else "—"
