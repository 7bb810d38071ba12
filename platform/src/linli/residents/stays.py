"""Who is at home in which dwelling today, and since when: what is one household's must not become the next one's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select, union_all
from sqlalchemy.orm import Session

from linli.db.session import once
from linli.residents.models import Household, HouseholdMember, Ownership, Resident
from linli.residents.reach import is_holding, is_staying
from linli.tenancy.models import Dwelling


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody who is at home in a dwelling today.

    Attributes:
        account_id: what they sign in with; ``None`` when they never did.
        since: the first day; ``None`` where the register does not say.
    """

    community_id: UUID
    compound_id: UUID
    building_id: UUID
    dwelling_id: UUID
    resident_id: UUID
    account_id: UUID | None
    since: date | None


def stays_of(session: Session, resident_ids: Collection[UUID]) -> list[Stay]:
    """Where these residents are at home today, in the order of the doors; one query.

    At home is who lives there, and the owner of a dwelling in which nobody is registered as living: who lets a dwelling
    is not at home in it.
    """
    if not resident_ids:
        return []
    living, owning = HouseholdMember.resident_id.in_(resident_ids), Ownership.resident_id.in_(resident_ids)
    return list(once(session, ("stays", frozenset(resident_ids)), lambda: _stays(session, living, owning)))


def stays_of_account(session: Session, account_id: UUID) -> list[Stay]:
    """Where whoever signs in with an account is at home today, as ``stays_of`` understands it; two queries.

    For work that knows no more than the account, such as an event's handler; nothing where nobody here has it.
    """
    mine = select(Resident.id).where(Resident.account_id == account_id, Resident.erased_at.is_(None))
    return stays_of(session, session.scalars(mine).all())


def stays_at(session: Session, dwelling_ids: Collection[UUID]) -> list[Stay]:
    """Who is at home in these dwellings today, as ``stays_of`` understands it; one query."""
    if not dwelling_ids:
        return []
    return _stays(session, Household.dwelling_id.in_(dwelling_ids), Ownership.dwelling_id.in_(dwelling_ids))


def _stays(session: Session, living: ColumnElement[bool], owning: ColumnElement[bool]) -> list[Stay]:
    lives = (
        select(
            Household.dwelling_id,
            HouseholdMember.resident_id,
            func.coalesce(HouseholdMember.moved_in_on, Household.started_on).label("since"),
        )
        .join(Household, _household())
        .where(living, is_staying())
    )
    owns = select(Ownership.dwelling_id, Ownership.resident_id, Ownership.started_on.label("since")).where(
        owning, Ownership.resident_id.is_not(None), is_holding(), ~_is_lived_in()
    )
    bonds = union_all(lives, owns).subquery()
    rows = session.execute(
        select(
            Dwelling.community_id,
            Dwelling.compound_id,
            Dwelling.building_id,
            Dwelling.id,
            Resident.id,
            Resident.account_id,
            bonds.c.since,
        )
        .join(bonds, bonds.c.dwelling_id == Dwelling.id)
        .join(Resident, Resident.id == bonds.c.resident_id)
        .where(Resident.erased_at.is_(None))
        .order_by(Dwelling.sort_key, Dwelling.id, Resident.id)
    )
    return [Stay(*row) for row in rows]


def _household() -> ColumnElement[bool]:
    return and_(
        Household.tenant_id == HouseholdMember.tenant_id,
        Household.community_id == HouseholdMember.community_id,
        Household.id == HouseholdMember.household_id,
    )


def _is_lived_in() -> ColumnElement[bool]:
    return exists(
        select(1)
        .select_from(HouseholdMember)
        .join(Household, _household())
        .where(Household.dwelling_id == Ownership.dwelling_id, is_staying())
        .correlate(Ownership)
    )
