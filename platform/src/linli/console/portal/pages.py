"""The overview, communities side by side, a compound and a building; what is kept of numbers can be counted anew."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request
from msgspec import Meta

from linli.console.comparing import LEAST, MOST, compare, exported
from linli.console.overview import overview
from linli.console.permissions import COUNT, READ
from linli.console.places import building_page, compound_page
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.showing.history import keep_numbers
from linli.tenancy.choices import COMPOUND_KINDS, MANAGEMENTS
from linli.tenancy.overview import CommunityLine
from linli.web.place import Place
from linli.web.results import Download, Redirect, View
from linli.web.routing import Portal, get, post
from linli.web.sheets import SheetFormat, sheet
from linli.web.tiles import Classing
from linli.web.visit import Visit

Words = Annotated[str, Meta(max_length=60)]
Name = Annotated[str, Meta(max_length=130)]


@get("/", needs=READ, reads_some=True)
def show_overview(
    session: ScopedSession,
    actor: Actor,
    request: Request,
    place: Place,
    visit: Visit,
    q: Words = "",
    metric: Name = "",
    by: Classing = "quantile",
) -> View:
    """The street at a glance, and what needs a decision today."""
    plugins = request.app.state.site.plugins
    is_whole = session.scope.communities is None

    def href(line: CommunityLine) -> str:
        # Who works for some communities alone goes on in the portals of these.
        if not is_whole:
            return place.root_of(Portal.ADMIN, community=line.slug)
        return place.url(f"/communities/{line.id}")

    found = overview(session, actor, plugins, visit.plugins, metric=metric, by=by, search=q, href=href)
    context = {"found": found, "classings": _classings(), "is_whole": is_whole}
    return View("console/overview.html", context, fragment="console/_map.html")


@post("/numbers/count", needs=COUNT)
def count_numbers(session: ScopedSession) -> Redirect:
    """Count the numbers of today now, beside the hourly turn."""
    kept = keep_numbers(session)
    return Redirect("", _("已重新统计 {n} 项数字").format(n=kept.numbers))


@get("/compare", needs=READ, reads_some=True)
def show_comparison(
    session: ScopedSession,
    actor: Actor,
    request: Request,
    visit: Visit,
    communities: list[UUID] | None = None,
) -> View:
    """Two to six communities side by side."""
    found = compare(session, actor, request.app.state.site.plugins, visit.plugins, communities or [])
    context: dict[str, Any] = {"found": found, "least": LEAST, "most": MOST, "day": today()}
    context["picked"] = [line.id for line in found.chosen]
    context["query_string"] = "&".join(f"communities={line.id}" for line in found.chosen)
    return View("console/compare.html", context)


@get("/compare/export", needs=READ, reads_some=True, tags=["places"])
def export_comparison(
    session: ScopedSession,
    actor: Actor,
    request: Request,
    place: Place,
    visit: Visit,
    communities: list[UUID] | None = None,
    file: SheetFormat = "xlsx",
) -> Download:
    """The same as a file"""
    found = compare(session, actor, request.app.state.site.plugins, visit.plugins, communities or [])
    header, rows = exported(found)
    street = place.street.name if place.street else ""
    return sheet(_("{street}社区对比-{day}").format(street=street, day=today().isoformat()), header, rows, file)


@get("/compounds/{compound_id:uuid}", needs="core.compound.read")
def show_compound_of_street(session: ScopedSession, actor: Actor, place: Place, compound_id: UUID) -> View:
    """One compound: what it is, and its buildings."""
    found = compound_page(session, actor, compound_id)
    context: dict[str, Any] = {"found": found, "kinds": _titles(COMPOUND_KINDS), "managements": _titles(MANAGEMENTS)}
    context["admin"] = place.root_of(Portal.ADMIN, community=found.community.slug)
    return View("console/compound.html", context)


@get("/buildings/{building_id:uuid}", needs="core.compound.read")
def show_building_of_street(
    session: ScopedSession, actor: Actor, place: Place, building_id: UUID, shown: Words = ""
) -> View:
    """One building from the front."""
    found = building_page(session, actor, building_id, shown)
    keys = [(5, _("已登记住户")), (1, _("没有登记住户"))] if found.shown == "registered" else []
    context: dict[str, Any] = {"found": found, "keys": keys}
    context["admin"] = place.root_of(Portal.ADMIN, community=found.community.slug)
    return View("console/building.html", context)


def _classings() -> dict[str, str]:
    return {"quantile": _("按名次五等分"), "even": _("按数值五等分")}


def _titles(choices: dict[str, str]) -> dict[str, str]:
    return {value: _(title) for value, title in choices.items()}


pages = [
    show_overview,
    count_numbers,
    show_comparison,
    export_comparison,
    show_compound_of_street,
    show_building_of_street,
]
