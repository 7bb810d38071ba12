"""Queries over collections; what is struck out counts in none of the sums."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, func, select

from linli.sdk import PAGE, SHANGHAI, Order, ScopedSession, sorted_rows
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.stations.models import Container, Station
from linli_waste_sorting.weights.models import Carrier, Collection, Contract, ContractCompound, LedgerReport

#: Records on one day that a chart or a file sums up, of all communities of a street in one month.
MOST_ROWS = 50_000
#: Of one street, which has some dozen communities.
_MOST_CARRIERS, _MOST_CONTRACTS, _MOST_REPORTS = 500, 500, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records are asked for.

    Attributes:
        compound_id: ``None`` for all, as with the others.
        category: empty for all.
        first: the first day.
        last: the last day.
        state: ``valid``, ``void``, ``confirmed`` (looked implausible), or empty for all.
        compounds: those within the reader's reach; ``None`` for all.
    """

    compound_id: UUID | None = None
    category: str = ""
    carrier_id: UUID | None = None
    first: date | None = None
    last: date | None = None
    state: str = ""
    compounds: Some[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """What one carrier took of one kind from one compound to one place.

    Attributes:
        day: ``None`` where it is the sum of several days.
        pieces: containers that were counted.
        kg: what was weighed.
        unweighed: of the times, those that were not weighed.
    """

    community_id: UUID
    compound_id: UUID
    category: str
    carrier_id: UUID
    destination: str
    times: int
    pieces: int
    kg: Decimal
    unweighed: int
    day: date | None = None


_VALID = Collection.voided_at.is_(None)
_KG = func.coalesce(func.sum(Collection.kg), Decimal(0))


def weights_by_category(
    session: ScopedSession,
    first: date,
    last: date,
    *,
    community_id: UUID | None = None,
    compounds: Some[UUID] | None = None,
) -> Mapping[UUID, Mapping[str, Decimal]]:
    """Kilograms by kind of waste for each compound from which something was taken in a period; one query.

    Args:
        session: of the street or of a community.
        first: the first day, Asia/Shanghai.
        last: the last day, itself counted.
        community_id: ``None`` for all communities of the session's scope.
        compounds: those within the reader's reach; ``None`` for all.

    Returns:
        Compound to kind of waste to kilograms with one decimal. What was counted in containers alone weighs nothing
        here; a compound or a kind without any record is left out.
    """
    statement = (
        select(Collection.compound_id, Collection.category, _KG)
        .where(_VALID, Collection.day.between(first, last), *_within(community_id, compounds))
        .group_by(Collection.compound_id, Collection.category)
    )
    found: dict[UUID, dict[str, Decimal]] = {}
    for compound_id, category, kg in session.execute(statement):
        found.setdefault(compound_id, {})[category] = kg or Decimal(0)
    return found


def separation_rate(weights: Mapping[str, Decimal]) -> Decimal | None:
    """家庭厨余垃圾分出率 in per cent with one decimal: kitchen of kitchen and other; ``None`` without either.

    Args:
        weights: kind of waste to kilograms.
    """
    kitchen, other = weights.get("kitchen", Decimal(0)), weights.get("other", Decimal(0))
    return round(kitchen * 100 / (kitchen + other), 1) if kitchen + other else None


#: The orders of the list.
ORDERS = {
    "day": Order(Collection.day, lambda row: row[0].day),
    "kg": Order(Collection.kg, lambda row: row[0].kg, is_nullable=True),
}


def page_of_collections(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: Wanted,
    *,
    sort: str = "-day",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Collection], str | None]:
    """A page in an order of ``ORDERS``, and the ``after`` of the next one; ``None`` on the last."""
    return sorted_rows(session, _wanted(community_id, wanted), Collection.id, ORDERS, sort, after=after, limit=limit)


def collections_of(
    session: ScopedSession, community_id: UUID, compounds: Some[UUID] | None, ids: Some[UUID]
) -> Sequence[Collection]:
    """Those of these records that are the community's, and of these compounds."""
    mine = select(Collection).where(Collection.id.in_(ids), *_within(community_id, compounds))
    return session.scalars(mine).all()


def find_collection(session: ScopedSession, community_id: UUID, collection_id: UUID) -> Collection | None:
    """One record of a community."""
    mine = select(Collection).where(Collection.id == collection_id, Collection.community_id == community_id)
    return session.scalar(mine)


def replacement_of(session: ScopedSession, collection_id: UUID, compounds: Some[UUID] | None = None) -> UUID | None:
    """The record that was made in place of one that was struck out, if it is of one of these compounds."""
    made = select(Collection.id).where(Collection.replaces_id == collection_id, *_within(None, compounds))
    return session.scalar(made.limit(1))


def month_sums(
    session: ScopedSession,
    first: date,
    last: date,
    community_id: UUID | None,
    compounds: Some[UUID] | None = None,
) -> list[Sum]:
    """Sums of a period by compound, kind, carrier and destination, of all compounds for ``None``; one query."""
    return _sums(session, first, last, community_id, compounds, by_day=False)


