"""Outside apps in a community: which ones reach it, and the framed page of one whose page is shown here."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from litestar import Request
from msgspec import Struct

from linli.access.permissions import permission_titles
from linli.apps.choices import app_words
from linli.apps.permissions import READ, SHOW
from linli.apps.portal.framed import AppName, framed
from linli.apps.repository import apps_here, panel_here, panels_here
from linli.apps.service import show_panel
from linli.db.session import ScopedSession
from linli.events.wording import event_title
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.privacy.portal.paging import after_id
from linli.tenancy.admin_portal.places import community_of
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

#: Whoever is at home in the community.
LIVES_HERE = "core.home.read"


class SwitchForm(Struct, kw_only=True):
    shows_panel: Literal["on", "off"]


@get("/apps", needs=READ)
def show_apps_here(session: ScopedSession, place: Place, request: Request, after: str = "") -> View:
    """The apps that reach this community, and whether the page of each is shown."""
    found, more = apps_here(session, community_of(place).id, after=after_id(after))
    titles = permission_titles(request.app.state.site.plugins)
    context = {
        "apps": found,
        "next": str(more) if more else None,
        "titles": {name: _(title) for name, title in titles.items()},
        "event_titles": {name: event_title(name) for each in found for name in each.event_types},
        **app_words(),
    }
    return View("apps/here.html", context)


@post("/apps/{app_id:uuid}/panel", needs=SHOW)
def switch_app_panel(session: ScopedSession, actor: Actor, place: Place, app_id: UUID, data: SwitchForm) -> Redirect:
    """Show an app's page here, or no longer."""
    is_on = data.shows_panel == "on"
    show_panel(session, actor, community_of(place).id, app_id, on=is_on)
    return Redirect("/apps", _("已显示，本社区的人可以打开它") if is_on else _("已不再显示"))


@get("/apps/{app_name:str}", needs=READ)
def show_admin_panel(session: ScopedSession, actor: Actor, place: Place, visit: Visit, app_name: AppName) -> View:
    """An app's page, framed, for those who work in the community."""
    return framed(session, actor, place, visit, panel_here(session, community_of(place).id, app_name))


@get("/apps", needs=LIVES_HERE)
def show_panels(session: ScopedSession, place: Place) -> View:
    """The apps whose pages are shown in this community."""
    return View("apps/panels.html", {"apps": panels_here(session, community_of(place).id)})


@get("/apps/{app_name:str}", needs=LIVES_HERE)
def show_resident_panel(session: ScopedSession, actor: Actor, place: Place, visit: Visit, app_name: AppName) -> View:
    """An app's page, framed, for residents."""
    return framed(session, actor, place, visit, panel_here(session, community_of(place).id, app_name))


admin_pages = [show_apps_here, switch_app_panel, show_admin_panel]
resident_pages = [show_panels, show_resident_panel]
