"""What the web needs beyond the house: directory of places, templates, keys of forms, how callers are known."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from anyio import CapacityLimiter, to_thread
from litestar import Request
from sqlalchemy import select

from linli.access.actors import actor_from_row
from linli.access.roles import role_permissions
from linli.db.lineages import CORE
from linli.db.read_door import ReadDoor, Who
from linli.db.session import ScopedSession
from linli.identity.sessions import is_due, touch, who_is
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.crypto import derive_key
from linli.kit.errors import NotFound
from linli.kit.text import LOCALES
from linli.kit.text import gettext as _
from linli.plugins.containment import PluginSkipped
from linli.plugins.gate import is_enabled
from linli.settings.service import all_settings
from linli.tenancy.directory import Directory
from linli.tenancy.models import Community
from linli.web.cookies import cookie_name
from linli.web.forms import Form
from linli.web.guests import Slots
from linli.web.limits import make_counter
from linli.web.navigation import navigation
from linli.web.place import Place
from linli.web.readiness import Readiness
from linli.web.results import Problem
from linli.web.routing import Handler, Portal
from linli.web.shell import page_context
from linli.web.visit import Visit, settle, stray_visit

if TYPE_CHECKING:
    from linli.house import House
    from linli.plugins.registry import Plugins
    from linli.web.templating import Templates

log = structlog.get_logger("linli.web")

#: Seconds after which a portal shows a changed title or colour in every process.
_LOOK_LIVES = 10

#: What an address that leads nowhere is handled by, so that its error page has a shell.
_NOWHERE = Handler("GET", "/", lambda: None, public=True)


@dataclass(frozen=True, slots=True)
class Look:
    """How a portal presents itself: set by the street's manifest or in its settings."""

    title: str
    theme: str
    contact: str = ""
    #: For visitors who chose none; empty leaves it to their browser.
    locale: str = ""
    #: Of the community's office; empty where the register has none.
    phone: str = ""


def _phone_of(session: ScopedSession, place: Place) -> str:
    if place.community is None:
        return ""
    return session.scalar(select(Community.office_phone).where(Community.id == place.community.id)) or ""


class Site:
    """One process's web side."""

    def __init__(self, house: House, plugins: Plugins, templates: Templates) -> None:
        self.house = house
        self.templates = templates
        self.serve(plugins)
        self.read_door = ReadDoor(house.addresses.app, house.signer, size=house.settings.pool_size)
        self.directory = Directory(house.database)
        settings = house.settings
        self.session_cookie = cookie_name("sid", https=settings.https)
        self.csrf_key = derive_key(settings.secret_key, "csrf/1")
        self.flash_key = derive_key(settings.secret_key, "flash/1")
        self.etag_key = derive_key(settings.secret_key, "etag/1")
        self.draft_key = derive_key(settings.secret_key, "form-draft/1")
        self.idempotency_key = derive_key(settings.secret_key, "idempotency/1")
        self.counter = make_counter(settings.redis_url)
        self._looks: dict[Any, tuple[float, Look]] = {}
        #: As many handlers at once as the pool can serve; further requests wait their turn instead of timing out.
        self._threads = CapacityLimiter(settings.pool_size * 2)
        self.slots = Slots(settings.pool_size * 2)
        #: Plugins that were found unfit while this process serves, and why: out of order in every street.
        self.aside: dict[str, str] = {}
        self.readiness = Readiness(self)

    def serve(self, plugins: Plugins) -> None:
        """Serve these plugins, in place of those before."""
        self.plugins = plugins
        # Handed to plugins with each actor: nobody gives himself rights in it.
        self.roles: Mapping[str, frozenset[str]] = MappingProxyType(role_permissions(plugins))
        self.lineages = [CORE, *(plugin.lineage for plugin in plugins.plugins if plugin.lineage)]
        self.navigation = navigation(plugins)

    def put_aside(self, faults: Mapping[str, str]) -> None:
        """Leave out plugins that were found unfit just now, with those that require them; the others come back."""
        found = self.plugins.with_dependents(faults)
        for name in found.keys() - self.aside.keys():
            log.error("plugin put aside", plugin=name, fault=found[name])
        self.aside = found

    def is_enabled(self, session: ScopedSession, owner: str, *, community_id: UUID | None = None) -> bool:
        """Whether an owner's background work may be done at a place now.

        Raises:
            PluginSkipped: it is put aside; its work waits for another try.
        """
        if owner in self.aside:
            raise PluginSkipped(owner)
        return is_enabled(session, owner, community_id=community_id)

    async def in_thread(self, work: Any, *args: Any) -> Any:
        """Run blocking work off the event loop, carrying the context (language, clock) along."""
        return await to_thread.run_sync(partial(work, *args), limiter=self._threads)

    def find_place(self, portal: Portal, params: Mapping[str, Any]) -> Place:
        """The place that the path names.

        Raises:
            NotFound: no such street or community, or it no longer exists.
        """
        if not portal.has_street:
            return Place(portal)
        street = self.directory.street(params["street"])
        if street is None:
            raise NotFound(_("没有找到这个街道"))
        if not portal.has_community:
            return Place(portal, street)
        community = self.directory.community(street, params["community"])
        if community is None:
            raise NotFound(_("没有找到这个社区"))
        return Place(portal, street, community)

    async def resolve(self, visit: Visit) -> None:
        """Ask the database who is calling, then decide."""
        if visit.place.scope is None:
            row: Any = await self.in_thread(self._who_without_place, visit)
        else:
            row = (await self.read_door.read(visit.scope, [], who=Who(visit.token, visit.kind, today()))).asker
        settle(visit, row, self)
        if visit.token is not None and not visit.actor.is_anonymous and is_due(row.seen_at):
            await self.in_thread(touch, self.house.database, visit.token, visit.kind)

    def _who_without_place(self, visit: Visit) -> Any:
        with self.house.database.open_transaction() as connection:
            return who_is(connection, visit.token, visit.kind)

    def make_actor(self, visit: Visit, row: Any) -> Actor:
        """The actor of a request, with the permissions of its roles."""
        return actor_from_row(
            row,
            self.roles,
            ip=visit.ip,
            user_agent=visit.user_agent,
            request_id=visit.request_id,
            demo=self.house.settings.is_demo,
        )

    def look_of(self, place: Place, session: ScopedSession | None) -> Look:
        """Title and colours of the place's portal; remembered for some seconds."""
        key = (place.street and place.street.id, place.community and place.community.id)
        known = self._looks.get(key)
        if known and known[0] > time.monotonic():
            return known[1]
        name = place.community.name if place.community else place.street.name if place.street else _("邻里")
        look = Look(name, "teal")
        if session is not None and place.street is not None:
            values = all_settings(session, "core", community_id=place.community.id if place.community else None)
            locale = values["default_locale"] if values["default_locale"] in LOCALES else ""
            look = Look(
                values["portal_title"] or name, values["theme"], values["contact"], locale, _phone_of(session, place)
            )
            self._looks[key] = (time.monotonic() + _LOOK_LIVES, look)
        return look

    def forget_looks(self) -> None:
        """Read titles and colours afresh: for whoever has just changed them."""
        self._looks.clear()

    def stray(self, request: Request) -> Visit:
        """The visit of somebody at an address that there is not."""
        return stray_visit(request, self, _NOWHERE)

    def error_page(self, visit: Visit | None, request: Request, problem: Problem) -> str:
        """A plain page that says what went wrong and where to go from there."""
        seen = visit or self.stray(request)
        context = page_context(self, seen, request, None, Form())
        return self.templates.render("error.html", context | {"problem": problem})
