"""What the demo street shows of carriers, collections and the ledger: three months up to yesterday."""

# i18n: data, shown to demo visitors as written
# The Chinese here is data, not interface.
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from linli.sdk import SHANGHAI, Actor, CompoundOutline, ScopedSession, community_outline, new_id, today
from linli_waste_sorting.weights import repository
from linli_waste_sorting.weights.carriers import create_carrier
from linli_waste_sorting.weights.contracts import create_contract
from linli_waste_sorting.weights.ledger import ledger_lines, month_of
from linli_waste_sorting.weights.models import Collection, LedgerReport
from linli_waste_sorting.weights.reports import totals_of
from linli_waste_sorting.weights.schemas import CarrierWrite, ContractWrite

_DAY = timedelta(days=1)
_WHO = "物业值守人员"
_PLANTS = {"kitchen": "示范区厨余垃圾处理厂", "other": "示范区垃圾焚烧厂", "recyclable": "示范区再生资源分拣中心"}
#: Kilograms a building on a working day; weekends bring more, since people are at home and cook.
_DAILY = {"kitchen": 26.0, "other": 78.0, "recyclable": 9.0}
_WEEKEND = {"kitchen": 1.25, "other": 1.15, "recyclable": 1.4}
#: Of the year: melons in summer, less to cook in the cold; the highest day of the year for kitchen waste.
_SEASON, _PEAK = 0.12, 200


@dataclass(frozen=True, slots=True)
class _Carriers:
    city: UUID
    recycler: UUID


def fill_weights(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    """Two carriers with their contracts, collections of three months, and the months that are over as reported."""
    compounds = community_outline(session, community_id)
    if not compounds or repository.carriers_of(session, community_id):
        return
    carriers = _contract(session, actor, community_id, compounds)
    first, last = month_of(today()).before.before.before.first, today() - _DAY
    rows = [
        row
        for n, compound in enumerate(compounds)
        for row in _rows(community_id, compound, carriers, first, last, Random(f"linli weights {n}"))  # noqa: S311 - nothing secret: the same each time
    ]
    session.execute(insert(Collection), rows)
    _report(session, community_id, first)


def _contract(
    session: ScopedSession, actor: Actor, community_id: UUID, compounds: Sequence[CompoundOutline]
) -> _Carriers:
    city = create_carrier(
        session,
        actor,
        community_id,
        CarrierWrite(name="示范区环卫服务中心", licence="示范环许〔2025〕12号", contact="010-0000-0001"),
    )
    recycler = create_carrier(
        session,
        actor,
        community_id,
        CarrierWrite(name="绿色再生资源公司", licence="示范再许〔2025〕3号", contact="010-0000-0002"),
    )
    day, places = today(), [each.id for each in compounds]
    for number, carrier, kind, starts, ends in (
        ("示范清运〔2026〕1号", city.id, "kitchen", day - 200 * _DAY, day + 165 * _DAY),
        ("示范清运〔2026〕2号", city.id, "other", day - 200 * _DAY, day + 165 * _DAY),
        ("示范回收〔2026〕7号", recycler.id, "recyclable", day - 345 * _DAY, day + 19 * _DAY),
    ):
        contract = ContractWrite(
            carrier_id=carrier,
            number=number,
            categories=[kind],  # type: ignore[list-item] - one of CATEGORIES
            compound_ids=places,
            destination=_PLANTS[kind],
            starts_on=starts,
            ends_on=ends,
        )
        create_contract(session, actor, community_id, contract)
    return _Carriers(city.id, recycler.id)


def _rows(
    community_id: UUID, compound: CompoundOutline, carriers: _Carriers, first: date, last: date, chance: Random
) -> Iterator[dict[str, Any]]:
    size, day = max(len(compound.buildings), 1), first
    # Each compound forgets a day or two, and has one collection struck out: written down twice.
    forgotten = {first + chance.randrange((last - first).days or 1) * _DAY for _n in range(2)}
    twice = first + chance.randrange((last - first).days or 1) * _DAY
    while day <= last:
        for kind in _DAILY:
            if (kind == "kitchen" and day in forgotten) or (kind == "recyclable" and day.weekday() not in (2, 5)):
                continue
            yield _row(community_id, compound.id, carriers, day, kind, _kg(kind, size, day, first, chance), chance)
        day += _DAY
    kg = _kg("other", size, twice, first, chance)
    void = {"voided_at": datetime.combine(twice, time(18), SHANGHAI), "voided_name": _WHO, "void_reason": "重复登记"}
    yield _row(community_id, compound.id, carriers, twice, "other", kg, chance) | void


def _kg(kind: str, size: int, day: date, first: date, chance: Random) -> Decimal:
    kg = _DAILY[kind] * size * (_WEEKEND[kind] if day.weekday() >= 5 else 1) * chance.uniform(0.9, 1.1)
    if kind == "kitchen":
        # People learn to sort: a little more each week.
        kg *= 1 + _SEASON * math.cos((day.timetuple().tm_yday - _PEAK) / 365 * 2 * math.pi) + (day - first).days / 700
    if kind == "recyclable":
        kg *= 3.5
    return Decimal(str(round(kg, 1)))


def _row(
    community_id: UUID, compound_id: UUID, carriers: _Carriers, day: date, kind: str, kg: Decimal, chance: Random
) -> dict[str, Any]:
    hour = {"kitchen": 9, "other": 6, "recyclable": 14}[kind]
    return {
        "id": new_id(),
        "community_id": community_id,
        "compound_id": compound_id,
        "category": kind,
        "carrier_id": carriers.recycler if kind == "recyclable" else carriers.city,
        "day": day,
        "clock": time(hour, chance.randrange(60)),
        "pieces": max(round(float(kg) / 90), 1),
        "kg": kg,
        "destination": _PLANTS[kind],
        "note": "",
        "doubts": [],
        "noted_by": None,
        "noted_name": _WHO,
        "voided_at": None,
        "voided_name": "",
        "void_reason": "",
    }


def _report(session: ScopedSession, community_id: UUID, first: date) -> None:
    month = month_of(first)
    while month.last < today():
        lines = ledger_lines(repository.month_sums(session, month.first, month.last, community_id), {})
        at = datetime.combine(month.last + 5 * _DAY, time(10), SHANGHAI)
        # Where the month has just ended nobody has reported it yet.
        if at.date() <= today():
            row = LedgerReport(
                id=new_id(),
                community_id=community_id,
                month=month.first,
                reported_at=at,
                reported_by=None,
                reported_name="社区工作人员",
                times=sum(each.times for each in lines),
                kg=sum((each.kg for each in lines), Decimal("0.0")),
                totals=totals_of(lines),
                reopened_name="",
                reopen_reason="",
            )
            session.add(row)
        month = month.after
    session.flush()
