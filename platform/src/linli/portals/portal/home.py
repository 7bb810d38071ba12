"""The first page of the resident portal: my home for residents, the community and its contact for visitors."""

from __future__ import annotations

from litestar import Request
from sqlalchemy import func, select

from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.privacy.inbox import OPEN
from linli.privacy.models import PrivacyRequest
from linli.residents.choices import people_words
from linli.residents.schemas import HomeOut
from linli.residents.service import members_of, my_home, shown_dwellings
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.models import Community
from linli.tenancy.places import find
from linli.web.cards import agenda
from linli.web.cookies import read_cookie
from linli.web.focusing import home_choices
from linli.web.place import Place
from linli.web.preferences import INSTALL_COOKIE
from linli.web.results import View
from linli.web.routing import get
from linli.web.sharing import share_card
from linli.web.visit import Visit


@get("/", public=True)
def show_home(session: ScopedSession, actor: Actor, place: Place, house: House, request: Request, visit: Visit) -> View:
    """Residents find their own home and what concerns them; visitors the community and how to reach it."""
    community = find(session, Community, community_of(place).id)
    if not actor.holds("core.home.read"):
        about = _("{name}的公告公示和便民服务。").format(name=community.name)
        card = share_card(house.settings.base_url, place, "", community.name, about)
        return View("resident/landing.html", {"community": community, "share": card})
    home = my_home(session, actor)
    wish = visit.wish if visit.looks_at.name else ""
    day = today()
    context = {
        "community": community,
        "dwellings": shown_dwellings(home),
        "is_registered": bool(home.dwellings),
        "choices": home_choices(session, actor, wish) if _has_choice(home, actor) else [],
        "agenda": agenda(request.app.state.site, visit, session, day),
        "today": day,
        "open_requests": _open_requests(session, actor),
        "shows_install": read_cookie(request, INSTALL_COOKIE, https=house.settings.https) is None,
        **people_words(),
    }
    return View("resident/home.html", context)


def _has_choice(home: HomeOut, actor: Actor) -> bool:
    """Whether there may be more than one thing to look at; a household of one needs no further question."""
    own = set(actor.resident_ids)
    return len(home.dwellings) > 1 or any(members_of(each) - own for each in home.dwellings)


def _open_requests(session: ScopedSession, actor: Actor) -> int:
    query = select(func.count()).where(
        PrivacyRequest.resident_id.in_(actor.resident_ids), PrivacyRequest.state.in_(OPEN)
    )
    return session.scalar(query) or 0


@get("/more", public=True)
def show_more() -> View:
    """Everything that this portal has, for those who do not find it at the foot of their telephone."""
    return View("resident/more.html")


pages = [show_home, show_more]
