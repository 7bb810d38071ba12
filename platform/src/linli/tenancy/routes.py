"""Places in the API: communities of a street; compounds, buildings, unit entrances and dwellings of a community."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, decode_cursor, encode_cursor
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.tenancy import bulk, places, repository
from linli.tenancy.models import Building, Community, Compound, Dwelling, UnitEntrance
from linli.tenancy.reads import LIST_DWELLINGS, ONE_DWELLING, DwellingOut, reach_of
from linli.tenancy.schemas import BuildingIn, BuildingPlan, CommunityUpdate, CompoundIn, DwellingIn, UnitEntranceIn
from linli.web.reads import Reads
from linli.web.results import Page
from linli.web.routing import get, post, put
from linli.web.visit import Visit

Version = Annotated[int, Meta(ge=1, le=2**31 - 1, description="as it was read; a stale one is refused with 409")]
Search = Annotated[str, Meta(max_length=60)]
After = Annotated[str, Meta(max_length=400, description="`next` of the page before")]
S = TypeVar("S", bound=msgspec.Struct)


class CommunityOut(msgspec.Struct):
    """A community with its kept counts."""

    id: UUID
    code: Annotated[str, Meta(description="12-digit division code")]
    slug: str
    name: str
    register_name: Annotated[str, Meta(description="as the official register has it")]
    status: str
    office_phone: str
    office_address: str
    version: int
    compounds: int
    dwellings: int
    households: int
    residents: int


class CompoundOut(CompoundIn, kw_only=True):
    """A residential compound as it is stored."""

    id: UUID
    community_id: UUID
    is_archived: bool
    version: int


class BuildingOut(BuildingIn, kw_only=True):
    """A building as it is stored."""

    id: UUID
    compound_id: UUID
    version: int


class UnitEntranceOut(msgspec.Struct):
    """A unit entrance of a building."""

    id: UUID
    building_id: UUID
    name: str


class CommunityChange(CommunityUpdate, kw_only=True, forbid_unknown_fields=True):
    """A community's office with the version that was read."""

    version: Version


class CompoundChange(CompoundIn, kw_only=True, forbid_unknown_fields=True):
    """A compound with the version that was read."""

    version: Version


class BuildingChange(BuildingIn, kw_only=True, forbid_unknown_fields=True):
    """A building with the version that was read."""

    version: Version


class DwellingChange(DwellingIn, kw_only=True, forbid_unknown_fields=True):
    """A dwelling with the version that was read."""

    version: Version


class Planned(msgspec.Struct):
    """What a building plan made."""

    building: BuildingOut
    dwellings: int


def _fields_of(kind: type[S], row: Any, **more: Any) -> S:
    names = [name for name in kind.__struct_fields__ if name not in more]
    return kind(**{name: getattr(row, name) for name in names}, **more)


def _without_version(kind: type[S], data: msgspec.Struct) -> S:
    return kind(**{name: getattr(data, name) for name in kind.__struct_fields__})


def _community(row: Community, counts: Any) -> CommunityOut:
    names = ("compounds", "dwellings", "households", "residents")
    return _fields_of(CommunityOut, row, **{name: getattr(counts, name) if counts else 0 for name in names})


def _compound(row: Compound) -> CompoundOut:
    return _fields_of(CompoundOut, row, is_archived=row.archived_at is not None)


@get("/communities", needs="core.community.read", tags=["places"])
def list_communities(session: ScopedSession, q: Search = "", after: After = "") -> Page[CommunityOut]:
    """The street's communities with their counts, by code."""
    found = repository.list_communities(session, search=q, after=after or None)
    return Page(items=[_community(*row) for row in found.items], next=found.next)


@put("/communities/{community_id:uuid}", needs="core.community.manage", tags=["places"])
def update_community(session: ScopedSession, actor: Actor, community_id: UUID, data: CommunityChange) -> CommunityOut:
    """Change what the portal shows of a community."""
    row = places.update_community(session, actor, community_id, data.version, _without_version(CommunityUpdate, data))
    session.flush()
    return _community(row, repository.counts_of(session, row.id))


@get("/compounds", needs="core.compound.read", tags=["places"])
def list_compounds(
    session: ScopedSession, actor: Actor, q: Search = "", archived: bool = False, after: After = ""
) -> Page[CompoundOut]:
    """The compounds that the caller may see, by name."""
    found = repository.list_compounds(session, actor, search=q, with_archived=archived, after=after or None)
    return Page(items=[_compound(row) for row in found.items], next=found.next)


@post("/compounds", needs="core.compound.manage", tags=["places"])
def create_compound(session: ScopedSession, actor: Actor, scope: Scope, data: CompoundIn) -> CompoundOut:
    """Add a compound to the community."""
    community_id = scope.community_id
    if community_id is None:
        raise NotFound
    row = places.create_compound(session, actor, community_id, data)
    return _compound(row)


@get("/compounds/{compound_id:uuid}", needs="core.compound.read", tags=["places"])
def show_compound(session: ScopedSession, actor: Actor, compound_id: UUID) -> CompoundOut:
    """One compound."""
    row = places.find(session, Compound, compound_id)
    if not actor.can("core.compound.read", community_id=row.community_id, compound_id=row.id):
        raise NotFound
    return _compound(row)


