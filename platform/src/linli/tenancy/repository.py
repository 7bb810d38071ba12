"""Lists of places: keyset pages of fifty, filtered, searched, and narrowed to what the reader's grants reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, true

from linli.db.paging import Order, Slice, sorted_slice
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.tenancy.models import Building, Community, CommunitySummary, Compound, Dwelling, UnitEntrance

COMMUNITIES = {
    "code": Order(Community.code, lambda row: row[0].code),
    "name": Order(Community.name, lambda row: row[0].name),
}
COMPOUNDS = {
    "name": Order(Compound.name, lambda row: row[0].name),
    "built_year": Order(Compound.built_year, lambda row: row[0].built_year, is_nullable=True),
    "created_at": Order(),
}
#: By door as people count them, or by area; what is unknown comes last.
DWELLINGS = {
    "label": Order(Dwelling.sort_key, lambda row: row[0].sort_key),
    "area": Order(Dwelling.exclusive_area, lambda row: row[0].exclusive_area, is_nullable=True),
}
BUILDINGS = {"position": Order(Building.sort_key, lambda row: row[0].sort_key), "created_at": Order()}


def list_communities(
    session: ScopedSession,
    *,
    search: str = "",
    with_vanished: bool = True,
    sort: str = "code",
    after: str | None = None,
    limit: int = PAGE,
) -> Slice[Row[Community, CommunitySummary | None]]:
    """The communities in scope with their kept counts, by code."""
    query = (
        select(Community, CommunitySummary)
        .outerjoin(
            CommunitySummary,
            and_(CommunitySummary.tenant_id == Community.tenant_id, CommunitySummary.community_id == Community.id),
        )
        .where(Community.tenant_id == session.scope.tenant_id, _visible(session, Community.id))
    )
    if not with_vanished:
        query = query.where(Community.status == "active")
    if search:
        query = query.where(or_(_contains(Community.name, search), Community.code.startswith(search, autoescape=True)))
    return _slice(session, query, Community.id, COMMUNITIES, sort, after, limit)


def counts_of(session: ScopedSession, community_id: UUID) -> CommunitySummary | None:
    """The kept counts of one community; ``None`` before anything was counted."""
    return session.scalars(
        select(CommunitySummary).where(
            CommunitySummary.tenant_id == session.scope.tenant_id, CommunitySummary.community_id == community_id
        )
    ).one_or_none()


def list_compounds(
    session: ScopedSession,
    actor: Actor,
    *,
    community_id: UUID | None = None,
    search: str = "",
    with_archived: bool = False,
    kind: str | None = None,
    sort: str = "name",
    after: str | None = None,
    limit: int = PAGE,
) -> Slice[Compound]:
    """The compounds that the reader may see, by name."""
    query = select(Compound).where(
        Compound.tenant_id == session.scope.tenant_id,
        reaches(actor, "core.compound.read", Compound.community_id, Compound.id),
    )
    if community_id is not None:
        query = query.where(Compound.community_id == community_id)
    if kind:
        query = query.where(Compound.kind == kind)
    if not with_archived:
        query = query.where(Compound.archived_at.is_(None))
    if search:
        query = query.where(or_(_contains(Compound.name, search), _contains(Compound.address, search)))
    return _scalars(_slice(session, query, Compound.id, COMPOUNDS, sort, after, limit))


def list_buildings(
    session: ScopedSession,
    actor: Actor,
    *,
    compound_id: UUID | None = None,
    search: str = "",
    sort: str = "position",
    after: str | None = None,
    limit: int = PAGE,
) -> Slice[Building]:
    """The buildings that the reader may see, in the order in which people count them."""
    query = select(Building).where(
        Building.tenant_id == session.scope.tenant_id,
        reaches(actor, "core.compound.read", Building.community_id, Building.compound_id, Building.id),
    )
    if compound_id is not None:
        query = query.where(Building.compound_id == compound_id)
    if search:
        query = query.where(_contains(Building.name, search))
    return _scalars(_slice(session, query, Building.id, BUILDINGS, sort, after, limit))


def unit_entrances(session: ScopedSession, building_id: UUID) -> Sequence[UnitEntrance]:
    """All entrances of one building; a building has a few dozen at most."""
    query = select(UnitEntrance).where(
        UnitEntrance.tenant_id == session.scope.tenant_id, UnitEntrance.building_id == building_id
    )
    return session.scalars(query.order_by(UnitEntrance.sort_key, UnitEntrance.id).limit(200)).all()


def list_dwellings(
    session: ScopedSession,
    actor: Actor,
    *,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
    building_id: UUID | None = None,
    usage: str = "",
    without_area: bool = False,
    search: str = "",
    sort: str = "label",
    after: str | None = None,
    limit: int = PAGE,
) -> Slice[Dwelling]:
    """The dwellings that the reader may see, by building, unit entrance and door where nothing else is said.

    Args:
        session: the unit of work.
        actor: the reader; narrowed to the grants that give ``core.dwelling.read``.
        community_id: only of this community.
        compound_id: only of this compound.
        building_id: only of this building.
        usage: only of this use.
        without_area: only those whose exclusive area is unknown: votes by area cannot count them.
        search: a part of the label, such as ``3号楼`` or ``501``.
        sort: an order of ``DWELLINGS``.
        after: the cursor of the page before.
        limit: rows of a page.
    """
    query = select(Dwelling).where(
        Dwelling.tenant_id == session.scope.tenant_id,
        reaches(actor, "core.dwelling.read", Dwelling.community_id, Dwelling.compound_id, Dwelling.building_id),
    )
    chosen = {
        Dwelling.community_id: community_id,
        Dwelling.compound_id: compound_id,
        Dwelling.building_id: building_id,
        Dwelling.usage: usage or None,
    }
    query = query.where(*(column == value for column, value in chosen.items() if value is not None))
    if without_area:
        query = query.where(Dwelling.exclusive_area.is_(None))
    if search:
        query = query.where(_contains(Dwelling.label, search))
    return _scalars(_slice(session, query, Dwelling.id, DWELLINGS, sort, after, limit))


def reaches(
    actor: Actor,
    permission: str,
    community: ColumnElement[UUID] | Any,
    compound: ColumnElement[UUID] | Any = None,
    building: ColumnElement[UUID] | Any = None,
) -> ColumnElement[bool]:
    """The condition that keeps the rows which the actor's grants for a permission reach.

    A column that a table lacks is ``None``: then a grant of a narrower place does not reach its rows, since the whole
    row would tell of more than that place. Compounds are the exception that the caller makes by giving ``Compound.id``.
    """
    if actor.system:
        return true()
    conditions = []
    for grant in actor.grants_for(permission):
        limits = ((community, grant.community_id), (compound, grant.compound_id), (building, grant.building_id))
        if all(column is not None or wanted is None for column, wanted in limits):
            conditions.append(and_(true(), *(column == wanted for column, wanted in limits if wanted is not None)))
    return or_(false(), *conditions)


def _visible(session: ScopedSession, column: Any) -> ColumnElement[bool]:
    # Communities are rows of the street and wear its wall only.
    communities = session.scope.communities
    return true() if communities is None else column.in_(communities)


def _contains(column: Any, search: str) -> ColumnElement[bool]:
    return column.icontains(search.strip()[:60], autoescape=True)


def _slice(
    session: ScopedSession, query: Any, id_column: Any, orders: Any, sort: str, after: str | None, limit: int
) -> Slice[Any]:
    return sorted_slice(session, query, id_column, orders, sort, id_of=lambda row: row[0].id, after=after, limit=limit)


def _scalars(page: Slice[Any]) -> Slice[Any]:
    return Slice([row[0] for row in page.items], page.next)
