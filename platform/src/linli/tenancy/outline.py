"""The names of a community's compounds and buildings, for choosing a place in a form."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from linli.db.session import ScopedSession, once
from linli.tenancy.models import Building, Community, Compound, Tenant


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


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """How a street office and one of its communities are called; no community for the street itself.

    Attributes:
        street: the street's name.
        community: the community's name; empty for the street itself.
        path: of the portal where residents of the community read, or of the street's own page.
    """

    street: str
    community: str = ""
    path: str = ""


def place_names(session: ScopedSession, community_id: UUID | None) -> PlaceNames:
    """The names of the session's street and of one of its communities, or of the street alone; one query."""
    statement = select(Tenant.name, Community.name, Tenant.slug, Community.slug).outerjoin(
        Community, and_(Community.tenant_id == Tenant.id, Community.id == community_id)
    )
    found = session.execute(statement.where(Tenant.id == session.scope.tenant_id)).one()
    street, community, street_slug, community_slug = found
    path = f"/s/{quote(street_slug, safe='')}" + (f"/c/{quote(community_slug, safe='')}" if community_slug else "")
    return PlaceNames(street, community or "", path)


def communities_of(session: Session, compound_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Compound to its community, of those compounds that are in the scope; one query."""
    rows = session.execute(select(Compound.id, Compound.community_id).where(Compound.id.in_(compound_ids)))
    return {row.id: row.community_id for row in rows}


def compounds_in_use(session: Session, community_id: UUID | None = None) -> dict[UUID, str]:
    """Id to name of the compounds that are not archived, by name: of one community, or of all in scope; one query."""
    statement = select(Compound.id, Compound.name).where(Compound.archived_at.is_(None))
    if community_id is not None:
        statement = statement.where(Compound.community_id == community_id)
    return {row.id: row.name for row in session.execute(statement.order_by(Compound.name, Compound.id))}


def community_outline(session: Session, community_id: UUID) -> list[CompoundOutline]:
    """The compounds of a community that are not archived, by name, each with its buildings; two queries."""
    return list(once(session, ("outline", community_id), lambda: _outline(session, community_id)))


def _outline(session: Session, community_id: UUID) -> list[CompoundOutline]:
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