@put("/compounds/{compound_id:uuid}", needs="core.compound.manage", tags=["places"])
def update_compound(session: ScopedSession, actor: Actor, compound_id: UUID, data: CompoundChange) -> CompoundOut:
    """Change a compound."""
    row = places.update_compound(session, actor, compound_id, data.version, _without_version(CompoundIn, data))
    session.flush()
    return _compound(row)


@get("/compounds/{compound_id:uuid}/buildings", needs="core.compound.read", tags=["places"])
def list_buildings(session: ScopedSession, actor: Actor, compound_id: UUID, after: After = "") -> Page[BuildingOut]:
    """The compound's buildings, in the order in which people count them."""
    places.find(session, Compound, compound_id)
    found = repository.list_buildings(session, actor, compound_id=compound_id, after=after or None)
    return Page(items=[_fields_of(BuildingOut, row) for row in found.items], next=found.next)


@post("/compounds/{compound_id:uuid}/buildings", needs="core.compound.manage", tags=["places"])
def create_building(session: ScopedSession, actor: Actor, compound_id: UUID, data: BuildingIn) -> BuildingOut:
    """Add a building to a compound."""
    row = places.create_building(session, actor, compound_id, data)
    return _fields_of(BuildingOut, row)


@post("/compounds/{compound_id:uuid}/building-plans", needs="core.compound.manage", tags=["places"])
def plan_building(session: ScopedSession, actor: Actor, compound_id: UUID, data: BuildingPlan) -> Planned:
    """Add a building with its unit entrances and dwellings at once."""
    building, count = bulk.create_building_from_plan(session, actor, compound_id, data)
    return Planned(_fields_of(BuildingOut, building), count)


@put("/buildings/{building_id:uuid}", needs="core.compound.manage", tags=["places"])
def update_building(session: ScopedSession, actor: Actor, building_id: UUID, data: BuildingChange) -> BuildingOut:
    """Change a building; its dwellings' labels follow a new name."""
    row = places.update_building(session, actor, building_id, data.version, _without_version(BuildingIn, data))
    session.flush()
    return _fields_of(BuildingOut, row)


@get("/buildings/{building_id:uuid}/unit-entrances", needs="core.compound.read", tags=["places"])
def list_unit_entrances(session: ScopedSession, actor: Actor, building_id: UUID) -> Page[UnitEntranceOut]:
    """The building's unit entrances."""
    building = places.find(session, Building, building_id)
    place = {"community_id": building.community_id, "compound_id": building.compound_id}
    if not actor.can("core.compound.read", **place, building_id=building.id):
        raise NotFound
    found = repository.unit_entrances(session, building_id)
    return Page(items=[_fields_of(UnitEntranceOut, row) for row in found])


@post("/buildings/{building_id:uuid}/unit-entrances", needs="core.compound.manage", tags=["places"])
def create_unit_entrance(
    session: ScopedSession, actor: Actor, building_id: UUID, data: UnitEntranceIn
) -> UnitEntranceOut:
    """Add a unit entrance to a building."""
    row: UnitEntrance = places.create_unit_entrance(session, actor, building_id, data)
    return _fields_of(UnitEntranceOut, row)


@put("/unit-entrances/{unit_entrance_id:uuid}", needs="core.compound.manage", tags=["places"])
def rename_unit_entrance(
    session: ScopedSession, actor: Actor, unit_entrance_id: UUID, data: UnitEntranceIn
) -> UnitEntranceOut:
    """Give a unit entrance another name; its dwellings' labels follow."""
    return _fields_of(UnitEntranceOut, places.rename_unit_entrance(session, actor, unit_entrance_id, data))


@post("/buildings/{building_id:uuid}/dwellings", needs="core.dwelling.manage", tags=["places"])
def create_dwelling(session: ScopedSession, actor: Actor, building_id: UUID, data: DwellingIn) -> DwellingOut:
    """Add a dwelling to a building."""
    row: Dwelling = places.create_dwelling(session, actor, building_id, data)
    return _fields_of(DwellingOut, row)


@put("/dwellings/{dwelling_id:uuid}", needs="core.dwelling.manage", tags=["places"])
def update_dwelling(session: ScopedSession, actor: Actor, dwelling_id: UUID, data: DwellingChange) -> DwellingOut:
    """Change a dwelling; it stays in its building."""
    row = places.update_dwelling(session, actor, dwelling_id, data.version, _without_version(DwellingIn, data))
    session.flush()
    return _fields_of(DwellingOut, row)


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
    after: After = "",
) -> Page[DwellingOut]:
    """The dwellings that the caller may see, by building, unit entrance and door; fifty a page."""
    chosen: dict[str, Any] = {
        "community_id": scope.community_id,
        "compound_id": compound_id,
        "building_id": building_id,
        "search": q.strip(),
    }
    if after:
        chosen["after_key"], chosen["after_id"] = decode_cursor(after)
    (rows,) = await read(LIST_DWELLINGS.bind(**chosen))
    if (reach := reach_of(visit.actor)) is not None:
        (rows,) = await read(LIST_DWELLINGS.bind(**chosen, **reach))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(items=rows[:PAGE], next=encode_cursor(last.sort_key, last.id) if last else None)


street_api = [list_communities, update_community]
community_api = [
    list_compounds,
    create_compound,
    show_compound,
    update_compound,
    list_buildings,
    create_building,
    plan_building,
    update_building,
    list_unit_entrances,
    create_unit_entrance,
    rename_unit_entrance,
    create_dwelling,
    update_dwelling,
    show_dwelling,
    list_dwellings,
]
