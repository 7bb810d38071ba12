"""The page "信息公开" of a community, open to everybody."""

from __future__ import annotations

from litestar import Request

from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.text import gettext as _
from linli.showing.disclosures import disclosed
from linli.tenancy.admin_portal.places import community_of
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get
from linli.web.sharing import share_card
from linli.web.visit import Visit


@get("/disclosures", public=True)
def show_disclosures(session: ScopedSession, place: Place, house: House, request: Request, visit: Visit) -> View:
    entries = disclosed(session, request.app.state.site.plugins, visit.plugins)
    name = community_of(place).name
    about = _("{name}向居民和社会公开的内容。").format(name=name)
    share = share_card(house.settings.base_url, place, "/disclosures", _("信息公开"), about)
    return View("showing/disclosures.html", {"entries": entries, "community_name": name, "share": share})


pages = [show_disclosures]
