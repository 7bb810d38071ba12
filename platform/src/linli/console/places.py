"""The way down: a compound with its buildings, a building with its doors. What a home holds is shown to few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, cast, func, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.residents.models import Household
from linli.tenancy.models import Building, Community, Compound, Dwelling, UnitEntrance
from linli.web.floors import BuildingView, FloorDoor, building_view

#: What the doors of a building can show, to its title (a message) and the permission that it asks for.
#: Nothing of them tells who lives where: a floor view is no register.
SHOWN: dict[str, tuple[str, str]] = {
    "registered": ("有没有登记住户", "core.resident.read"),
    "area": ("专有面积", "core.dwelling.read"),
}
#: Yes and no as the palest and the strongest shade.
_TWO = (0, 0.25, 0.5, 0.75, 1)
#: A building has some hundred dwellings at most.
_MOST = 2000


@dataclass(frozen=True, slots=True)
class BuildingLine:
    """A building of a compound, and what is registered there."""

    id: UUID
    name: str
    dwellings: int
    households: int


@dataclass(frozen=True, slots=True)
class CompoundPage:
    """A compound on the way down."""

    compound: Compound
    community: Community
    buildings: Sequence[BuildingLine]

    @property
    def dwellings(self) -> int:
        return sum(each.dwellings for each in self.buildings)

    @property
    def households(self) -> int:
        return sum(each.households for each in self.buildings)


@dataclass(frozen=True, slots=True)
class BuildingPage:
    """A building from the front.

    Attributes:
        shown: a key of ``SHOWN``; empty where the reader may see none, and the doors are bare.
        choices: those that the reader may choose.
        view: ``None`` where the building has no dwellings, or the reader may not see them.
        counted: how many doors have the number at all, of how many.
    """

    building: Building
    compound: Compound
    community: Community
    shown: str
    choices: Mapping[str, str]
    view: BuildingView | None
    counted: tuple[int, int]


def compound_page(session: ScopedSession, actor: Actor, compound_id: UUID) -> CompoundPage:
    """A compound with its buildings; two queries.

    Raises:
        NotFound: there is none that the actor may see.
    """
    row = session.execute(
        select(Compound, Community)
        .join(Community, (Community.tenant_id == Compound.tenant_id) & (Community.id == Compound.community_id))
        .where(Compound.id == compound_id)
    ).one_or_none()
    if row is None or not actor.can("core.compound.read", community_id=row[0].community_id, compound_id=compound_id):
        raise NotFound(_("没有找到这个小区"))
    return CompoundPage(row[0], row[1], _buildings(session, compound_id))


def building_page(session: ScopedSession, actor: Actor, building_id: UUID, shown: str = "") -> BuildingPage:
    """A building with its doors; two queries.

    Args:
        session: of the street.
        actor: the reader.
        building_id: which.
        shown: a key of ``SHOWN``; the first that the reader may see where it is none of them.

    Raises:
        NotFound: there is none that the actor may see.
    """
    row = session.execute(
        select(Building, Compound, Community)
        .join(Compound, (Compound.tenant_id == Building.tenant_id) & (Compound.id == Building.compound_id))
        .join(Community, (Community.tenant_id == Building.tenant_id) & (Community.id == Building.community_id))
        .where(Building.id == building_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这栋楼"))
    building, compound, community = row
    place = {"community_id": community.id, "compound_id": compound.id}
    if not actor.can("core.compound.read", **place, building_id=building.id):
        raise NotFound(_("没有找到这栋楼"))
    may = {key: _(title) for key, (title, needs) in SHOWN.items() if actor.can(needs, **place)}
    shown = shown if shown in may else next(iter(may), "")
    if not actor.can("core.dwelling.read", **place):
        return BuildingPage(building, compound, community, "", {}, None, (0, 0))
    doors = _doors(session, building.id, shown)
    known = sum(each.value is not None for each in doors)
    view = building_view(doors, bounds=_TWO if shown == "registered" else ()) if doors else None
    return BuildingPage(building, compound, community, shown, may, view, (known, len(doors)))


def _buildings(session: ScopedSession, compound_id: UUID) -> list[BuildingLine]:
    dwellings = (
        select(Dwelling.building_id, func.count().label("n"), func.sum(cast(_lived_in(), Integer)).label("lived"))
        .where(Dwelling.compound_id == compound_id)
        .group_by(Dwelling.building_id)
        .subquery()
    )
    rows = session.execute(
        select(Building.id, Building.name, dwellings.c.n, dwellings.c.lived)
        .outerjoin(dwellings, dwellings.c.building_id == Building.id)
        .where(Building.compound_id == compound_id)
        .order_by(Building.sort_key, Building.id)
        .limit(_MOST)
    )
    return [BuildingLine(row[0], row[1], int(row[2] or 0), int(row[3] or 0)) for row in rows]


def _lived_in() -> ColumnElement[bool]:
    return (
        select(Household.id)
        .where(
            Household.tenant_id == Dwelling.tenant_id,
            Household.dwelling_id == Dwelling.id,
            Household.ended_on.is_(None) | (Household.ended_on > today()),
        )
        .exists()
    )


def _doors(session: ScopedSession, building_id: UUID, shown: str) -> list[FloorDoor]:
    value = {"registered": cast(_lived_in(), Integer), "area": Dwelling.exclusive_area}.get(shown)
    columns = [Dwelling.floor, Dwelling.door, UnitEntrance.name, *([] if value is None else [value])]
    rows = session.execute(
        select(*columns)
        .outerjoin(
            UnitEntrance,
            (UnitEntrance.tenant_id == Dwelling.tenant_id) & (UnitEntrance.id == Dwelling.unit_entrance_id),
        )
        .where(Dwelling.building_id == building_id)
        .order_by(UnitEntrance.sort_key, Dwelling.sort_key)
        .limit(_MOST)
    )
    return [_door(shown, row) for row in rows]


def _door(shown: str, row: Any) -> FloorDoor:
    floor, name, unit, *rest = row
    value = rest[0] if rest else None
    if value is None:
        return FloorDoor(unit or "", floor, name, None)
    if shown == "registered":
        return FloorDoor(unit or "", floor, name, float(value), _("已登记住户") if value else _("没有登记住户"))
    return FloorDoor(unit or "", floor, name, float(value), _("{area} 平方米").format(area=value))
