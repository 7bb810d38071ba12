"""Buildings of a compound and their unit entrances: enter, fill with dwellings at once, change, remove."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import func, select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Invalid, NotFound
from linli.kit.text import gettext as _
from linli.tenancy.admin_portal.compounds import readable_compound
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form, sent_version
from linli.tenancy.admin_portal.wording import changed_titles, place_words
from linli.tenancy.bulk import MOST_DWELLINGS, create_building_from_plan, floors_of
from linli.tenancy.choices import Usage
from linli.tenancy.models import Building, Compound, Dwelling, UnitEntrance
from linli.tenancy.naming import building_name, unit_name
from linli.tenancy.places import create_building, create_unit_entrance, find, remove_place, update_building
from linli.tenancy.repository import unit_entrances
from linli.tenancy.schemas import BuildingIn, BuildingPlan, UnitEntranceIn
from linli.web.forms import Form
from linli.web.results import Redirect, View
from linli.web.routing import get, post

READ = "core.compound.read"
MANAGE = "core.compound.manage"


class PlanForm(Struct):
    """A building as its page asks for it; ``step`` is ``preview`` or ``create``."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    contents: Literal["plan", "empty"] = "plan"
    units: Annotated[int, Meta(ge=1, le=30)] = 1
    floors: Annotated[int, Meta(ge=1, le=120)] = 6
    doors: Annotated[int, Meta(ge=1, le=40)] = 2
    first_floor: Annotated[int, Meta(ge=1, le=100)] = 1
    skipped_floors: Annotated[str, Meta(max_length=100)] = ""
    running: bool = False
    area: Decimal | None = None
    usage: Usage = "residential"
    step: Literal["preview", "create"] = "preview"


def readable_building(session: ScopedSession, actor: Actor, building_id: UUID) -> Building:
    """The building, or ``NotFound`` when this person's grants do not reach it."""
    building = find(session, Building, building_id)
    place = {"community_id": building.community_id, "compound_id": building.compound_id}
    if not actor.can(READ, **place, building_id=building.id):
        raise NotFound
    return building


@get("/compounds/{compound_id:uuid}/buildings/new", needs=MANAGE)
def new_building(session: ScopedSession, actor: Actor, compound_id: UUID) -> View:
    return _plan_page(readable_compound(session, actor, compound_id), None)


@post("/compounds/{compound_id:uuid}/buildings", needs=MANAGE, retry=new_building)
def add_building(session: ScopedSession, actor: Actor, compound_id: UUID, data: PlanForm) -> View | Redirect:
    compound = readable_compound(session, actor, compound_id)
    if data.contents == "empty":
        building = create_building(session, actor, compound.id, BuildingIn(data.name, data.floors))
        return Redirect(f"/buildings/{building.id}", _("已新建楼栋，接下来可以逐户登记房屋"))
    plan = _plan(data)
    if data.step == "preview":
        return _plan_page(compound, _preview(plan))
    building, count = create_building_from_plan(session, actor, compound.id, plan)
    message = _("已新建{name}，共 {n} 户").format(name=building.name, n=count)
    return Redirect(f"/buildings/{building.id}", message)


@get("/buildings/{building_id:uuid}", needs=READ)
def show_building(session: ScopedSession, actor: Actor, building_id: UUID) -> View:
    building = readable_building(session, actor, building_id)
    compound = find(session, Compound, building.compound_id)
    counted = session.execute(
        select(Dwelling.unit_entrance_id, func.count())
        .where(Dwelling.building_id == building.id)
        .group_by(Dwelling.unit_entrance_id)
    ).all()
    counts: dict[UUID | None, int] = {row[0]: row[1] for row in counted}
    units = [
        {"id": each.id, "name": each.name, "dwellings": counts.get(each.id, 0)}
        for each in unit_entrances(session, building.id)
    ]
    context = {
        "building": building,
        "compound": compound,
        "units": units,
        "dwellings": sum(counts.values()),
        "without_unit": counts.get(None, 0),
    }
    return View("admin/buildings/detail.html", context)


