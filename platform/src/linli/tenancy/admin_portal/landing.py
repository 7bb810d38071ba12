"""The first page of the resident portal: residents find their own home, visitors the community and its contact."""

from __future__ import annotations

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.residents.service import my_home
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.models import Community
from linli.tenancy.places import find
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get


@get("/", public=True)
def show_home(session: ScopedSession, actor: Actor, place: Place) -> View:
    context = {"community": find(session, Community, community_of(place).id)}
    if actor.holds("core.home.read"):
        return View("resident/home.html", context | {"home": my_home(session, actor)})
    return View("resident/landing.html", context)


pages = [show_home]
