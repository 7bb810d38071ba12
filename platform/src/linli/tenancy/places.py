"""Making and changing communities, compounds, buildings, unit entrances and dwellings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from linli.audit import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from linli.kit.text import gettext as _
from linli.tenancy import naming
from linli.tenancy.models import Building, Community, Compound, Dwelling, UnitEntrance
from linli.tenancy.schemas import (
    BuildingIn,
    CommunityUpdate,
    CompoundIn,
    DwellingIn,
    UnitEntranceIn,
)
from linli.tenancy.summaries import recount

MANAGE_COMMUNITY = "core.community.manage"
MANAGE_COMPOUND = "core.compound.manage"
MANAGE_DWELLING = "core.dwelling.manage"

LARGEST_AREA = Decimal(1_000_000)

Row = TypeVar("Row", Community, Compound, Building, UnitEntrance, Dwelling)


def update_community(
    session: ScopedSession, actor: Actor, community_id: UUID, version: int, data: CommunityUpdate
) -> Community:
    """Change what the portal shows of a community; its code and official name belong to the register.

    Raises:
        NotFound, Forbidden, Conflict, Invalid: see each.
    """
    community = locked(session, Community, community_id)
    _require(actor, MANAGE_COMMUNITY, community_id)
    _check_version(community, version)
    values = {**_fields(data), "name": _name(data.name)}
    _change(session, "core.community.update", community, community_id, values)
    return community


def create_compound(session: ScopedSession, actor: Actor, community_id: UUID, data: CompoundIn) -> Compound:
    """Add a compound to a community.

    Raises:
        Invalid: the community has a compound of this name already, or a field is at fault.
    """
    _require(actor, MANAGE_COMPOUND, community_id)
    find(session, Community, community_id)
    compound = Compound(community_id=community_id, **_compound_values(data))
    _add(session, "core.compound.create", compound, "name", _("这个社区已有同名的小区"))
    return compound


def update_compound(
    session: ScopedSession, actor: Actor, compound_id: UUID, version: int, data: CompoundIn
) -> Compound:
    """Change a compound.

    Raises:
        NotFound, Forbidden, Conflict, Invalid: see each.
    """
    compound = _managed(session, actor, Compound, compound_id)
    _check_version(compound, version)
    with _taken("name", _("这个社区已有同名的小区")), session.begin_nested():
        _change(session, "core.compound.update", compound, compound.community_id, _compound_values(data))
    return compound


def archive_compound(
    session: ScopedSession, actor: Actor, compound_id: UUID, version: int, *, archived: bool = True
) -> Compound:
    """Take a compound out of the lists, or bring it back; nothing of it is deleted."""
    compound = _managed(session, actor, Compound, compound_id)
    _check_version(compound, version)
    action = "core.compound.archive" if archived else "core.compound.restore"
    _change(session, action, compound, compound.community_id, {"archived_at": now() if archived else None})
    recount(session, compound.community_id)
    return compound


def create_building(session: ScopedSession, actor: Actor, compound_id: UUID, data: BuildingIn) -> Building:
    """Add a building to a compound.

    Raises:
        Invalid: the compound has this building already, perhaps in another spelling.
    """
    compound = find(session, Compound, compound_id)
    _require(actor, MANAGE_COMPOUND, compound.community_id, compound.id)
    name = _building_name(session, compound.id, data.name)
    building = Building(
        community_id=compound.community_id,
        compound_id=compound.id,
        name=name,
        sort_key=naming.natural_key(name),
        floors=data.floors,
    )
    _add(session, "core.building.create", building, "name", _("这个小区已有这栋楼"))
    return building


def update_building(
    session: ScopedSession, actor: Actor, building_id: UUID, version: int, data: BuildingIn
) -> Building:
    """Change a building; its dwellings' labels follow a new name.

    Raises:
        NotFound, Forbidden, Conflict, Invalid: see each.
    """
    building = _managed(session, actor, Building, building_id)
    _check_version(building, version)
    name = _building_name(session, building.compound_id, data.name, except_id=building.id)
    is_renamed = name != building.name
    values = {"name": name, "sort_key": naming.natural_key(name), "floors": data.floors}
    _change(session, "core.building.update", building, building.community_id, values)
    if is_renamed:
        _relabel(session, building)
    return building


def create_unit_entrance(session: ScopedSession, actor: Actor, building_id: UUID, data: UnitEntranceIn) -> UnitEntrance:
    """Add a unit entrance to a building."""
    building = _managed(session, actor, Building, building_id)
    name = naming.unit_name(_name(data.name))
    unit = UnitEntrance(
        community_id=building.community_id,
        building_id=building.id,
        name=name,
        sort_key=naming.natural_key(name),
    )
    _add(session, "core.unit_entrance.create", unit, "name", _("这栋楼已有这个单元"))
    return unit


def rename_unit_entrance(
    session: ScopedSession, actor: Actor, unit_entrance_id: UUID, data: UnitEntranceIn
) -> UnitEntrance:
    """Give a unit entrance another name; its dwellings' labels follow.

    Raises:
        NotFound, Forbidden, Invalid: see each.
    """
    unit = _managed(session, actor, UnitEntrance, unit_entrance_id)
    name = naming.unit_name(_name(data.name))
    values = {"name": name, "sort_key": naming.natural_key(name)}
    with _taken("name", _("这栋楼已有这个单元")), session.begin_nested():
        _change(session, "core.unit_entrance.update", unit, unit.community_id, values)
    _relabel(session, find(session, Building, unit.building_id))
    return unit


def create_dwelling(session: ScopedSession, actor: Actor, building_id: UUID, data: DwellingIn) -> Dwelling:
    """Add a dwelling to a building.

    Raises:
        Invalid: the door exists already, or a field is at fault.
    """
    building = find(session, Building, building_id)
    _require(actor, MANAGE_DWELLING, building.community_id, building.compound_id, building.id)
    dwelling = Dwelling(
        community_id=building.community_id,
        compound_id=building.compound_id,
        building_id=building.id,
        **_dwelling_values(session, building, data),
    )
    _add(session, "core.dwelling.create", dwelling, "door", _("这个门牌号已经登记"))
    return dwelling


def update_dwelling(
    session: ScopedSession, actor: Actor, dwelling_id: UUID, version: int, data: DwellingIn
) -> Dwelling:
    """Change a dwelling; it stays in its building.

    Raises:
        NotFound, Forbidden, Conflict, Invalid: see each.
    """
    dwelling = locked(session, Dwelling, dwelling_id)
    _require(actor, MANAGE_DWELLING, dwelling.community_id, dwelling.compound_id, dwelling.building_id)
    _check_version(dwelling, version)
    building = find(session, Building, dwelling.building_id)
    values = _dwelling_values(session, building, data)
    with _taken("door", _("这个门牌号已经登记")), session.begin_nested():
        _change(session, "core.dwelling.update", dwelling, dwelling.community_id, values)
    return dwelling


def remove_place(session: ScopedSession, actor: Actor, kind: type[Row], place_id: UUID) -> None:
    """Delete a building, unit entrance or dwelling that was made by mistake.

    Raises:
        Conflict: something is registered there; a place with a history is kept.
    """
    row = locked(session, kind, place_id)
    permission = MANAGE_DWELLING if kind is Dwelling else MANAGE_COMPOUND
    _require(actor, permission, *_place(session, row))
    try:
        with session.begin_nested():
            session.delete(row)
    except IntegrityError as error:
        raise Conflict(_("这里已有登记的内容，不能删除")) from error
    name = row.label if isinstance(row, Dwelling) else row.name
    action = f"core.{row.__tablename__}.remove"
    community_id: UUID = row.community_id  # type: ignore[union-attr]
    record(session, action, (row.__tablename__, row.id), community_id=community_id, before={"name": name})
    recount(session, community_id)


def find(session: ScopedSession, kind: type[Row], row_id: UUID, *, lock: bool = False) -> Row:
    """A place in scope by its id.

    Raises:
        NotFound: there is none here.
    """
    statement = select(kind).where(kind.tenant_id == session.scope.tenant_id, kind.id == row_id)
    row = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def locked(session: ScopedSession, kind: type[Row], row_id: UUID) -> Row:
    """Like ``find``; nobody else changes the row until this unit of work ends."""
    return find(session, kind, row_id, lock=True)


def _managed(session: ScopedSession, actor: Actor, kind: type[Row], row_id: UUID) -> Row:
    row = locked(session, kind, row_id)
    _require(actor, MANAGE_COMPOUND, *_place(session, row))
    return row


def _place(session: ScopedSession, row: Any) -> tuple[UUID, UUID | None, UUID | None]:
    if isinstance(row, Compound):
        return row.community_id, row.id, None
    if isinstance(row, Building):
        return row.community_id, row.compound_id, row.id
    if isinstance(row, UnitEntrance):
        building = find(session, Building, row.building_id)
        return row.community_id, building.compound_id, building.id
    return row.community_id, row.compound_id, row.building_id


def _require(
    actor: Actor,
    permission: str,
    community_id: UUID,
    compound_id: UUID | None = None,
    building_id: UUID | None = None,
) -> None:
    if not actor.can(permission, community_id=community_id, compound_id=compound_id, building_id=building_id):
        raise Forbidden


def _check_version(row: Any, version: int) -> None:
    if row.version != version:
        raise Stale


def _add(session: ScopedSession, action: str, row: Any, field: str, taken: str) -> None:
    with _taken(field, taken), session.begin_nested():
        session.add(row)
    label = row.label if isinstance(row, Dwelling) else row.name
    subject = (row.__tablename__, row.id)
    record(session, action, subject, community_id=row.community_id, after={"name": label})
    recount(session, row.community_id)


@contextmanager
def _taken(field: str, message: str) -> Iterator[None]:
    # The database judges, so that two people who type the same name at once are told the same.
    try:
        yield
    except IntegrityError as error:
        if "unique" not in str(error.orig):
            raise
        raise Invalid.one(field, message) from error


def _change(session: ScopedSession, action: str, row: Any, community_id: UUID, values: dict[str, Any]) -> None:
    before = {key: getattr(row, key) for key, value in values.items() if getattr(row, key) != value}
    if not before:
        return
    for key in before:
        setattr(row, key, values[key])
    session.flush()
    record(
        session,
        action,
        (row.__tablename__, row.id),
        community_id=community_id,
        before=msgspec.to_builtins(before),
        after=msgspec.to_builtins({key: values[key] for key in before}),
    )


def _fields(data: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(data, name) for name in data.__struct_fields__}


def _name(text: str, field: str = "name") -> str:
    name = naming.tidy(text)
    if not name:
        raise Invalid.one(field, _("必须填写"))
    return name


def _compound_values(data: CompoundIn) -> dict[str, Any]:
    this_year = today().year
    if data.built_year is not None and data.built_year > this_year:
        raise Invalid.one("built_year", _("还没有到来的年份"), _("不晚于 {year}").format(year=this_year))
    return {**_fields(data), "name": _name(data.name)}


def _building_name(session: ScopedSession, compound_id: UUID, text: str, *, except_id: UUID | None = None) -> str:
    name = naming.building_name(_name(text))
    same = select(Building.name).where(
        Building.compound_id == compound_id,
        Building.sort_key == naming.natural_key(name),
        Building.id != except_id if except_id else Building.id.is_not(None),
    )
    if (found := session.scalar(same)) is not None:
        raise Invalid.one("name", _("这个小区已有“{name}”").format(name=found))
    return name


def _dwelling_values(session: ScopedSession, building: Building, data: DwellingIn) -> dict[str, Any]:
    unit = ""
    if data.unit_entrance_id is not None:
        entrance = find(session, UnitEntrance, data.unit_entrance_id)
        if entrance.building_id != building.id:
            raise Invalid.one("unit_entrance_id", _("这个单元不在这栋楼里"))
        unit = entrance.name
    door = naming.door_name(_name(data.door, "door"))
    return {
        **_fields(data),
        "door": door,
        "exclusive_area": _area(data.exclusive_area),
        "sort_key": naming.sort_key(building.name, unit, door),
        "label": naming.label(building.name, unit, door),
    }


def _area(area: Decimal | None) -> Decimal | None:
    if area is None:
        return None
    if not area.is_finite() or not 0 < area < LARGEST_AREA or area != round(area, 2):
        raise Invalid.one("exclusive_area", _("面积有误"), _("大于 0、小于 100 万平方米，最多两位小数"))
    return area


def _relabel(session: ScopedSession, building: Building) -> None:
    units = {
        unit.id: unit.name
        for unit in session.scalars(select(UnitEntrance).where(UnitEntrance.building_id == building.id))
    }
    for dwelling in session.scalars(select(Dwelling).where(Dwelling.building_id == building.id)):
        unit = units.get(dwelling.unit_entrance_id, "") if dwelling.unit_entrance_id else ""
        dwelling.sort_key = naming.sort_key(building.name, unit, dwelling.door)
        dwelling.label = naming.label(building.name, unit, dwelling.door)
    session.flush()