def day_sums(
    session: ScopedSession,
    first: date,
    last: date,
    community_id: UUID | None,
    compounds: Some[UUID] | None = None,
) -> list[Sum]:
    """Sums of each day by compound, kind, carrier and destination, in the order of the days; one query."""
    return _sums(session, first, last, community_id, compounds, by_day=True)


def _sums(
    session: ScopedSession,
    first: date,
    last: date,
    community_id: UUID | None,
    compounds: Some[UUID] | None,
    *,
    by_day: bool,
) -> list[Sum]:
    columns = (
        Collection.community_id,
        Collection.compound_id,
        Collection.category,
        Collection.carrier_id,
        Collection.destination,
    )
    grouped = (*columns, Collection.day) if by_day else columns
    statement = (
        select(
            *columns,
            func.count(),
            func.coalesce(func.sum(Collection.pieces), 0),
            _KG,
            func.count() - func.count(Collection.kg),
            *((Collection.day,) if by_day else ()),
        )
        .where(_VALID, Collection.day.between(first, last), *_within(community_id, compounds))
        .group_by(*grouped)
        .limit(MOST_ROWS)
    )
    found = [Sum(*row) for row in session.execute(statement)]
    order = {each: n for n, each in enumerate(CATEGORIES)}
    found.sort(key=lambda each: (each.day or first, str(each.compound_id), order[each.category], each.destination))
    return found


def sums_by_day(
    session: ScopedSession,
    first: date,
    last: date,
    community_id: UUID | None,
    compounds: Some[UUID] | None = None,
) -> dict[date, dict[str, Decimal]]:
    """Day to kind of waste to kilograms, of these compounds together, of all for ``None``; one query."""
    statement = (
        select(Collection.day, Collection.category, _KG)
        .where(_VALID, Collection.day.between(first, last), *_within(community_id, compounds))
        .group_by(Collection.day, Collection.category)
    )
    found: dict[date, dict[str, Decimal]] = {}
    for day, category, kg in session.execute(statement):
        found.setdefault(day, {})[category] = kg or Decimal(0)
    return found


def kitchen_days(
    session: ScopedSession, compounds: Some[UUID], first: date, last: date
) -> dict[UUID, dict[date, UUID]]:
    """Compound to the days on which kitchen waste was noted, each with the id of a record; one query."""
    statement = (
        select(Collection.compound_id, Collection.day, func.min(Collection.id.cast(Text)))
        .where(
            _VALID,
            Collection.compound_id.in_(compounds),
            Collection.category == "kitchen",
            Collection.day.between(first, last),
        )
        .group_by(Collection.compound_id, Collection.day)
    )
    found: dict[UUID, dict[date, UUID]] = {}
    for compound_id, day, row_id in session.execute(statement):
        found.setdefault(compound_id, {})[day] = UUID(row_id)
    return found


def first_days(session: ScopedSession, compounds: Some[UUID]) -> dict[UUID, date]:
    """Compound to the day of its first record; one query."""
    firsts = select(Collection.compound_id, func.min(Collection.day)).where(
        _VALID, Collection.compound_id.in_(compounds)
    )
    return {row[0]: row[1] for row in session.execute(firsts.group_by(Collection.compound_id))}


def contained_since(session: ScopedSession, community_id: UUID | None) -> dict[UUID, dict[str, date]]:
    """Compound to the kinds of waste that its stations in use have containers for, and since when; one query."""
    statement = (
        select(Station.compound_id, Container.category, func.min(Station.created_at))
        .join(Container, (Container.tenant_id == Station.tenant_id) & (Container.station_id == Station.id))
        .where(Station.closed_at.is_(None))
        .group_by(Station.compound_id, Container.category)
    )
    if community_id is not None:
        statement = statement.where(Station.community_id == community_id)
    found: dict[UUID, dict[str, date]] = {}
    for compound_id, category, since in session.execute(statement):
        found.setdefault(compound_id, {})[category] = since.astimezone(SHANGHAI).date()
    return found


def containers_of(session: ScopedSession, compounds: Some[UUID]) -> list[tuple[UUID, UUID, str, int, int | None]]:
    """Compound, station, kind, pieces and litres of every container of a station in use; one query."""
    statement = (
        select(Station.compound_id, Station.id, Container.category, Container.pieces, Container.litres)
        .join(Container, (Container.tenant_id == Station.tenant_id) & (Container.station_id == Station.id))
        .where(Station.closed_at.is_(None), Station.compound_id.in_(compounds))
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(statement)]


def recent_weights(
    session: ScopedSession, compounds: Some[UUID], categories: Some[str], first: date, last: date
) -> list[tuple[UUID, str, date, Decimal]]:
    """Compound, kind, day and kilograms of every record that was weighed on some days; one query."""
    statement = select(Collection.compound_id, Collection.category, Collection.day, Collection.kg).where(
        _VALID,
        Collection.kg.is_not(None),
        Collection.compound_id.in_(compounds),
        Collection.category.in_(categories),
        Collection.day.between(first, last),
    )
    return [(where, kind, day, kg) for where, kind, day, kg in session.execute(statement) if kg is not None]


