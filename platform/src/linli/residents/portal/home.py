"""What residents see of their home. Everything that is stored about them is shown by ``linli.privacy``."""

from __future__ import annotations

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.residents.choices import people_words
from linli.residents.permissions import HOME
from linli.residents.service import my_home, shown_dwellings
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.admin_portal.wording import place_words
from linli.tenancy.models import Community
from linli.tenancy.places import find
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get


@get("/my-home", needs=HOME)
def show_my_home(session: ScopedSession, actor: Actor, place: Place) -> View:
    return View("resident/my_home.html", _context(session, actor, place))


def _context(session: ScopedSession, actor: Actor, place: Place) -> dict[str, object]:
    home = my_home(session, actor)
    return {
        "home": home,
        "dwellings": shown_dwellings(home),
        "community": find(session, Community, community_of(place).id),
        **people_words(),
        **place_words(),
    }


pages = [show_my_home]
