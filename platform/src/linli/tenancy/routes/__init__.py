"""Places in the API: communities of a street; compounds, buildings, unit entrances and dwellings of a community."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from linli.db.paging import place_word, read_place
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.tenancy import bulk, places, repository
from linli.tenancy.choices import CompoundKind, Usage
from linli.tenancy.models import Building, Community, Compound, Dwelling, UnitEntrance
from linli.tenancy.portal.console import export_communities
from linli.tenancy.reads import LIST_DWELLINGS, ONE_DWELLING, DwellingOut, reach_of
from linli.tenancy.routes.shown import (
    Archive,
    BuildingChange,
    BuildingOut,
    CommunityChange,
    CommunityOut,
    CompoundChange,
    CompoundOut,
    DwellingChange,
    Planned,
    UnitEntranceOut,
    community_out,
    compound_out,
    fields_of,
    without_version,
)
from linli.tenancy.schemas import BuildingIn, BuildingPlan, CommunityUpdate, CompoundIn, DwellingIn, UnitEntranceIn
from linli.web.reads import Reads
from linli.web.results import Page, page_of
from linli.web.routing import delete, get, post, put
from linli.web.visit import Visit

Search = Annotated[str, Meta(max_length=60)]


@get("/communities", needs="core.community.read", tags=["places"])
def list_communities(
    session: ScopedSession,
    q: Search = "",
    vanished: bool = True,
    sort: Literal["code", "-code", "name", "-name"] = "code",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[CommunityOut]:
    """The street's communities with their counts."""
    found = repository.list_communities(
        session, search=q, with_vanished=vanished, sort=sort, after=after or None, limit=limit
    )
    return Page(items=[community_out(*row) for row in found.items], next=found.next)


@get("/communities/{community_id:uuid}", needs="core.community.read", tags=["places"])
def show_community(session: ScopedSession, community_id: UUID) -> CommunityOut:
    """One community with its counts."""
    row = places.find(session, Community, community_id)
    return community_out(row, repository.counts_of(session, row.id))


@put("/communities/{community_id:uuid}", needs="core.community.manage", tags=["places"])
def update_community(session: ScopedSession, actor: Actor, community_id: UUID, data: CommunityChange) -> CommunityOut:
    """Change what the portal shows of a community."""
    row = places.update_community(session, actor, community_id, data.version, without_version(CommunityUpdate, data))
    session.flush()
    return community_out(row, repository.counts_of(session, row.id))


