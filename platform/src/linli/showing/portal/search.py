"""The search of each portal and the command palette; the box stands in the head of every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.showing.commands import acts, communities, pages
from linli.showing.search import AT_A_GLANCE, AT_ONCE, roots_of, search, tidy
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get
from linli.web.searching import providers
from linli.web.visit import Visit

Words = Annotated[str, Meta(max_length=200)]


def _found(
    session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: str, at_once: int
) -> Mapping[str, Any]:
    site = request.app.state.site
    asked = providers(site.plugins, actor, place.portal, visit.plugins)
    words = tidy(q)
    return {
        "groups": search(session, actor, asked, words, root_of=roots_of(site, place), at_once=at_once),
        "go": pages(site, visit, words),
        "do": acts(site, visit, words),
        "jump": communities(site, visit, words),
        "words": words,
        "kinds": listed(dict.fromkeys(_(each.item.title) for each in asked)),
        "at_once": at_once,
    }


def _searched(session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: str) -> View:
    context = _found(session, actor, place, request, visit, q, AT_ONCE)
    return View("showing/search.html", context, fragment="showing/_results.html")


def _hinted(session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: str) -> View:
    """What stands below the box and in the palette while one types; opened by itself it is the page of the search."""
    context = _found(session, actor, place, request, visit, q, AT_A_GLANCE)
    return View("showing/search.html", context, fragment="showing/_hits.html")


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


@get("/search/hits", needs="core.community.read")
def hint_street(
    session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: Words = ""
) -> View:
    return _hinted(session, actor, place, request, visit, q)


@get("/search/hits", needs="core.compound.read")
def hint_community(
    session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: Words = ""
) -> View:
    return _hinted(session, actor, place, request, visit, q)


@get("/search/hits", public=True)
def hint_home(
    session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit, q: Words = ""
) -> View:
    return _hinted(session, actor, place, request, visit, q)


console = [search_street, hint_street]
admin = [search_community, hint_community]
resident = [search_home, hint_home]