@get("/buildings/{building_id:uuid}/edit", needs=MANAGE)
def edit_building(session: ScopedSession, actor: Actor, form: Form, building_id: UUID) -> View:
    building = readable_building(session, actor, building_id)
    compound = find(session, Compound, building.compound_id)
    titles = changed_titles("name", "floors")
    meanwhile = changed_meanwhile(session, form, ("building", building.id), building.version, titles)
    return View("admin/buildings/edit.html", {"building": building, "compound": compound, "meanwhile": meanwhile})


@post("/buildings/{building_id:uuid}/edit", needs=MANAGE, retry=edit_building)
def save_building(session: ScopedSession, actor: Actor, form: Form, building_id: UUID, data: BuildingIn) -> Redirect:
    with kept_in_form():
        update_building(session, actor, building_id, sent_version(form), data)
    return Redirect(f"/buildings/{building_id}", _("已保存"))


@post("/buildings/{building_id:uuid}/units", needs=MANAGE, retry=show_building)
def add_unit(session: ScopedSession, actor: Actor, building_id: UUID, data: UnitEntranceIn) -> Redirect:
    unit = create_unit_entrance(session, actor, building_id, data)
    return Redirect(f"/buildings/{building_id}", _("已新建{name}").format(name=unit.name))


@post("/buildings/{building_id:uuid}/units/{unit_id:uuid}/remove", needs=MANAGE, retry=show_building)
def remove_unit(session: ScopedSession, actor: Actor, building_id: UUID, unit_id: UUID) -> Redirect:
    if find(session, UnitEntrance, unit_id).building_id != building_id:
        raise NotFound
    with kept_in_form():
        remove_place(session, actor, UnitEntrance, unit_id)
    return Redirect(f"/buildings/{building_id}", _("已删除"))


@post("/buildings/{building_id:uuid}/remove", needs=MANAGE, retry=show_building)
def remove_building(session: ScopedSession, actor: Actor, building_id: UUID) -> Redirect:
    compound_id = find(session, Building, building_id).compound_id
    with kept_in_form():
        remove_place(session, actor, Building, building_id)
    return Redirect(f"/compounds/{compound_id}", _("已删除"))


def _plan_page(compound: Compound, preview: dict[str, object] | None) -> View:
    context = {"compound": compound, "preview": preview, "most": MOST_DWELLINGS, **place_words()}
    return View("admin/buildings/new.html", context)


def _plan(data: PlanForm) -> BuildingPlan:
    return BuildingPlan(
        name=data.name,
        units=data.units,
        floors=data.floors,
        doors=data.doors,
        first_floor=data.first_floor,
        skipped_floors=_floor_numbers(data.skipped_floors),
        running=data.running,
        area=_area(data.area),
        usage=data.usage,
    )


def _floor_numbers(text: str) -> list[int]:
    parts = [part for part in re.split(r"[\s,，、;；]+", text.strip()) if part]
    if not all(part.isascii() and part.isdecimal() and len(part) <= 3 for part in parts):
        raise Invalid.one("skipped_floors", _("楼层应当是数字"), _("例如 4、13、14"))
    return [int(part) for part in parts]


def _area(area: Decimal | None) -> Decimal | None:
    if area is not None and (not area.is_finite() or not 0 < area < 10_000 or area != round(area, 2)):
        raise Invalid.one("area", _("面积有误"), _("大于 0、小于 1 万平方米，最多两位小数"))
    return area


def _preview(plan: BuildingPlan) -> dict[str, object]:
    """What the plan would make: the number of homes, and the doors of the first and the last floor of each unit."""
    count = plan.floors * plan.units * plan.doors
    if count > MOST_DWELLINGS:
        raise Invalid.one("floors", _("一共 {count} 户").format(count=count), _("1 到 {n} 户").format(n=MOST_DWELLINGS))
    floors = floors_of(plan)
    units = []
    for k in range(plan.units):
        first = k * plan.doors if plan.running else 0
        doors = [f"{floor}{n:02d}" for floor in (floors[0], floors[-1]) for n in (first + 1, first + plan.doors)]
        units.append({"name": unit_name(str(k + 1)), "low": doors[:2], "high": doors[2:]})
    return {"name": building_name(plan.name), "count": count, "units": units, "floors": floors}


pages = [
    new_building,
    add_building,
    show_building,
    edit_building,
    save_building,
    add_unit,
    remove_unit,
    remove_building,
]