@get("/compounds", needs="core.compound.read", tags=["places"])
def list_compounds(
    session: ScopedSession,
    actor: Actor,
    q: Search = "",
    archived: bool = False,
    kind: CompoundKind | None = None,
    sort: Literal["name", "-name", "built_year", "-built_year", "created_at", "-created_at"] = "name",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[CompoundOut]:
    """The compounds that the caller may see."""
    found = repository.list_compounds(
        session, actor, search=q, with_archived=archived, kind=kind, sort=sort, after=after or None, limit=limit
    )
    return Page(items=[compound_out(row) for row in found.items], next=found.next)


@get("/compounds", needs="core.compound.read", tags=["places"])
def list_street_compounds(
    session: ScopedSession,
    actor: Actor,
    q: Search = "",
    community_id: UUID | None = None,
    archived: bool = False,
    kind: CompoundKind | None = None,
    sort: Literal["name", "-name", "built_year", "-built_year", "created_at", "-created_at"] = "name",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[CompoundOut]:
    """The compounds of all communities."""
    wanted = {"community_id": community_id, "search": q, "with_archived": archived, "kind": kind}
    found = repository.list_compounds(session, actor, **wanted, sort=sort, after=after or None, limit=limit)
    return Page(items=[compound_out(row) for row in found.items], next=found.next)


@post("/compounds", needs="core.compound.manage", tags=["places"])
def create_compound(session: ScopedSession, actor: Actor, scope: Scope, data: CompoundIn) -> CompoundOut:
    """Add a compound to the community."""
    community_id = scope.community_id
    if community_id is None:
        raise NotFound
    row = places.create_compound(session, actor, community_id, data)
    return compound_out(row)


@get("/compounds/{compound_id:uuid}", needs="core.compound.read", tags=["places"])
def show_compound(session: ScopedSession, actor: Actor, compound_id: UUID) -> CompoundOut:
    """One compound."""
    row = places.find(session, Compound, compound_id)
    if not actor.can("core.compound.read", community_id=row.community_id, compound_id=row.id):
        raise NotFound
    return compound_out(row)


@put("/compounds/{compound_id:uuid}", needs="core.compound.manage", tags=["places"])
def update_compound(session: ScopedSession, actor: Actor, compound_id: UUID, data: CompoundChange) -> CompoundOut:
    """Change a compound."""
    row = places.update_compound(session, actor, compound_id, data.version, without_version(CompoundIn, data))
    session.flush()
    return compound_out(row)


@post("/compounds/{compound_id:uuid}/archive", needs="core.compound.manage", status=200, tags=["places"])
def archive_compound(session: ScopedSession, actor: Actor, compound_id: UUID, data: Archive) -> CompoundOut:
    """Take a compound out of the lists, or bring it back; nothing of it is deleted."""
    row = places.archive_compound(session, actor, compound_id, data.version, archived=data.archived)
    session.flush()
    return compound_out(row)


@get("/compounds/{compound_id:uuid}/buildings", needs="core.compound.read", tags=["places"])
def list_buildings(
    session: ScopedSession,
    actor: Actor,
    compound_id: UUID,
    q: Search = "",
    sort: Literal["position", "-position", "created_at", "-created_at"] = "position",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[BuildingOut]:
    """The compound's buildings; their position is the order in which people count them."""
    places.find(session, Compound, compound_id)
    found = repository.list_buildings(
        session, actor, compound_id=compound_id, search=q, sort=sort, after=after or None, limit=limit
    )
    return Page(items=[fields_of(BuildingOut, row) for row in found.items], next=found.next)


@post("/compounds/{compound_id:uuid}/buildings", needs="core.compound.manage", tags=["places"])
def create_building(session: ScopedSession, actor: Actor, compound_id: UUID, data: BuildingIn) -> BuildingOut:
    """Add a building to a compound."""
    row = places.create_building(session, actor, compound_id, data)
    return fields_of(BuildingOut, row)


@post("/compounds/{compound_id:uuid}/building-plans", needs="core.compound.manage", tags=["places"])
def plan_building(session: ScopedSession, actor: Actor, compound_id: UUID, data: BuildingPlan) -> Planned:
    """Add a building with its unit entrances and dwellings at once."""
    building, count = bulk.create_building_from_plan(session, actor, compound_id, data)
    return Planned(fields_of(BuildingOut, building), count)


@get("/buildings/{building_id:uuid}", needs="core.compound.read", tags=["places"])
def show_building(session: ScopedSession, actor: Actor, building_id: UUID) -> BuildingOut:
    """One building."""
    return fields_of(BuildingOut, _readable(session, actor, building_id))


@delete("/buildings/{building_id:uuid}", needs="core.compound.manage", tags=["places"])
def remove_building(session: ScopedSession, actor: Actor, building_id: UUID) -> None:
    """Delete a building that was made by mistake; one with entrances or dwellings is kept."""
    places.remove_place(session, actor, Building, building_id)


@put("/buildings/{building_id:uuid}", needs="core.compound.manage", tags=["places"])
def update_building(session: ScopedSession, actor: Actor, building_id: UUID, data: BuildingChange) -> BuildingOut:
    """Change a building; its dwellings' labels follow a new name."""
    row = places.update_building(session, actor, building_id, data.version, without_version(BuildingIn, data))
    session.flush()
    return fields_of(BuildingOut, row)


@get("/buildings/{building_id:uuid}/unit-entrances", needs="core.compound.read", tags=["places"])
def list_unit_entrances(
    session: ScopedSession, actor: Actor, building_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[UnitEntranceOut]:
    """The building's unit entrances."""
    _readable(session, actor, building_id)
    found = repository.unit_entrances(session, building_id)
    return page_of([fields_of(UnitEntranceOut, row) for row in found], after, limit, key=lambda each: str(each.id))


@post("/buildings/{building_id:uuid}/unit-entrances", needs="core.compound.manage", tags=["places"])
def create_unit_entrance(
    session: ScopedSession, actor: Actor, building_id: UUID, data: UnitEntranceIn
) -> UnitEntranceOut:
    """Add a unit entrance to a building."""
    row: UnitEntrance = places.create_unit_entrance(session, actor, building_id, data)
    return fields_of(UnitEntranceOut, row)


@put("/unit-entrances/{unit_entrance_id:uuid}", needs="core.compound.manage", tags=["places"])
def rename_unit_entrance(
    session: ScopedSession, actor: Actor, unit_entrance_id: UUID, data: UnitEntranceIn
) -> UnitEntranceOut:
    """Give a unit entrance another name; its dwellings' labels follow."""
    return fields_of(UnitEntranceOut, places.rename_unit_entrance(session, actor, unit_entrance_id, data))


@delete("/unit-entrances/{unit_entrance_id:uuid}", needs="core.compound.manage", tags=["places"])
def remove_unit_entrance(session: ScopedSession, actor: Actor, unit_entrance_id: UUID) -> None:
    """Delete a unit entrance that was made by mistake; one with dwellings is kept."""
    places.remove_place(session, actor, UnitEntrance, unit_entrance_id)


@post("/buildings/{building_id:uuid}/dwellings", needs="core.dwelling.manage", tags=["places"])
def create_dwelling(session: ScopedSession, actor: Actor, building_id: UUID, data: DwellingIn) -> DwellingOut:
    """Add a dwelling to a building."""
    row: Dwelling = places.create_dwelling(session, actor, building_id, data)
    return fields_of(DwellingOut, row)


@put("/dwellings/{dwelling_id:uuid}", needs="core.dwelling.manage", tags=["places"])
def update_dwelling(session: ScopedSession, actor: Actor, dwelling_id: UUID, data: DwellingChange) -> DwellingOut:
    """Change a dwelling; it stays in its building."""
    row = places.update_dwelling(session, actor, dwelling_id, data.version, without_version(DwellingIn, data))
    session.flush()
    return fields_of(DwellingOut, row)


@delete("/dwellings/{dwelling_id:uuid}", needs="core.dwelling.manage", tags=["places"])
def remove_dwelling(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> None:
    """Delete a dwelling that was made by mistake; one where somebody is or was registered is kept."""
    places.remove_place(session, actor, Dwelling, dwelling_id)


@get("/dwellings/{dwelling_id:uuid}", needs="core.dwelling.read", tags=["places"])
async def show_dwelling(read: Reads, visit: Visit, dwelling_id: UUID) -> DwellingOut:
    """One dwelling."""
    (rows,) = await read(ONE_DWELLING.bind(dwelling_id=dwelling_id))
    if rows and (reach := reach_of(visit.actor)) is not None:
        (rows,) = await read(ONE_DWELLING.bind(dwelling_id=dwelling_id, **reach))
    if not rows:
        raise NotFound
    return rows[0]


@get("/dwellings", needs="core.dwelling.read", tags=["places"])
async def list_dwellings(
    read: Reads,
    visit: Visit,
    scope: Scope,
    q: Search = "",
    compound_id: UUID | None = None,
    building_id: UUID | None = None,
    usage: Usage | None = None,
    without_area: bool = False,
    sort: Literal["label", "-label"] = "label",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[DwellingOut]:
    """The dwellings that the caller may see; their label is building, unit entrance and door."""
    chosen: dict[str, Any] = {
        "community_id": scope.community_id,
        "compound_id": compound_id,
        "building_id": building_id,
        "search": q.strip(),
        "usage": usage or "",
        "without_area": without_area,
        "most": limit + 1,
    }
    if after:
        chosen["after_key"], chosen["after_id"] = read_place(after, sort)
    (rows,) = await read(LIST_DWELLINGS[sort].bind(**chosen))
    if (reach := reach_of(visit.actor)) is not None:
        (rows,) = await read(LIST_DWELLINGS[sort].bind(**chosen, **reach))
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items=rows[:limit], next=place_word(sort, last.sort_key, last.id) if last else None)


def _readable(session: ScopedSession, actor: Actor, building_id: UUID) -> Building:
    building = places.find(session, Building, building_id)
    place = {"community_id": building.community_id, "compound_id": building.compound_id}
    if not actor.can("core.compound.read", **place, building_id=building.id):
        raise NotFound
    return building


street_api = [list_communities, export_communities, show_community, update_community, list_street_compounds]
community_api = [
    list_compounds,
    create_compound,
    show_compound,
    update_compound,
    archive_compound,
    list_buildings,
    create_building,
    plan_building,
    show_building,
    update_building,
    remove_building,
    list_unit_entrances,
    create_unit_entrance,
    rename_unit_entrance,
    remove_unit_entrance,
    create_dwelling,
    update_dwelling,
    remove_dwelling,
    show_dwelling,
    list_dwellings,
]
