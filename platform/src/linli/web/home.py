"""The first page of the site, and the two choices that everybody has before signing in: language and size of type."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Request
from litestar.datastructures import Cookie
from sqlalchemy import select

from linli.house import House
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.kit.text import LOCALES
from linli.kit.text import gettext as _
from linli.tenancy.models import Community, Tenant
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import Portal, get
from linli.web.visit import LANGUAGE_COOKIE, TYPE_COOKIE

_A_YEAR = 365 * 24 * 3600
#: The demo's table names at most so many communities of a street.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Entrance:
    """A portal that can be opened from here."""

    title: str
    subtitle: str
    url: str
    icon: str


@get("/", public=True)
def show_home(house: House, actor: Actor) -> View:
    """What Linli is, and the portals that the person may open."""
    entrances = entrances_of(house, actor)
    demo = _demo_entrances(house) if house.settings.is_demo else []
    return View("home.html", {"entrances": entrances, "demo": demo})


def entrances_of(house: House, actor: Actor) -> list[Entrance]:
    """The portals that the account may open; none for somebody who is not signed in."""
    return []


def _demo_entrances(house: House) -> list[tuple[str, list[Entrance]]]:
    """Every portal of the demo's streets, by street."""
    with house.database.open_transaction() as connection:
        query = select(Tenant.id, Tenant.slug, Tenant.name).where(Tenant.status == "active")
        streets = connection.execute(query.order_by(Tenant.code).limit(3)).all()
    return [(street.name, _portals_of_street(house, street)) for street in streets]


def _portals_of_street(house: House, street: object) -> list[Entrance]:
    scope = Scope.of_street(street.id)  # type: ignore[attr-defined]
    place = Place(Portal.CONSOLE, street)  # type: ignore[arg-type]
    found = [Entrance(_("街道控制台"), place.street.name, place.console, "street")]  # type: ignore[union-attr]
    query = select(Community.slug, Community.name).where(Community.status == "active").order_by(Community.code)
    with house.database.unit_of_work(scope, read_only=True) as session:
        for slug, name in session.execute(query.limit(_SHOWN)):
            admin = place.root_of(Portal.ADMIN, community=slug)
            home = place.root_of(Portal.RESIDENT, community=slug)
            found.append(Entrance(_("社区管理"), name, admin, "community"))
            found.append(Entrance(_("居民门户"), name, home, "home"))
    return found


@get("/language/{code:str}", public=True)
def choose_language(house: House, request: Request, code: str) -> Redirect:
    """Remember the language in this browser and return to the page.

    Raises:
        NotFound: the interface does not speak it.
    """
    if code not in LOCALES:
        raise NotFound(_("没有这种语言"))
    return _back(request, _cookie(house, LANGUAGE_COOKIE, code))


@get("/large-type", public=True)
def choose_type(house: House, request: Request, on: bool = True) -> Redirect:
    """Remember in this browser whether type is large, and return to the page."""
    size = "large" if on else "normal"
    return _back(request, _cookie(house, TYPE_COOKIE, size))


def _back(request: Request, cookie: Cookie) -> Redirect:
    return Redirect(local_path(request.query_params.get("next", "/")), absolute=True, cookies=(cookie,))


def local_path(wanted: str) -> str:
    """The path if it leads to a page of this site; otherwise the first page."""
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_local and wanted.isprintable() and len(wanted) < 2000 else "/"


def _cookie(house: House, key: str, value: str) -> Cookie:
    https = house.settings.https
    return Cookie(key, value=value, path="/", max_age=_A_YEAR, samesite="lax", httponly=True, secure=https)


public = [show_home, choose_language, choose_type]
