"""Dwellings: list, find, enter, change; each with its owners, its households and what was before."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.audit.models import AuditEntry
from linli.audit.wording import action_title
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.residents.choices import people_words
from linli.residents.occupancy import Occupancy, has_ended, occupancy_of
from linli.residents.service import households_of_dwelling, owners_of
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form, sent_version
from linli.tenancy.admin_portal.places import community_of, compound_names, place_filter
from linli.tenancy.admin_portal.wording import changed_titles, place_words
from linli.tenancy.models import Building, Compound, Dwelling
from linli.tenancy.places import create_dwelling, find, remove_place, update_dwelling
from linli.tenancy.repository import list_dwellings, unit_entrances
from linli.tenancy.schemas import DwellingIn
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

READ = "core.dwelling.read"
MANAGE = "core.dwelling.manage"
_READ_PEOPLE = "core.resident.read"
_READ_AUDIT = "core.audit.read"
_ACTS_SHOWN = 10


def readable_dwelling(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> Dwelling:
    """The dwelling, or ``NotFound`` when this person's grants do not reach it."""
    dwelling = find(session, Dwelling, dwelling_id)
    if not actor.can(READ, **_place(dwelling)):
        raise NotFound(_("找不到这套房屋"))
    return dwelling


DWELLINGS = DataTable(
    name="dwellings",
    columns=(
        TableColumn("dwelling", "房屋", sort="label", is_fixed=True),
        TableColumn("owners", "业主"),
        TableColumn("people", "住几人", is_number=True),
        TableColumn("area", "专有面积", sort="area", falls=True, is_number=True),
        TableColumn("usage", "用途"),
        TableColumn("basis", "面积依据", is_shown=False),
    ),
    sort="label",
    filters=("compound", "building", "usage", "without_area", "q"),
)


@get("/dwellings", needs=READ, table=DWELLINGS)
def show_dwellings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    compound: str = "",
    building: str = "",
    usage: str = "",
    without_area: bool = False,
    q: str = "",
    after: str = "",
) -> View:
    words = place_words()
    where = place_filter(session, community_of(place).id, compound, building)
    page = list_dwellings(
        session,
        actor,
        community_id=community_of(place).id,
        compound_id=where.compound_id,
        building_id=where.building_id,
        usage=usage if usage in words["usages"] else "",
        without_area=without_area,
        search=q,
        sort=table.sort,
        after=after or None,
    )
    rows = [] if where.is_lost else list(page.items)
    occupancy = occupancy_of(session, [each.id for each in rows]) if actor.holds(_READ_PEOPLE) else {}
    names = compound_names(session, [each.compound_id for each in rows])
    nobody = Occupancy()
    context = {
        "rows": [
            {
                "dwelling": each,
                "compound": names[each.compound_id],
                "occupancy": occupancy.get(each.id, nobody),
            }
            for each in rows
        ],
        "next": None if where.is_lost else page.next,
        "where": where,
        "without_area": without_area,
        "is_filtered": bool(compound or building or usage or without_area or q),
        **words,
    }
    return View("admin/dwellings/list.html", context, fragment="admin/dwellings/_list.html")


@get("/dwellings/{dwelling_id:uuid}", needs=READ)
def show_dwelling(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> View:
    dwelling = readable_dwelling(session, actor, dwelling_id)
    sees_people = actor.can(_READ_PEOPLE, **_place(dwelling))
    ownerships = owners_of(session, actor, dwelling.id) if sees_people else []
    households = households_of_dwelling(session, actor, dwelling.id) if sees_people else []
    context = {
        "dwelling": dwelling,
        "compound": find(session, Compound, dwelling.compound_id),
        "building": find(session, Building, dwelling.building_id),
        "sees_people": sees_people,
        "owners": [each for each in ownerships if not has_ended(each.ended_on)],
        "past_owners": [each for each in ownerships if has_ended(each.ended_on)],
        "households": [each for each in households if not has_ended(each.ended_on)],
        "past_households": [each for each in households if has_ended(each.ended_on)],
        "acts": _acts(session, actor, dwelling.id),
        "today": today(),
        **place_words(),
        **people_words(),
    }
    return View("admin/dwellings/detail.html", context)


@get("/buildings/{building_id:uuid}/dwellings/new", needs=MANAGE)
def new_dwelling(session: ScopedSession, building_id: UUID) -> View:
    return _form_page(session, find(session, Building, building_id), None, [])


@post("/buildings/{building_id:uuid}/dwellings", needs=MANAGE, retry=new_dwelling)
def add_dwelling(session: ScopedSession, actor: Actor, building_id: UUID, data: DwellingIn) -> Redirect:
    dwelling = create_dwelling(session, actor, building_id, data)
    return Redirect(f"/dwellings/{dwelling.id}", _("已登记房屋，接下来可以登记业主和住户"))


@get("/dwellings/{dwelling_id:uuid}/edit", needs=MANAGE)
def edit_dwelling(session: ScopedSession, actor: Actor, form: Form, dwelling_id: UUID) -> View:
    dwelling = readable_dwelling(session, actor, dwelling_id)
    titles = changed_titles("door", "floor", "exclusive_area", "area_basis", "usage", "delivery")
    meanwhile = changed_meanwhile(session, form, ("dwelling", dwelling.id), dwelling.version, titles)
    return _form_page(session, find(session, Building, dwelling.building_id), dwelling, meanwhile)


@post("/dwellings/{dwelling_id:uuid}/edit", needs=MANAGE, retry=edit_dwelling)
def save_dwelling(session: ScopedSession, actor: Actor, form: Form, dwelling_id: UUID, data: DwellingIn) -> Redirect:
    with kept_in_form():
        update_dwelling(session, actor, dwelling_id, sent_version(form), data)
    return Redirect(f"/dwellings/{dwelling_id}", _("已保存"))


@post("/dwellings/{dwelling_id:uuid}/remove", needs=MANAGE, retry=show_dwelling)
def remove_dwelling(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> Redirect:
    building_id = readable_dwelling(session, actor, dwelling_id).building_id
    with kept_in_form():
        remove_place(session, actor, Dwelling, dwelling_id)
    return Redirect(f"/dwellings?building={building_id}", _("已删除"))


def _form_page(session: ScopedSession, building: Building, dwelling: Dwelling | None, meanwhile: list) -> View:
    context = {
        "building": building,
        "compound": find(session, Compound, building.compound_id),
        "dwelling": dwelling,
        "units": [(str(each.id), each.name) for each in unit_entrances(session, building.id)],
        "meanwhile": meanwhile,
        **place_words(),
    }
    return View("admin/dwellings/form.html", context)


def _place(dwelling: Dwelling) -> dict[str, UUID]:
    return {
        "community_id": dwelling.community_id,
        "compound_id": dwelling.compound_id,
        "building_id": dwelling.building_id,
    }


def _acts(session: ScopedSession, actor: Actor, dwelling_id: UUID) -> list[dict[str, object]]:
    if not actor.holds(_READ_AUDIT):
        return []
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_type == "dwelling", AuditEntry.subject_id == str(dwelling_id))
        .order_by(AuditEntry.n.desc())
        .limit(_ACTS_SHOWN)
    )
    return [{"who": each.actor_name, "at": each.at, "title": action_title(each.action)} for each in entries]


pages = [
    show_dwellings,
    *table_pages(show_dwellings),
    show_dwelling,
    new_dwelling,
    add_dwelling,
    edit_dwelling,
    save_dwelling,
    remove_dwelling,
]
