"""A whole building at once, and places that are made only where they are missing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert

from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Forbidden, Invalid
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.tenancy import naming
from linli.tenancy.models import Building, Dwelling, UnitEntrance
from linli.tenancy.places import MANAGE_DWELLING, create_building
from linli.tenancy.schemas import BuildingIn, BuildingPlan
from linli.tenancy.summaries import recount

MOST_DWELLINGS = 5000


def create_building_from_plan(
    session: ScopedSession, actor: Actor, compound_id: UUID, plan: BuildingPlan
) -> tuple[Building, int]:
    """Create a building with its unit entrances and dwellings; one audit row tells of the whole.

    Returns:
        The building, and how many dwellings it was given.

    Raises:
        Invalid: the building exists, or the plan is too large or empty.
    """
    floors = floors_of(plan)
    count = len(floors) * plan.units * plan.doors
    if not 0 < count <= MOST_DWELLINGS:
        raise Invalid.one("floors", _("一共 {count} 户").format(count=count), _("1 到 {n} 户").format(n=MOST_DWELLINGS))
    top = max(floors)
    building = create_building(session, actor, compound_id, BuildingIn(plan.name, top))
    place = {"community_id": building.community_id, "compound_id": compound_id, "building_id": building.id}
    if not actor.can(MANAGE_DWELLING, **place):
        raise Forbidden
    units = _make_units(session, building, plan)
    rows = _dwellings(building, units, floors, plan)
    session.execute(insert(Dwelling), [{**place, **row} for row in rows])
    record(
        session,
        "core.building.plan",
        ("building", building.id),
        community_id=building.community_id,
        after={"dwellings": count, **msgspec.to_builtins(plan)},
    )
    recount(session, building.community_id)
    return building, count


def floors_of(plan: BuildingPlan) -> list[int]:
    """The numbers of the floors that a plan makes, skipped ones left out."""
    skipped = set(plan.skipped_floors)
    floors: list[int] = []
    floor = plan.first_floor
    while len(floors) < plan.floors:
        if floor > plan.first_floor + plan.floors + len(skipped):
            break
        if floor not in skipped:
            floors.append(floor)
        floor += 1
    return floors


def _make_units(session: ScopedSession, building: Building, plan: BuildingPlan) -> list[UnitEntrance]:
    units = [
        UnitEntrance(
            id=new_id(),
            community_id=building.community_id,
            building_id=building.id,
            name=naming.unit_name(str(n)),
            sort_key=naming.natural_key(str(n)),
        )
        for n in range(1, plan.units + 1)
    ]
    session.add_all(units)
    session.flush()
    return units


def _dwellings(
    building: Building, units: list[UnitEntrance], floors: list[int], plan: BuildingPlan
) -> list[dict[str, Any]]:
    # Doors that run on through the entrances start where the entrance before left off.
    starts = [place * plan.doors if plan.running else 0 for place in range(len(units))]
    return [
        _dwelling(building.name, unit, floor, f"{floor}{n:02d}", plan.area, plan.usage)
        for unit, start in zip(units, starts, strict=True)
        for floor in floors
        for n in range(start + 1, start + plan.doors + 1)
    ]


def _dwelling(
    building: str, unit: UnitEntrance, floor: int, door: str, area: Decimal | None, usage: str
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "unit_entrance_id": unit.id,
        "door": door,
        "sort_key": naming.sort_key(building, unit.name, door),
        "label": naming.label(building, unit.name, door),
        "floor": floor,
        "exclusive_area": area,
        "usage": usage,
    }
