"""The queries of the register of people. Every one of them is narrowed by a ``Reach``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all

from linli.db.paging import Order, sorted_slice
from linli.db.session import ScopedSession
from linli.kit.cursor import PAGE
from linli.kit.phones import normalise_id_number, normalise_phone
from linli.residents.models import Household, HouseholdMember, Organisation, Ownership, Resident
from linli.residents.reach import Reach, is_holding, is_staying, lives_in, owns
from linli.residents.schemas import DoorOut, HouseholdOut, MemberOut, OwnershipOut, ResidentOut, StayOut
from linli.tenancy.models import Dwelling


@dataclass(frozen=True, slots=True)
class ResidentFilter:
    """What a list of residents is narrowed to; empty fields do not narrow.

    Attributes:
        search: a name or part of it, its reading or initials, a whole phone or identity number, the last four
            digits of a phone, or part of a door (``3号楼``).
    """

    search: str = ""
    compound_id: UUID | None = None
    building_id: UUID | None = None
    dwelling_id: UUID | None = None
    community_id: UUID | None = None
    migrants_only: bool = False


def live_residents(reach: Reach) -> Select[Resident]:
    """Everybody within reach who was neither merged into somebody else nor erased."""
    return select(Resident).where(Resident.merged_into.is_(None), Resident.erased_at.is_(None), reach.residents())


#: The orders of the list; ids grow as people are entered.
RESIDENTS = {
    "name": Order(Resident.name_pinyin, lambda row: row[0].name_pinyin),
    "born_on": Order(Resident.born_on, lambda row: row[0].born_on, is_nullable=True),
    "created_at": Order(),
}


def find_residents(
    session: ScopedSession,
    reach: Reach,
    wanted: ResidentFilter,
    *,
    sort: str = "name",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[ResidentOut], str | None]:
    """A page of residents, ordered by the reading of their names where nothing else is said, and the next's cursor."""
    statement = live_residents(reach)
    for condition in _conditions(session, wanted):
        statement = statement.where(condition)
    page = sorted_slice(
        session, statement, Resident.id, RESIDENTS, sort, id_of=lambda row: row[0].id, after=after, limit=limit
    )
    return residents_out(session, [row[0] for row in page.items]), page.next


def _conditions(session: ScopedSession, wanted: ResidentFilter) -> Iterable[ColumnElement[bool]]:
    place = [
        column == value
        for column, value in (
            (Dwelling.compound_id, wanted.compound_id),
            (Dwelling.building_id, wanted.building_id),
            (Dwelling.id, wanted.dwelling_id),
        )
        if value is not None
    ]
    if place:
        yield or_(lives_in(and_(*place)), owns(and_(*place)))
    if wanted.community_id:
        yield Resident.community_id == wanted.community_id
    if wanted.migrants_only:
        yield Resident.is_migrant.is_(True)
    if search := wanted.search.replace("\0", "").strip()[:60]:
        yield _matches(session, search)


def _matches(session: ScopedSession, search: str) -> ColumnElement[bool]:
    if phone := normalise_phone(search):
        return Resident.phone_bi == session.vault.blind_index(session, "phone", phone)
    if number := normalise_id_number(search):
        return Resident.id_number_bi == session.vault.blind_index(session, "id_number", number)
    spelt = search.lower().replace(" ", "")
    at_door = Dwelling.label.contains(search, autoescape=True)
    found = [
        Resident.name.contains(search, autoescape=True),
        lives_in(at_door),
        owns(at_door),
    ]
    if spelt.isascii() and spelt:
        found += [
            Resident.name_pinyin.startswith(spelt, autoescape=True),
            Resident.name_pinyin.contains(f" {spelt}", autoescape=True),
        ]
    if len(search) == 4 and search.isascii() and search.isdecimal():
        found.append(Resident.phone_mask.endswith(search))
    return or_(*found)


def residents_out(session: ScopedSession, residents: Sequence[Resident]) -> list[ResidentOut]:
    """The residents with their doors of today; one query more for all of them."""
    doors = doors_of(session, [resident.id for resident in residents])
    return [
        ResidentOut(
            id=each.id,
            community_id=each.community_id,
            name=each.name,
            gender=each.gender,
            born_on=each.born_on,
            phone_mask=each.phone_mask,
            id_number_mask=each.id_number_mask,
            is_migrant=each.is_migrant,
            remarks=each.remarks,
            has_account=each.account_id is not None,
            created_at=each.created_at,
            version=each.version,
            doors=doors.get(each.id, []),
        )
        for each in residents
    ]


def doors_of(session: ScopedSession, resident_ids: Sequence[UUID]) -> dict[UUID, list[DoorOut]]:
    """Where each of these residents lives or owns today, in the order of the doors."""
    if not resident_ids:
        return {}
    lives = (
        select(
            HouseholdMember.resident_id,
            Household.dwelling_id,
            literal(True).label("lives"),
            literal(False).label("owns"),
        )
        .join(
            Household,
            and_(
                Household.tenant_id == HouseholdMember.tenant_id,
                Household.community_id == HouseholdMember.community_id,
                Household.id == HouseholdMember.household_id,
            ),
        )
        .where(HouseholdMember.resident_id.in_(resident_ids), is_staying())
    )
    holds = select(Ownership.resident_id, Ownership.dwelling_id, literal(False), literal(True)).where(
        Ownership.resident_id.in_(resident_ids), is_holding()
    )
    bonds = union_all(lives, holds).subquery()
    rows = session.execute(
        select(
            bonds.c.resident_id,
            Dwelling.id,
            Dwelling.label,
            Dwelling.compound_id,
            func.bool_or(bonds.c.lives),
            func.bool_or(bonds.c.owns),
        )
        .join(Dwelling, Dwelling.id == bonds.c.dwelling_id)
        .group_by(bonds.c.resident_id, Dwelling.id, Dwelling.label, Dwelling.compound_id, Dwelling.sort_key)
        .order_by(Dwelling.sort_key, Dwelling.id)
    )
    doors: dict[UUID, list[DoorOut]] = {}
    for resident_id, dwelling_id, label, compound_id, lives_there, owns_it in rows:
        doors.setdefault(resident_id, []).append(
            DoorOut(dwelling_id=dwelling_id, label=label, compound_id=compound_id, lives=lives_there, owns=owns_it)
        )
    return doors


