"""What the register knows of the doors and people of some rows, read in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import text

from linli.db.session import ScopedSession
from linli.kit.ids import new_id
from linli.tenancy.naming import natural_key

DoorKey = tuple[str, str, str]


@dataclass(slots=True)
class Person:
    """A resident as known or as about to be written. ``phone`` and ``id_number`` are plain and only set when new."""

    id: UUID
    name: str
    gender: str = ""
    born_on: date | None = None
    phone_bi: bytes | None = None
    phone_mask: str = ""
    id_number_bi: bytes | None = None
    id_number_mask: str = ""
    is_migrant: bool = False
    remarks: str = ""
    phone: str | None = None
    id_number: str | None = None
    is_new: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class Home:
    """A household of a dwelling."""

    id: UUID
    tenure: str
    ended_on: date | None = None
    is_new: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class Stay:
    """A person's stay in a household."""

    id: UUID
    home: Home
    person: Person
    relation: str = "other"
    moved_in_on: date | None = None
    moved_out_on: date | None = None
    is_new: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class Firm:
    """An organisation that owns."""

    id: UUID
    name: str
    kind: str
    is_new: bool = False


@dataclass(slots=True)
class Holding:
    """An ownership of today."""

    id: UUID
    owner: Person | Firm
    share: Fraction
    is_representative: bool = False
    is_new: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class Door:
    """A dwelling with everybody bound to it."""

    id: UUID
    building: str
    unit: str
    door: str
    building_id: UUID | None = None
    unit_id: UUID | None = None
    area: Decimal | None = None
    area_basis: str = "unknown"
    usage: str = "residential"
    delivery: str = "delivered"
    homes: list[Home] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    is_new: bool = False
    is_changed: bool = False


_BUILDINGS = text("SELECT id, name FROM core.building WHERE compound_id = :compound ORDER BY id")
_UNITS = text(
    "SELECT u.id, u.building_id, u.name FROM core.unit_entrance u JOIN core.building b "
    "ON b.tenant_id = u.tenant_id AND b.community_id = u.community_id AND b.id = u.building_id "
    "WHERE b.compound_id = :compound ORDER BY u.id"
)
_DOORS = text(
    "SELECT id, building_id, unit_entrance_id, door FROM core.dwelling WHERE compound_id = :compound ORDER BY id"
)
_DWELLINGS = text("SELECT id, exclusive_area, area_basis, usage, delivery FROM core.dwelling WHERE id = ANY (:ids)")
_HOMES = text(
    "SELECT id, dwelling_id, tenure, ended_on FROM core.household "
    "WHERE community_id = :community AND dwelling_id = ANY (:ids) ORDER BY id"
)
_STAYS = text(
    "SELECT id, household_id, resident_id, relation, moved_in_on, moved_out_on FROM core.household_member "
    "WHERE community_id = :community AND household_id = ANY (:ids) ORDER BY moved_in_on NULLS FIRST, id"
)
_HOLDINGS = text(
    "SELECT id, dwelling_id, resident_id, organisation_id, share_numerator, share_denominator, is_representative "
    "FROM core.ownership WHERE community_id = :community AND dwelling_id = ANY (:ids) "
    "AND (started_on IS NULL OR started_on <= :today) AND (ended_on IS NULL OR ended_on > :today) ORDER BY id"
)
_PEOPLE = """
SELECT id, name, gender, born_on, phone_bi, phone_mask, id_number_bi, id_number_mask, is_migrant, remarks
  FROM core.resident WHERE community_id = :community AND merged_into IS NULL AND erased_at IS NULL AND
"""
_PEOPLE_BY_ID = text(_PEOPLE + "id = ANY (:ids)")
_PEOPLE_BY_NUMBER = text(_PEOPLE + "id_number_bi = ANY (:numbers)")
_PEOPLE_BY_PHONE = text(_PEOPLE + "phone_bi = ANY (:phones)")
_FIRMS = text(
    "SELECT id, name, kind FROM core.organisation "
    "WHERE community_id = :community AND (name = ANY (:names) OR id = ANY (:ids))"
)