def same_days(session: ScopedSession, compounds: Some[UUID], days: Some[date]) -> set[tuple[UUID, str, date, UUID]]:
    """Compound, kind, day and carrier of the records of some days; one query."""
    statement = select(Collection.compound_id, Collection.category, Collection.day, Collection.carrier_id).where(
        _VALID, Collection.compound_id.in_(compounds), Collection.day.in_(days)
    )
    return {(row[0], row[1], row[2], row[3]) for row in session.execute(statement.distinct())}


def carriers_of(session: ScopedSession, community_id: UUID | None, *, used: bool = False) -> Sequence[Carrier]:
    """The carriers of a community, or of all the street's for ``None``, by name; with ``used`` those in use alone."""
    statement = select(Carrier).order_by(Carrier.name, Carrier.id).limit(_MOST_CARRIERS)
    if community_id is not None:
        statement = statement.where(Carrier.community_id == community_id)
    return session.scalars(statement.where(Carrier.closed_at.is_(None)) if used else statement).all()


def carrier_names(session: ScopedSession, community_id: UUID | None) -> dict[UUID, str]:
    """Carrier to its name, those out of use among them."""
    statement = select(Carrier.id, Carrier.name)
    if community_id is not None:
        statement = statement.where(Carrier.community_id == community_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def last_carrier(session: ScopedSession, community_id: UUID, account_id: UUID | None, *, since: date) -> UUID | None:
    """The carrier, still in use, of the latest record since a day: of one's own, else of the community's."""
    latest = (
        select(Collection.carrier_id)
        .join(Carrier, (Carrier.tenant_id == Collection.tenant_id) & (Carrier.id == Collection.carrier_id))
        .where(Collection.community_id == community_id, Collection.day >= since, Carrier.closed_at.is_(None))
        .order_by((Collection.noted_by.is_not_distinct_from(account_id)).desc(), Collection.id.desc())
        .limit(1)
    )
    return session.scalar(latest)


def contracts_of(
    session: ScopedSession, community_id: UUID | None, compounds: Some[UUID] | None = None
) -> Sequence[Contract]:
    """The contracts about any of these compounds, about any at all for ``None``, those that end last first."""
    statement = select(Contract).order_by(Contract.ends_on.desc(), Contract.id.desc()).limit(_MOST_CONTRACTS)
    if community_id is not None:
        statement = statement.where(Contract.community_id == community_id)
    if compounds is not None:
        statement = statement.where(Contract.compounds.any(ContractCompound.compound_id.in_(compounds)))
    return session.scalars(statement).all()


def contracts_between(
    session: ScopedSession, compounds: Some[UUID], first: date, last: date
) -> list[tuple[UUID, Contract]]:
    """Compound and contract for every contract that holds on some day of a period; one query."""
    statement = (
        select(ContractCompound.compound_id, Contract)
        .join(
            Contract, (Contract.tenant_id == ContractCompound.tenant_id) & (Contract.id == ContractCompound.contract_id)
        )
        .where(ContractCompound.compound_id.in_(compounds), Contract.starts_on <= last, Contract.ends_on >= first)
        .order_by(Contract.starts_on, Contract.id)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def reports_of(session: ScopedSession, community_id: UUID | None, month: date | None = None) -> Sequence[LedgerReport]:
    """Reported months, the latest act first; those that were taken back among them."""
    statement = select(LedgerReport).order_by(LedgerReport.reported_at.desc(), LedgerReport.id).limit(_MOST_REPORTS)
    if community_id is not None:
        statement = statement.where(LedgerReport.community_id == community_id)
    return session.scalars(statement if month is None else statement.where(LedgerReport.month == month)).all()


def is_reported(session: ScopedSession, community_id: UUID, month: date) -> bool:
    """Whether a month stands reported."""
    standing = select(LedgerReport.id).where(
        LedgerReport.community_id == community_id, LedgerReport.month == month, LedgerReport.reopened_at.is_(None)
    )
    return session.scalar(standing) is not None


def _wanted(community_id: UUID | None, wanted: Wanted) -> Select[Collection]:
    statement = select(Collection).where(*_within(community_id, wanted.compounds))
    if wanted.compound_id is not None:
        statement = statement.where(Collection.compound_id == wanted.compound_id)
    if wanted.category:
        statement = statement.where(Collection.category == wanted.category)
    if wanted.carrier_id is not None:
        statement = statement.where(Collection.carrier_id == wanted.carrier_id)
    if wanted.first is not None:
        statement = statement.where(Collection.day >= wanted.first)
    if wanted.last is not None:
        statement = statement.where(Collection.day <= wanted.last)
    states: dict[str, ColumnElement[bool]] = {
        "valid": _VALID,
        "void": Collection.voided_at.is_not(None),
        "confirmed": _VALID & (func.jsonb_array_length(Collection.doubts) > 0),
    }
    return statement.where(states[wanted.state]) if wanted.state else statement


def _within(community_id: UUID | None, compounds: Some[UUID] | None) -> tuple[ColumnElement[bool], ...]:
    found: list[ColumnElement[bool]] = []
    if community_id is not None:
        found.append(Collection.community_id == community_id)
    if compounds is not None:
        found.append(Collection.compound_id.in_(compounds))
    return tuple(found)