def households_of(session: ScopedSession, dwelling_ids: Sequence[UUID]) -> list[HouseholdOut]:
    """The households of these dwellings with all their members, past ones included, newest first."""
    return _households(session, Household.dwelling_id.in_(dwelling_ids))


def household_out(session: ScopedSession, household_id: UUID) -> HouseholdOut:
    """One household that is known to be within reach."""
    return _households(session, Household.id == household_id)[0]


def _households(session: ScopedSession, wanted: ColumnElement[bool]) -> list[HouseholdOut]:
    found = session.execute(
        select(Household, Dwelling.label)
        .join(Dwelling, and_(Dwelling.tenant_id == Household.tenant_id, Dwelling.id == Household.dwelling_id))
        .where(wanted)
        .order_by(Household.ended_on.desc().nulls_first(), Household.started_on.desc().nulls_last(), Household.id)
        .limit(500)
    ).all()
    members: dict[UUID, list[MemberOut]] = {}
    rows = session.execute(
        select(HouseholdMember, Resident)
        .join(
            Resident, and_(Resident.tenant_id == HouseholdMember.tenant_id, Resident.id == HouseholdMember.resident_id)
        )
        .where(HouseholdMember.household_id.in_([household.id for household, _label in found]))
        .order_by(HouseholdMember.moved_out_on.desc().nulls_first(), HouseholdMember.id)
    )
    for member, resident in rows:
        members.setdefault(member.household_id, []).append(
            MemberOut(
                resident_id=resident.id,
                name=resident.name,
                gender=resident.gender,
                phone_mask=resident.phone_mask,
                relation=member.relation,
                moved_in_on=member.moved_in_on,
                moved_out_on=member.moved_out_on,
            )
        )
    return [
        HouseholdOut(
            id=each.id,
            dwelling_id=each.dwelling_id,
            label=label,
            tenure=each.tenure,
            started_on=each.started_on,
            ended_on=each.ended_on,
            pets=each.pets,
            version=each.version,
            members=members.get(each.id, []),
        )
        for each, label in found
    ]


def stays(session: ScopedSession, wanted: ColumnElement[bool]) -> list[StayOut]:
    """Stays in households, newest first; over ``HouseholdMember``, ``Household``, ``Dwelling`` and ``Resident``."""
    rows = session.execute(
        select(HouseholdMember, Household, Dwelling.label, Resident.name)
        .join(
            Household,
            and_(Household.tenant_id == HouseholdMember.tenant_id, Household.id == HouseholdMember.household_id),
        )
        .join(Dwelling, and_(Dwelling.tenant_id == Household.tenant_id, Dwelling.id == Household.dwelling_id))
        .join(
            Resident, and_(Resident.tenant_id == HouseholdMember.tenant_id, Resident.id == HouseholdMember.resident_id)
        )
        .where(wanted)
        .order_by(
            HouseholdMember.moved_out_on.desc().nulls_first(), HouseholdMember.moved_in_on.desc(), HouseholdMember.id
        )
        .limit(500)
    )
    return [
        StayOut(
            household_id=household.id,
            dwelling_id=household.dwelling_id,
            label=label,
            resident_id=member.resident_id,
            name=name,
            relation=member.relation,
            tenure=household.tenure,
            moved_in_on=member.moved_in_on,
            moved_out_on=member.moved_out_on,
        )
        for member, household, label, name in rows
    ]


def ownerships(session: ScopedSession, wanted: ColumnElement[bool]) -> list[OwnershipOut]:
    """Shares of dwellings, those of today first; over ``Ownership`` and ``Dwelling``."""
    rows = session.execute(
        select(Ownership, Dwelling.label, func.coalesce(Resident.name, Organisation.name))
        .join(Dwelling, and_(Dwelling.tenant_id == Ownership.tenant_id, Dwelling.id == Ownership.dwelling_id))
        .outerjoin(Resident, and_(Resident.tenant_id == Ownership.tenant_id, Resident.id == Ownership.resident_id))
        .outerjoin(
            Organisation,
            and_(Organisation.tenant_id == Ownership.tenant_id, Organisation.id == Ownership.organisation_id),
        )
        .where(wanted)
        .order_by(
            Ownership.ended_on.desc().nulls_first(),
            Ownership.is_representative.desc(),
            Ownership.started_on,
            Ownership.id,
        )
        .limit(500)
    )
    return [
        OwnershipOut(
            id=each.id,
            dwelling_id=each.dwelling_id,
            label=label,
            resident_id=each.resident_id,
            organisation_id=each.organisation_id,
            owner_name=name,
            share=f"{each.share_numerator}/{each.share_denominator}" if each.share_denominator > 1 else "1",
            basis=each.basis,
            is_representative=each.is_representative,
            started_on=each.started_on,
            ended_on=each.ended_on,
            version=each.version,
        )
        for each, label, name in rows
    ]
