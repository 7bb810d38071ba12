"""Whose rows somebody may see: grants limited to a compound or a building narrow every list and read, here alone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from linli.kit import clock
from linli.kit.actor import Actor
from linli.residents.models import Household, HouseholdMember, Ownership, Resident
from linli.tenancy.models import Dwelling


@dataclass(frozen=True, slots=True)
class Reach:
    """The places where somebody holds a permission; the database's walls stand around them in any case."""

    everywhere: bool = False
    communities: frozenset[UUID] = frozenset()
    compounds: frozenset[UUID] = frozenset()
    buildings: frozenset[UUID] = frozenset()

    def dwellings(self) -> ColumnElement[bool]:
        """True for the dwellings within reach; for statements over ``Dwelling``."""
        if self.everywhere:
            return true()
        return or_(
            false(),
            Dwelling.community_id.in_(self.communities),
            Dwelling.compound_id.in_(self.compounds),
            Dwelling.building_id.in_(self.buildings),
        )

    def residents(self) -> ColumnElement[bool]:
        """True for the residents within reach; for statements over ``Resident``.

        Who reaches a compound or a building sees those who live or own there today.
        """
        if self.everywhere:
            return true()
        whole = Resident.community_id.in_(self.communities)
        if not self.compounds and not self.buildings:
            return whole
        return or_(whole, lives_in(self.dwellings()), owns(self.dwellings()))


def reach_of(actor: Actor, permission: str) -> Reach:
    """Where this person holds this permission; nowhere when they do not hold it at all."""
    if actor.system:
        return Reach(everywhere=True)
    grants = actor.grants_for(permission)
    return Reach(
        everywhere=any(grant.community_id is None for grant in grants),
        communities=frozenset(g.community_id for g in grants if g.community_id and g.compound_id is None),
        compounds=frozenset(g.compound_id for g in grants if g.compound_id and g.building_id is None),
        buildings=frozenset(g.building_id for g in grants if g.building_id),
    )


def lives_in(place: ColumnElement[bool]) -> ColumnElement[bool]:
    """True for a ``Resident`` who lives today in a dwelling that fits."""
    return exists(
        select(1)
        .select_from(HouseholdMember)
        .join(Household, _same(HouseholdMember.household_id, Household))
        .join(Dwelling, _same(Household.dwelling_id, Dwelling))
        .where(
            HouseholdMember.community_id == Resident.community_id,
            HouseholdMember.resident_id == Resident.id,
            is_staying(),
            Household.community_id == HouseholdMember.community_id,
            Dwelling.community_id == HouseholdMember.community_id,
            place,
        )
        .correlate(Resident)
    )


def owns(place: ColumnElement[bool]) -> ColumnElement[bool]:
    """True for a ``Resident`` who owns today a share of a dwelling that fits."""
    return exists(
        select(1)
        .select_from(Ownership)
        .join(Dwelling, _same(Ownership.dwelling_id, Dwelling))
        .where(
            Ownership.community_id == Resident.community_id,
            Ownership.resident_id == Resident.id,
            is_holding(),
            Dwelling.community_id == Ownership.community_id,
            place,
        )
        .correlate(Resident)
    )


def is_staying() -> ColumnElement[bool]:
    """A stay of today: the day of moving in is in it, the day of moving out is not."""
    today = clock.today()
    return and_(
        or_(HouseholdMember.moved_in_on.is_(None), HouseholdMember.moved_in_on <= today),
        or_(HouseholdMember.moved_out_on.is_(None), HouseholdMember.moved_out_on > today),
    )


def is_holding() -> ColumnElement[bool]:
    """An ownership of today: the day it begins is in it, the day it ends is not."""
    today = clock.today()
    return and_(
        or_(Ownership.started_on.is_(None), Ownership.started_on <= today),
        or_(Ownership.ended_on.is_(None), Ownership.ended_on > today),
    )


def _same(column, table) -> ColumnElement[bool]:
    return and_(column == table.id, table.tenant_id == column.class_.tenant_id)
