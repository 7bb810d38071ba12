"""The page "信息公开" of a community, open to everybody."""

from __future__ import annotations

from litestar import Request

from linli.db.session import ScopedSession
from linli.showing.disclosures import disclosed
from linli.tenancy.admin_portal.places import community_of
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get
from linli.web.visit import Visit


@get("/disclosures", public=True)
def show_disclosures(session: ScopedSession, place: Place, request: Request, visit: Visit) -> View:
    entries = disclosed(session, request.app.state.site.plugins, visit.plugins)
    return View("showing/disclosures.html", {"entries": entries, "community_name": community_of(place).name})


pages = [show_disclosures]
