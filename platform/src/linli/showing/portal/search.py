"""The search of each portal; its box stands in the head of every page."""

from __future__ import annotations

from typing import Annotated

from litestar import Request
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.showing.search import AT_ONCE, LONGEST, search
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get
from linli.web.searching import providers
from linli.web.visit import Visit

Words = Annotated[str, Meta(max_length=200)]


def _searched(session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: str) -> View:
    asked = providers(request.app.state.site.plugins, actor, place.portal, visit.plugins)
    context = {
        "groups": search(session, actor, place, asked, q),
        "words": " ".join(q.split())[:LONGEST],
        "kinds": listed(dict.fromkeys(_(each.item.title) for each in asked)),
        "at_once": AT_ONCE,
    }
    return View("showing/search.html", context, fragment="showing/_results.html")


@get("/search", needs="core.community.read")
def search_street(
    session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: Words = ""
) -> View:
    return _searched(session, actor, place, request, visit, q)


@get("/search", needs="core.compound.read")
def search_community(
    session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: Words = ""
) -> View:
    return _searched(session, actor, place, request, visit, q)


@get("/search", public=True)
def search_home(
    session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: Words = ""
) -> View:
    return _searched(session, actor, place, request, visit, q)


console = [search_street]
admin = [search_community]
resident = [search_home]
