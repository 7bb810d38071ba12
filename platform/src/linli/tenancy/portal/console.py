"""The street console's pages of places: the communities, the compounds of all of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.console.figures import figure_of, read_numbers
from linli.db.session import ScopedSession, after_commit
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.plugins.repository import allowed_plugins, enablements
from linli.tenancy.admin_portal.meanwhile import changed_meanwhile, kept_in_form
from linli.tenancy.choices import COMPOUND_KINDS, MANAGEMENTS
from linli.tenancy.overview import MOST, CommunityLine, State, community_line, community_lines, community_names
from linli.tenancy.places import update_community
from linli.tenancy.repository import list_compounds as compounds_of
from linli.tenancy.schemas import CommunityUpdate, Line, Name
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Download, Redirect, View
from linli.web.routing import Portal, get, post
from linli.web.sheets import SheetFormat
from linli.web.tables import DataTable, SheetColumns, TableColumn, TableState, table_pages, table_sheet
from linli.web.visit import Visit


class CommunityForm(Struct):
    """The office of a community, as edited by the street."""

    name: Name
    version: int
    office_phone: Annotated[str, Meta(max_length=40)] = ""
    office_address: Line = ""


COMMUNITIES = DataTable(
    name="communities",
    columns=(
        TableColumn("code", "代码", is_shown=False),
        TableColumn("name", "社区", sort="code", is_fixed=True),
        TableColumn("register_name", "登记名称", is_shown=False),
        TableColumn("status", "状态", is_shown=False),
        TableColumn("office_phone", "办公电话"),
        TableColumn("office_address", "办公地址", is_shown=False),
        TableColumn("compounds", "小区", sort="compounds", falls=True, is_number=True),
        TableColumn("buildings", "楼栋", sort="buildings", falls=True, is_number=True),
        TableColumn("dwellings", "房屋", sort="dwellings", falls=True, is_number=True),
        TableColumn("households", "家庭", sort="households", falls=True, is_number=True),
        TableColumn("residents", "居民", sort="residents", falls=True, is_number=True),
    ),
    sort="code",
    filters=("q", "status"),
)


@get("/communities", needs="core.community.read", table=COMMUNITIES)
def list_communities(
    session: ScopedSession, table: TableState, q: str = "", status: State = "", after: str = ""
) -> View:
    """Every community with its counts."""
    found = community_lines(session, search=q, state=status, sort=table.sort, after=after)
    context = {"communities": found.items, "next": found.next, "states": _states()}
    return View("console/communities.html", context, fragment="console/_communities.html")


@get("/communities/export", needs="core.community.read", tags=["places"], table=COMMUNITIES)
def export_communities(
    session: ScopedSession,
    place: Place,
    table: TableState,
    q: str = "",
    status: State = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "csv",
) -> Download:
    """The communities as a file, filtered and in the order of the page."""
    lines = community_lines(session, search=q, state=status, sort=table.sort, limit=MOST).items
    street = place.street.name if place.street else ""
    rows = ({**asdict(line), "status": _status_of(line)} for line in lines)
    return table_sheet(_("{street}社区").format(street=street), table, rows, file, columns)


def _status_of(line: CommunityLine) -> str:
    return _("正常") if line.status == "active" else _("已不在名录")


def _states() -> dict[str, str]:
    return {"active": _("正常"), "empty": _("还没有房屋"), "vanished": _("已不在名录")}


@get("/communities/{community_id:uuid}", needs="core.community.read")
def show_community(
    session: ScopedSession, actor: Actor, request: Request, place: Place, visit: Visit, community_id: UUID
) -> View:
    """One community: its numbers, its office, its compounds, what is switched on there."""
    community = community_line(session, community_id)
    compounds = compounds_of(session, actor, community_id=community_id)
    context = {"community": community, "compounds": compounds.items, "has_more": compounds.next is not None}
    context |= {"kinds": _titles(COMPOUND_KINDS), "managements": _titles(MANAGEMENTS)}
    context["admin_url"] = place.root_of(Portal.ADMIN, community=community.slug)
    context["plugins"] = _plugins_on(session, request, community_id)
    plugins = request.app.state.site.plugins
    numbers = read_numbers(session, actor, plugins, visit.plugins, communities=[community_id])
    own = [(each, numbers.trends.get((community_id, each.name))) for each in numbers.of_communities]
    # Before anything was kept the page shows the counts below alone.
    is_kept = numbers.kept.day is not None
    context["figures"] = [figure_of(each, trend) for each, trend in own if trend] if is_kept else []
    return View("console/community.html", context)


def _plugins_on(session: ScopedSession, request: Request, community_id: UUID) -> list[str]:
    titles = {manifest.name: _(manifest.title) for manifest in request.app.state.site.plugins.manifests}
    on = {row.plugin for row in enablements(session, community_id=community_id)} & allowed_plugins(session)
    return [titles[name] for name in titles if name in on]


@get("/communities/{community_id:uuid}/edit", needs="core.community.manage")
def edit_community(session: ScopedSession, form: Form, community_id: UUID) -> View:
    """The form for a community's name and office; when somebody else was quicker, with what they changed."""
    community = community_line(session, community_id)
    titles = {"name": _("名称"), "office_phone": _("办公电话"), "office_address": _("办公地址")}
    overtaken = changed_meanwhile(session, form, ("community", community_id), community.version, titles)
    return View("console/community_edit.html", {"community": community, "meanwhile": overtaken})


@post("/communities/{community_id:uuid}", needs="core.community.manage", retry=edit_community)
def save_community(
    session: ScopedSession, actor: Actor, request: Request, community_id: UUID, data: CommunityForm
) -> Redirect:
    """Take over what was edited."""
    office = CommunityUpdate(name=data.name, office_phone=data.office_phone, office_address=data.office_address)
    with kept_in_form():
        update_community(session, actor, community_id, data.version, office)
    after_commit(session, request.app.state.site.directory.forget)
    return Redirect(f"/communities/{community_id}", message=_("已保存"))


COMPOUNDS = DataTable(
    name="compounds",
    columns=(
        TableColumn("name", "名称", sort="name", is_fixed=True),
        TableColumn("community", "社区"),
        TableColumn("kind", "类型"),
        TableColumn("management", "物业管理"),
        TableColumn("built_year", "建成年份", sort="built_year"),
        TableColumn("entered", "登记日期", sort="created_at", falls=True, is_shown=False),
    ),
    sort="name",
    filters=("q", "community_id", "archived"),
)


@get("/compounds", needs="core.compound.read", table=COMPOUNDS)
def list_compounds(
    session: ScopedSession,
    actor: Actor,
    table: TableState,
    q: str = "",
    community_id: UUID | None = None,
    archived: bool = False,
    after: str = "",
) -> View:
    """The compounds of all communities."""
    wanted = {"community_id": community_id, "search": q, "with_archived": archived}
    found = compounds_of(session, actor, **wanted, sort=table.sort, after=after or None)
    context = {"compounds": found.items, "next": found.next, "communities": community_names(session)}
    context |= {"kinds": _titles(COMPOUND_KINDS), "managements": _titles(MANAGEMENTS)}
    return View("console/compounds.html", context, fragment="console/_compounds.html")


def _titles(choices: dict[str, str]) -> dict[str, str]:
    return {value: _(title) for value, title in choices.items()}


console = [
    list_communities,
    *table_pages(list_communities),
    export_communities,
    show_community,
    edit_community,
    save_community,
    list_compounds,
    *table_pages(list_compounds),
]
