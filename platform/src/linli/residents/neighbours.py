"""What plugins may ask of the register for one place: names, doors and who is at home there, narrowed by the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from linli.db.session import ScopedSession
from linli.residents.homes import Home
from linli.residents.models import Household, HouseholdMember, Ownership, Resident
from linli.residents.reach import Reach, is_holding, is_staying
from linli.residents.repository import ResidentFilter, find_residents
from linli.tenancy.models import Building, Compound, Dwelling

_FOUND = 20


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody of the register as staff tell people apart: by name and doors of today."""

    id: UUID
    name: str
    doors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HouseholdAt:
    """A dwelling and who lives there or owns it today. Empty dwellings without a known owner are none."""

    dwelling_id: UUID
    compound_id: UUID
    building_id: UUID
    label: str
    sort_key: str
    names: tuple[str, ...]
    accounts: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class BuildingCount:
    """How many dwellings with somebody in them, and how many people, a building has today."""

    compound_id: UUID
    building_id: UUID
    compound: str
    building: str
    households: int
    residents: int


def names_of(session: Session, resident_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of these residents; who was erased has none any more."""
    if not resident_ids:
        return {}
    rows = session.execute(
        select(Resident.id, Resident.name).where(Resident.id.in_(resident_ids), Resident.erased_at.is_(None))
    )
    return {row[0]: row[1] for row in rows}


def door_labels(session: Session, dwelling_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The doors as people write them, e.g. ``3号楼 2单元 501``."""
    if not dwelling_ids:
        return {}
    rows = session.execute(select(Dwelling.id, Dwelling.label).where(Dwelling.id.in_(dwelling_ids)))
    return {row[0]: row[1] for row in rows}


def building_names(session: Session, building_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The buildings' names."""
    if not building_ids:
        return {}
    rows = session.execute(select(Building.id, Building.name).where(Building.id.in_(building_ids)))
    return {row[0]: row[1] for row in rows}


def homes_of_resident(session: Session, resident_id: UUID) -> list[Home]:
    """The dwellings where a resident lives or which they own today, in the order of the doors."""
    bonds = _bonds(HouseholdMember.resident_id == resident_id, Ownership.resident_id == resident_id).subquery()
    rows = session.execute(
        select(Dwelling.community_id, Dwelling.compound_id, Dwelling.building_id, Dwelling.id)
        .where(Dwelling.id.in_(select(bonds.c.dwelling_id)))
        .order_by(Dwelling.sort_key, Dwelling.id)
    )
    return [Home(*row) for row in rows]


def account_of(session: Session, resident_id: UUID) -> UUID | None:
    """What a resident signs in with; ``None`` when they never did."""
    return session.scalar(select(Resident.account_id).where(Resident.id == resident_id))


def find_neighbours(session: ScopedSession, reach: Reach, community_id: UUID, words: str) -> list[Neighbour]:
    """The first residents of a community within reach whose name, reading or door fits; nobody for blank words."""
    if not words.strip():
        return []
    found, _more = find_residents(session, reach, ResidentFilter(search=words, community_id=community_id))
    return [Neighbour(each.id, each.name, tuple(door.label for door in each.doors)) for each in found[:_FOUND]]


def names_within(session: Session, community_id: UUID | None, text: str) -> list[str]:
    """The residents' names that stand in a text, longest first: of one community, or of all that the scope shows.

    A name of one letter is none here: it would be found in every text.
    """
    found = select(Resident.name).where(
        Resident.erased_at.is_(None), func.length(Resident.name) > 1, func.strpos(literal(text), Resident.name) > 0
    )
    if community_id is not None:
        found = found.where(Resident.community_id == community_id)
    return sorted(session.scalars(found.distinct().limit(200)), key=lambda name: (-len(name), name))


def count_by_building(session: Session, place: ColumnElement[bool]) -> list[BuildingCount]:
    """The buildings of a place with somebody at home, in their order; one query over the register of that place.

    Args:
        session: of the street or a community.
        place: a condition on ``Dwelling``, from ``dwellings_in``.
    """
    bonds = _bonds(literal(True), literal(True)).subquery()
    rows = session.execute(
        select(
            Dwelling.compound_id,
            Dwelling.building_id,
            Compound.name,
            Building.name,
            func.count(Dwelling.id.distinct()),
            func.count(bonds.c.resident_id.distinct()),
        )
        .join(bonds, bonds.c.dwelling_id == Dwelling.id)
        .join(Building, and_(Building.tenant_id == Dwelling.tenant_id, Building.id == Dwelling.building_id))
        .join(Compound, and_(Compound.tenant_id == Dwelling.tenant_id, Compound.id == Dwelling.compound_id))
        .where(place)
        .group_by(Dwelling.compound_id, Dwelling.building_id, Compound.name, Building.name, Building.sort_key)
        .order_by(Compound.name, Building.sort_key, Building.name)
    )
    return [BuildingCount(*row) for row in rows]


def households_at(
    session: Session, place: ColumnElement[bool], *, after: tuple[str, UUID] | None = None, limit: int = 100
) -> list[HouseholdAt]:
    """A page of a place's dwellings with somebody in them, by door; two queries.

    Args:
        session: of the street or a community.
        place: a condition on ``Dwelling``, from ``dwellings_in``.
        after: ``sort_key`` and id of the last dwelling of the page before.
        limit: dwellings at most.
    """
    everybody = _bonds(literal(True), literal(True)).subquery()
    wanted = select(Dwelling).where(place, Dwelling.id.in_(select(everybody.c.dwelling_id)))
    if after is not None:
        wanted = wanted.where(tuple_(Dwelling.sort_key, Dwelling.id) > tuple_(*map(literal, after)))
    dwellings = session.scalars(wanted.order_by(Dwelling.sort_key, Dwelling.id).limit(limit)).all()
    ids = [each.id for each in dwellings]
    bonds = _bonds(Household.dwelling_id.in_(ids), Ownership.dwelling_id.in_(ids)).subquery()
    people: dict[UUID, dict[UUID, tuple[str, UUID | None]]] = {}
    for dwelling_id, resident_id, name, account_id in session.execute(
        select(bonds.c.dwelling_id, Resident.id, Resident.name, Resident.account_id)
        .join(Resident, Resident.id == bonds.c.resident_id)
        .where(Resident.erased_at.is_(None))
        .order_by(Resident.id)
    ):
        people.setdefault(dwelling_id, {})[resident_id] = (name, account_id)
    return [
        HouseholdAt(
            each.id,
            each.compound_id,
            each.building_id,
            each.label,
            each.sort_key,
            tuple(name for name, _account in people.get(each.id, {}).values()),
            frozenset(account for _name, account in people.get(each.id, {}).values() if account),
        )
        for each in dwellings
    ]


def dwellings_in(
    community_id: UUID, compounds: Sequence[UUID] = (), buildings: Sequence[UUID] = ()
) -> ColumnElement[bool]:
    """True for the dwellings of a community, or of some of its compounds and buildings only."""
    whole = Dwelling.community_id == community_id
    if not compounds and not buildings:
        return whole
    return and_(whole, or_(Dwelling.compound_id.in_(compounds), Dwelling.building_id.in_(buildings)))


def _bonds(living: ColumnElement[bool], owning: ColumnElement[bool]) -> CompoundSelect:
    lives = (
        select(Household.dwelling_id, HouseholdMember.resident_id)
        .join(
            Household,
            and_(
                Household.tenant_id == HouseholdMember.tenant_id,
                Household.community_id == HouseholdMember.community_id,
                Household.id == HouseholdMember.household_id,
            ),
        )
        .where(living, is_staying())
    )
    holds = select(Ownership.dwelling_id, Ownership.resident_id).where(
        owning, Ownership.resident_id.is_not(None), is_holding()
    )
    return union_all(lives, holds)
