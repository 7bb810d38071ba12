"""The names of a community's compounds and buildings, for choosing a place in a form."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.tenancy.models import Building, Compound


@dataclass(frozen=True, slots=True)
class BuildingOutline:
    """A building's id and name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class CompoundOutline:
    """A compound's id and name, and its buildings as people count them."""

    id: UUID
    name: str
    buildings: tuple[BuildingOutline, ...]


def community_outline(session: Session, community_id: UUID) -> list[CompoundOutline]:
    """The compounds of a community that are not archived, by name, each with its buildings; two queries."""
    compounds = session.execute(
        select(Compound.id, Compound.name)
        .where(Compound.community_id == community_id, Compound.archived_at.is_(None))
        .order_by(Compound.name, Compound.id)
    ).all()
    buildings: dict[UUID, list[BuildingOutline]] = {}
    rows = session.execute(
        select(Building.compound_id, Building.id, Building.name)
        .where(Building.community_id == community_id)
        .order_by(Building.sort_key, Building.name)
    )
    for compound_id, building_id, name in rows:
        buildings.setdefault(compound_id, []).append(BuildingOutline(building_id, name))
    return [CompoundOutline(each, name, tuple(buildings.get(each, ()))) for each, name in compounds]
