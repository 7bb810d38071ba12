"""The first page of the site, and the two choices that everybody has before signing in: language and size of type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from litestar import Request
from litestar.datastructures import Cookie
from sqlalchemy import select

from linli.access.roles import ROLES
from linli.house import House
from linli.identity.accounts import Entrance
from linli.identity.accounts import entrances as find_entrances
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import NotFound
from linli.kit.text import LOCALES
from linli.kit.text import gettext as _
from linli.tenancy.directory import Directory, StreetEntry
from linli.tenancy.models import Community, Tenant
from linli.web.place import Place
from linli.web.preferences import no_install_hint, preference_cookies
from linli.web.results import Redirect, View
from linli.web.routing import Portal, get
from linli.web.visit import Visit

#: The demo's table names at most so many streets, and communities of each.
_STREETS = 3
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Door:
    """A portal that can be opened from here."""

    title: str
    subtitle: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class DemoCommunity:
    """A community's two portals."""

    name: str
    admin: str
    home: str


@dataclass(frozen=True, slots=True)
class DemoStreet:
    """A street's console, and the portals of its communities."""

    name: str
    front: str
    console: str
    communities: list[DemoCommunity]


@get("/", public=True)
def show_home(house: House, actor: Actor, visit: Visit, request: Request, arrived: bool = False) -> View | Redirect:
    """What Linli is, and the portals that the person may open; who just signed in goes straight to the only one.

    A visitor of a street's own domain is led to that street.
    """
    site = request.app.state.site
    street = site.directory.by_host(request.headers.get("host", ""))
    if street is not None and actor.is_anonymous:
        return Redirect(Place(Portal.STREET, street).front, absolute=True)
    open_doors: list[Door] = []
    if actor.account_id is not None and visit.token is not None:
        found = find_entrances(house, visit.token, actor.account_id, today=today())
        open_doors = doors(found, site.directory, site.roles)
    if arrived and len(open_doors) == 1:
        return Redirect(open_doors[0].url, absolute=True)
    # Whoever has signed in is shown what opens for them, and nothing that does not.
    is_shown = house.settings.is_demo and actor.is_anonymous
    demo = _demo_streets(house, site.directory) if is_shown else []
    return View("home.html", {"doors": open_doors, "demo": demo})


def doors(found: Iterable[Entrance], directory: Directory, roles: Mapping[str, frozenset[str]]) -> list[Door]:
    """One door for each portal that opens, however many roles lead through it; the roles are named on it."""
    by_url: dict[str, Door] = {}
    for each in found:
        street = directory.street(each.street_slug)
        if street is None:
            continue
        door = _door(Place(Portal.CONSOLE, street), each, roles.get(each.role, frozenset()))
        known = by_url.get(door.url)
        by_url[door.url] = replace(known, subtitle=f"{known.subtitle}、{_role(each)}") if known else door
    return list(by_url.values())


def _door(street: Place, each: Entrance, permissions: frozenset[str]) -> Door:
    if not each.community_slug:
        return Door(each.street, f"{_('街道控制台')} · {_role(each)}", street.console, "street")
    if "core.compound.read" not in permissions:
        home = street.root_of(Portal.RESIDENT, community=each.community_slug)
        return Door(each.community, f"{_('居民门户')} · {_role(each)}", home, "home")
    admin = street.root_of(Portal.ADMIN, community=each.community_slug)
    # Stewards and committees have no overview of the community: their work begins with its compounds.
    first = admin if "core.community.read" in permissions else f"{admin}/compounds"
    return Door(each.community, f"{_('社区管理')} · {_role(each)}", first, "community")


def _role(each: Entrance) -> str:
    known = ROLES.get(each.role)
    return _(known.title) if known else each.role


def _demo_streets(house: House, directory: Directory) -> list[DemoStreet]:
    """Every portal of the demo's streets."""
    with house.database.open_transaction() as connection:
        query = select(Tenant.slug).where(Tenant.status == "active").order_by(Tenant.code).limit(_STREETS)
        streets = [directory.street(slug) for slug in connection.scalars(query)]
    return [_demo_street(house, street) for street in streets if street is not None]


def _demo_street(house: House, street: StreetEntry) -> DemoStreet:
    place = Place(Portal.CONSOLE, street)
    query = select(Community.slug, Community.name).where(Community.status == "active").order_by(Community.code)
    with house.database.unit_of_work(street.scope, read_only=True) as session:
        communities = [
            DemoCommunity(
                name,
                place.root_of(Portal.ADMIN, community=slug),
                place.root_of(Portal.RESIDENT, community=slug),
            )
            for slug, name in session.execute(query.limit(_SHOWN))
        ]
    return DemoStreet(street.name, place.front, place.console, communities)


@get("/language/{code:str}", public=True)
def choose_language(house: House, request: Request, code: str) -> Redirect:
    """Remember the language in this browser and return to the page.

    Raises:
        NotFound: the interface does not speak it.
    """
    if code not in LOCALES:
        raise NotFound(_("没有这种语言"))
    return _back(request, preference_cookies(house, locale=code))


@get("/large-type", public=True)
def choose_type(house: House, request: Request, on: bool = True) -> Redirect:
    """Remember in this browser whether type is large, and return to the page."""
    return _back(request, preference_cookies(house, large_type=on))


@get("/install-hint", public=True)
def close_install_hint(house: House, request: Request) -> Redirect:
    """Remember in this browser that the hint was read, and return to the page."""
    return _back(request, (no_install_hint(house),))


def _back(request: Request, cookies: tuple[Cookie, ...]) -> Redirect:
    return Redirect(local_path(request.query_params.get("next", "/")), absolute=True, cookies=cookies)


def local_path(wanted: str) -> str:
    """The path if it leads to a page of this site; otherwise the first page."""
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_local and wanted.isprintable() and len(wanted) < 2000 else "/"


public = [show_home, choose_language, choose_type, close_install_hint]
