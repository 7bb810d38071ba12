"""Whom a message is for: the people of a place, or those who hold a right there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal, or_, select, text, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from linli.access.models import RoleGrant
from linli.access.roles import ROLES
from linli.kit.clock import today
from linli.residents.models import Household, HouseholdMember, Ownership, Resident
from linli.residents.reach import is_holding, is_staying
from linli.tenancy.models import Dwelling

#: A whole place is read, so hashing is right. Behind the walls the planner expects one row of a register that was just
#: filled, and would walk all households once for each resident: minutes for five thousand.
_NESTED = text("SELECT set_config('enable_nestloop', :wanted, true)")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told.

    Attributes:
        account_id: what they sign in with; ``None`` for a resident who never did.
        resident_id: their entry in the register; ``None`` for somebody who is told as staff.
        building_id: where they live, or else own; ``None`` when that does not matter.
    """

    account_id: UUID | None
    resident_id: UUID | None
    building_id: UUID | None


def recipients_in(
    session: Session, community_id: UUID, *, compound_id: UUID | None = None, building_id: UUID | None = None
) -> list[Recipient]:
    """Everybody who lives or owns a home there today, each once; three statements.

    Who lives in one building and owns a home in another is counted where they live, and of several such buildings in
    the first.

    Args:
        session: of the community or its street.
        community_id: the community.
        compound_id: only in this compound.
        building_id: only in this building.
    """
    place = [Dwelling.community_id == community_id]
    if compound_id is not None:
        place.append(Dwelling.compound_id == compound_id)
    if building_id is not None:
        place.append(Dwelling.building_id == building_id)
    living = (
        select(
            HouseholdMember.tenant_id,
            HouseholdMember.resident_id,
            Dwelling.building_id,
            Dwelling.sort_key,
            literal(0).label("rank"),
        )
        .join(Household, _same(HouseholdMember.household_id, Household))
        .join(Dwelling, _same(Household.dwelling_id, Dwelling))
        .where(HouseholdMember.community_id == community_id, is_staying(), *place)
    )
    owning = (
        select(
            Ownership.tenant_id,
            Ownership.resident_id,
            Dwelling.building_id,
            Dwelling.sort_key,
            literal(1).label("rank"),
        )
        .join(Dwelling, _same(Ownership.dwelling_id, Dwelling))
        .where(Ownership.community_id == community_id, Ownership.resident_id.is_not(None), is_holding(), *place)
    )
    homes = union_all(living, owning).subquery()
    statement = (
        select(Resident.account_id, Resident.id, homes.c.building_id)
        .join(homes, and_(homes.c.tenant_id == Resident.tenant_id, homes.c.resident_id == Resident.id))
        .where(Resident.community_id == community_id, Resident.merged_into.is_(None), Resident.erased_at.is_(None))
        .order_by(Resident.id, homes.c.rank, homes.c.sort_key, homes.c.building_id)
        .ext(distinct_on(Resident.id))
    )
    session.execute(_NESTED, {"wanted": "off"})
    found = [Recipient(*row) for row in session.execute(statement)]
    session.execute(_NESTED, {"wanted": "on"})
    return found


def _same(column: Any, table: Any) -> ColumnElement[bool]:
    # Every key begins with these three: without them the planner walks each table once for each row of the other.
    return and_(
        table.tenant_id == column.class_.tenant_id, table.community_id == column.class_.community_id, table.id == column
    )


def holders_of(session: Session, permission: str, *, community_id: UUID | None = None) -> list[Recipient]:
    """Everybody whose role of today gives a permission of the core for the whole of a place; one query.

    Args:
        session: of the street, or of the community.
        permission: ``core.<noun>.<verb>``.
        community_id: those of this community and of its street; ``None`` for the street's own.
    """
    roles = [role.code for role in ROLES.values() if permission in role.permissions]
    here = RoleGrant.community_id.is_(None)
    if community_id is not None:
        here = or_(here, and_(RoleGrant.community_id == community_id, RoleGrant.compound_id.is_(None)))
    statement = (
        select(RoleGrant.account_id)
        .where(
            RoleGrant.role.in_(roles),
            here,
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_on <= today(),
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today()),
        )
        .order_by(RoleGrant.account_id)
        .distinct()
    )
    return [Recipient(account_id, None, None) for account_id in session.scalars(statement)]


def staff_in(
    session: Session,
    roles: Collection[str],
    *,
    community_id: UUID,
    compound_id: UUID | None = None,
    building_id: UUID | None = None,
) -> list[Recipient]:
    """Everybody who holds one of these roles today in a place; those of the street where the community has none.

    Args:
        session: of the community or its street.
        roles: codes of roles.
        community_id: the community.
        compound_id: with the holders whose role is for this compound alone.
        building_id: with the holders whose role is for this building alone.
    """
    grants = (
        select(RoleGrant.account_id, RoleGrant.community_id)
        .where(
            RoleGrant.role.in_(roles),
            or_(RoleGrant.community_id.is_(None), RoleGrant.community_id == community_id),
            or_(RoleGrant.compound_id.is_(None), RoleGrant.compound_id == compound_id),
            or_(RoleGrant.building_id.is_(None), RoleGrant.building_id == building_id),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_on <= today(),
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today()),
        )
        .order_by(RoleGrant.account_id)
        .distinct()
    )
    held = session.execute(grants).all()
    near = [row.account_id for row in held if row.community_id is not None]
    return [Recipient(account_id, None, None) for account_id in near or [row.account_id for row in held]]


def each_once(recipients: Iterable[Recipient]) -> list[Recipient]:
    """The recipients without those who were named before, by account or by entry; and without nobody at all."""
    seen: set[UUID] = set()
    found = []
    for each in recipients:
        ids = {which for which in (each.account_id, each.resident_id) if which is not None}
        if ids and not ids & seen:
            found.append(each)
            seen |= ids
    return found
