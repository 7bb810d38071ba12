"""A resident's own page: what the register knows of them, their dwellings and their household. Nobody else's."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, or_, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.focus import focus
from linli.residents.models import Household, HouseholdMember, Ownership, Resident
from linli.residents.reach import is_holding, is_staying
from linli.residents.repository import households_of, ownerships, residents_out
from linli.residents.schemas import HomeDwelling, HomeOut, HouseholdOut, OwnershipOut
from linli.tenancy.models import Compound, Dwelling


def my_home(session: ScopedSession, actor: Actor) -> HomeOut:
    """The actor's own entries, dwellings, co-owners and household of today; empty for somebody without an entry.

    Members of other households of the same dwelling (lessees, for an owner who lives elsewhere) are left out.
    """
    residents = list(
        session.scalars(select(Resident).where(Resident.id.in_(actor.resident_ids), Resident.erased_at.is_(None)))
    )
    mine = residents_out(session, residents)
    doors = {door.dwelling_id: door for resident in mine for door in resident.doors}
    places = session.execute(
        select(Dwelling, Compound.name)
        .join(Compound, and_(Compound.tenant_id == Dwelling.tenant_id, Compound.id == Dwelling.compound_id))
        .where(Dwelling.id.in_(doors))
        .order_by(Dwelling.sort_key, Dwelling.id)
    ).all()
    households = _own_households(session, actor)
    owners: dict[object, list[OwnershipOut]] = {}
    owned = [dwelling_id for dwelling_id, door in doors.items() if door.owns]
    for each in ownerships(session, Ownership.dwelling_id.in_(owned) & is_holding()):
        owners.setdefault(each.dwelling_id, []).append(each)
    return HomeOut(
        residents=mine,
        dwellings=[
            HomeDwelling(
                id=dwelling.id,
                label=dwelling.label,
                compound_id=dwelling.compound_id,
                compound_name=compound_name,
                exclusive_area=dwelling.exclusive_area,
                area_basis=dwelling.area_basis,
                lives=doors[dwelling.id].lives,
                owns=doors[dwelling.id].owns,
                owners=owners.get(dwelling.id, []),
                households=[each for each in households if each.dwelling_id == dwelling.id],
            )
            for dwelling, compound_name in places
        ],
    )


def shown_dwellings(home: HomeOut) -> list[HomeDwelling]:
    """The homes that the page is narrowed to: the chosen one, or those where the chosen child lives; else all."""
    on = focus()
    if on.dwelling_id is not None:
        return [each for each in home.dwellings if each.id == on.dwelling_id]
    if on.resident_id is not None:
        return [each for each in home.dwellings if on.resident_id in members_of(each)]
    return home.dwellings


def members_of(dwelling: HomeDwelling) -> set[UUID]:
    """Who lives in the person's own household there."""
    return {member.resident_id for household in dwelling.households for member in household.members}


def _own_households(session: ScopedSession, actor: Actor) -> list[HouseholdOut]:
    stays = session.execute(
        select(Household.id, Household.dwelling_id)
        .join(
            HouseholdMember,
            and_(HouseholdMember.tenant_id == Household.tenant_id, HouseholdMember.household_id == Household.id),
        )
        .where(HouseholdMember.resident_id.in_(actor.resident_ids), is_staying(), or_(Household.ended_on.is_(None)))
    ).all()
    own = {household_id for household_id, _dwelling_id in stays}
    found = households_of(session, [dwelling_id for _household_id, dwelling_id in stays])
    for household in found:
        household.members = [each for each in household.members if each.moved_out_on is None]
    return [household for household in found if household.id in own]
