"""Who owns and how many live in each of a page's dwellings today: two queries for the whole page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, select

from linli.db.session import ScopedSession
from linli.kit import clock
from linli.residents.models import Household, HouseholdMember, Organisation, Ownership, Resident
from linli.residents.reach import is_holding, is_staying

#: Owners named in a list; a dwelling with more shows how many there are.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The names of a dwelling's owners of today, up to three, how many there are, and how many people live there."""

    owners: tuple[str, ...] = ()
    owner_count: int = 0
    people: int = 0


def has_ended(day: date | None) -> bool:
    """Whether an ownership, a household or a stay with this end is over today; the day it ends is no longer in it."""
    return day is not None and day <= clock.today()


def occupancy_of(session: ScopedSession, dwelling_ids: Sequence[UUID]) -> dict[UUID, Occupancy]:
    """The occupancy of each of these dwellings that the reader may see; for up to a page of them."""
    if not dwelling_ids:
        return {}
    owners: dict[UUID, list[str]] = {}
    names = (
        select(Ownership.dwelling_id, func.coalesce(Resident.name, Organisation.name))
        .outerjoin(Resident, and_(Resident.tenant_id == Ownership.tenant_id, Resident.id == Ownership.resident_id))
        .outerjoin(
            Organisation,
            and_(Organisation.tenant_id == Ownership.tenant_id, Organisation.id == Ownership.organisation_id),
        )
        .where(Ownership.dwelling_id.in_(dwelling_ids), is_holding())
        .order_by(Ownership.is_representative.desc(), Ownership.id)
    )
    for dwelling_id, name in session.execute(names):
        owners.setdefault(dwelling_id, []).append(name)
    people = (
        select(Household.dwelling_id, func.count(HouseholdMember.resident_id.distinct()))
        .join(
            HouseholdMember,
            and_(HouseholdMember.tenant_id == Household.tenant_id, HouseholdMember.household_id == Household.id),
        )
        .where(Household.dwelling_id.in_(dwelling_ids), is_staying())
        .group_by(Household.dwelling_id)
    )
    living: dict[UUID, int] = {row[0]: row[1] for row in session.execute(people)}
    return {
        each: Occupancy(tuple(owners.get(each, ())[:_NAMED]), len(owners.get(each, ())), living.get(each, 0))
        for each in dwelling_ids
    }
