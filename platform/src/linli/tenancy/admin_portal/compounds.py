"""Compounds of a community: list, enter, change, archive."""

from __future__ import annotations

from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form, sent_version
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.admin_portal.wording import changed_titles, place_words
from linli.tenancy.models import Compound
from linli.tenancy.places import archive_compound, create_compound, find, update_compound
from linli.tenancy.repository import list_buildings, list_compounds
from linli.tenancy.schemas import CompoundIn
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

READ = "core.compound.read"
MANAGE = "core.compound.manage"
_FIELDS = tuple(CompoundIn.__struct_fields__)


def readable_compound(session: ScopedSession, actor: Actor, compound_id: UUID) -> Compound:
    """The compound, or ``NotFound`` when this person's grants do not reach it."""
    compound = find(session, Compound, compound_id)
    if not actor.can(READ, community_id=compound.community_id, compound_id=compound.id):
        raise NotFound
    return compound


COMPOUNDS = DataTable(
    name="compounds",
    columns=(
        TableColumn("name", "小区", sort="name", is_fixed=True),
        TableColumn("kind", "类型"),
        TableColumn("management", "管理方式"),
        TableColumn("built_year", "建成年份", sort="built_year"),
        TableColumn("entered", "登记日期", sort="created_at", falls=True, is_shown=False),
    ),
    sort="name",
    filters=("q", "archived"),
)


@get("/compounds", needs=READ, table=COMPOUNDS)
def show_compounds(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: str = "",
    archived: bool = False,
    after: str = "",
) -> View:
    wanted = {"community_id": community_of(place).id, "search": q, "with_archived": archived}
    page = list_compounds(session, actor, **wanted, sort=table.sort, after=after or None)
    context = {"compounds": page.items, "next": page.next, "q": q, "archived": archived, **place_words()}
    return View("admin/compounds/list.html", context, fragment="admin/compounds/_rows.html")


@get("/compounds/new", needs=MANAGE)
def new_compound() -> View:
    return View("admin/compounds/form.html", {"compound": None, "meanwhile": [], **place_words()})


@post("/compounds", needs=MANAGE, retry=new_compound)
def add_compound(session: ScopedSession, actor: Actor, place: Place, data: CompoundIn) -> Redirect:
    compound = create_compound(session, actor, community_of(place).id, data)
    return Redirect(f"/compounds/{compound.id}", _("已新建小区，接下来可以新建楼栋"))


@get("/compounds/{compound_id:uuid}", needs=READ)
def show_compound(session: ScopedSession, actor: Actor, compound_id: UUID, q: str = "", after: str = "") -> View:
    compound = readable_compound(session, actor, compound_id)
    page = list_buildings(session, actor, compound_id=compound.id, search=q, after=after or None)
    context = {"compound": compound, "buildings": page.items, "next": page.next, "q": q, **place_words()}
    return View("admin/compounds/detail.html", context, fragment="admin/compounds/_buildings.html")


@get("/compounds/{compound_id:uuid}/edit", needs=MANAGE)
def edit_compound(session: ScopedSession, actor: Actor, form: Form, compound_id: UUID) -> View:
    compound = readable_compound(session, actor, compound_id)
    subject = ("compound", compound.id)
    meanwhile = changed_meanwhile(session, form, subject, compound.version, changed_titles(*_FIELDS))
    return View("admin/compounds/form.html", {"compound": compound, "meanwhile": meanwhile, **place_words()})


@post("/compounds/{compound_id:uuid}/edit", needs=MANAGE, retry=edit_compound)
def save_compound(session: ScopedSession, actor: Actor, form: Form, compound_id: UUID, data: CompoundIn) -> Redirect:
    with kept_in_form():
        update_compound(session, actor, compound_id, sent_version(form), data)
    return Redirect(f"/compounds/{compound_id}", _("已保存"))


@post("/compounds/{compound_id:uuid}/archive", needs=MANAGE)
def put_away_compound(session: ScopedSession, actor: Actor, form: Form, compound_id: UUID) -> Redirect:
    wanted = form.value("archived", "1") == "1"
    if (find(session, Compound, compound_id).archived_at is not None) != wanted:
        archive_compound(session, actor, compound_id, sent_version(form), archived=wanted)
    done = _("已归档，小区不再出现在列表中，资料都还在") if wanted else _("已恢复")
    return Redirect(f"/compounds/{compound_id}", done)


pages = [
    show_compounds,
    *table_pages(show_compounds),
    new_compound,
    add_compound,
    show_compound,
    edit_compound,
    save_compound,
    put_away_compound,
]