class Places:
    """Buildings, unit entrances and doors of one compound by their keys; kept for a whole import."""

    def __init__(self, session: ScopedSession, compound_id: UUID) -> None:
        wanted = {"compound": compound_id}
        self.buildings: dict[str, list[tuple[UUID, str]]] = defaultdict(list)
        self.units: dict[tuple[UUID, str], tuple[UUID, str]] = {}
        self.doors: dict[tuple[UUID, str, str], tuple[UUID, str]] = {}
        for row in session.execute(_BUILDINGS, wanted):
            self.buildings[natural_key(row.name)].append((row.id, row.name))
        unit_keys: dict[UUID | None, str] = {None: ""}
        for row in session.execute(_UNITS, wanted):
            unit_keys[row.id] = natural_key(row.name)
            self.units.setdefault((row.building_id, unit_keys[row.id]), (row.id, row.name))
        for row in session.execute(_DOORS, wanted):
            key = (row.building_id, unit_keys.get(row.unit_entrance_id, ""), natural_key(row.door))
            self.doors.setdefault(key, (row.id, row.door))

    def building(self, name: str) -> tuple[UUID, str] | None:
        """The building of this name, or the only one whose name means the same."""
        found = self.buildings.get(natural_key(name), [])
        return next((each for each in found if each[1] == name), found[0] if len(found) == 1 else None)

    def is_ambiguous(self, name: str) -> bool:
        """Whether several buildings could be meant."""
        return self.building(name) is None and len(self.buildings.get(natural_key(name), ())) > 1

    def door(self, building: str, unit: str, door: str) -> Door:
        """The dwelling at this door without its people, or a new one in the building and unit of these names."""
        known = self.building(building)
        if known is None:
            return Door(new_id(), building, unit, door, is_new=True)
        building_id, building_name = known
        unit_id, unit_name = self.units.get((building_id, natural_key(unit)), (None, unit))
        found = self.doors.get((building_id, natural_key(unit), natural_key(door)))
        if found is None:
            return Door(new_id(), building_name, unit_name, door, building_id, unit_id, is_new=True)
        return Door(found[0], building_name, unit_name, found[1], building_id, unit_id)


@dataclass(slots=True)
class People:
    """The residents and organisations that some rows could mean."""

    by_id: dict[UUID, Person] = field(default_factory=dict)
    by_number: dict[bytes, Person] = field(default_factory=dict)
    by_phone: dict[tuple[bytes, str], list[Person]] = field(default_factory=dict)
    firms: dict[str, Firm] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        """Make a person known under their numbers of now."""
        self.by_id[person.id] = person
        if person.id_number_bi:
            self.by_number[person.id_number_bi] = person
        if person.phone_bi:
            same = self.by_phone.setdefault((person.phone_bi, person.name), [])
            if person not in same:
                same.append(person)


def load_people(
    session: ScopedSession, community_id: UUID, *, numbers: list[bytes], phones: list[bytes], firms: list[str]
) -> People:
    """Everybody of the community with one of these numbers, and the organisations of these names."""
    people = People()
    for statement, key, wanted in ((_PEOPLE_BY_NUMBER, "numbers", numbers), (_PEOPLE_BY_PHONE, "phones", phones)):
        if wanted:
            _add_people(people, session.execute(statement, {"community": community_id, key: wanted}))
    if firms:
        _add_firms(people, session.execute(_FIRMS, {"community": community_id, "names": firms, "ids": []}))
    return people


def load_bonds(session: ScopedSession, community_id: UUID, doors: Iterable[Door], people: People, today: date) -> None:
    """Fill known doors with their area, households, stays and owners; five queries, however many doors."""
    by_id = {door.id: door for door in doors if not door.is_new}
    if not by_id:
        return
    wanted: dict[str, Any] = {"community": community_id, "ids": list(by_id), "today": today}
    for row in session.execute(_DWELLINGS, wanted):
        door = by_id[row.id]
        door.area, door.area_basis = row.exclusive_area, row.area_basis
        door.usage, door.delivery = row.usage, row.delivery
    homes: dict[UUID, tuple[Door, Home]] = {}
    for row in session.execute(_HOMES, wanted):
        home = Home(row.id, row.tenure, row.ended_on)
        homes[row.id] = (by_id[row.dwelling_id], home)
        by_id[row.dwelling_id].homes.append(home)
    stays = session.execute(_STAYS, {**wanted, "ids": list(homes)}).all()
    holdings = session.execute(_HOLDINGS, wanted).all()
    _complete(session, community_id, people, stays, holdings)
    for row in stays:
        door, home = homes[row.household_id]
        if person := people.by_id.get(row.resident_id):
            door.stays.append(Stay(row.id, home, person, row.relation, row.moved_in_on, row.moved_out_on))
    firms = {firm.id: firm for firm in people.firms.values()}
    for row in holdings:
        owner = people.by_id.get(row.resident_id) or firms.get(row.organisation_id)
        if owner is not None:
            share = Fraction(row.share_numerator, row.share_denominator)
            by_id[row.dwelling_id].holdings.append(Holding(row.id, owner, share, row.is_representative))


def _complete(
    session: ScopedSession, community_id: UUID, people: People, stays: Iterable[Any], holdings: Iterable[Any]
) -> None:
    persons = {row.resident_id for row in (*stays, *holdings)} - {None} - people.by_id.keys()
    if persons:
        _add_people(people, session.execute(_PEOPLE_BY_ID, {"community": community_id, "ids": list(persons)}))
    firms = {row.organisation_id for row in holdings} - {None} - {firm.id for firm in people.firms.values()}
    if firms:
        _add_firms(people, session.execute(_FIRMS, {"community": community_id, "names": [], "ids": list(firms)}))


def _add_people(people: People, rows: Iterable[Any]) -> None:
    for row in rows:
        if row.id not in people.by_id:
            people.add(Person(**row._mapping))


def _add_firms(people: People, rows: Iterable[Any]) -> None:
    for row in rows:
        people.firms.setdefault(row.name, Firm(row.id, row.name, row.kind))
