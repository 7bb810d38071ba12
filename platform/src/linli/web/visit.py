"""Who is calling, from where, and whether they may: settled once per request, before any handler runs."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers.base import BaseRouteHandler

from linli.kit.actor import PUBLIC, Actor
from linli.kit.crypto import token_digest
from linli.kit.errors import Forbidden, NotFound, OutOfOrder, TooMany, Unauthenticated
from linli.kit.scope import Scope
from linli.kit.text import LOCALES, SOURCE_LOCALE, best_locale
from linli.kit.text import gettext as _
from linli.plugins.containment import NO_CIRCUITS, Circuits
from linli.web.cookies import read_cookie
from linli.web.csrf import FIELD, HEADER, csrf_token, require_same_origin, require_token
from linli.web.focusing import COMPOUND_COOKIE, EVERYTHING, HOME_COOKIE, Narrowed
from linli.web.place import Place
from linli.web.routing import Handler, Portal

if TYPE_CHECKING:
    from linli.web.site import Site

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGE_COOKIE = "lang"
TYPE_COOKIE = "type"
#: The same, of a request of ours that carries no cookies: the worker's, for pages that are kept.
LANGUAGE_HEADER = "x-linli-language"
#: The cookie of what a portal is narrowed to.
WISHES = {Portal.ADMIN: COMPOUND_COOKIE, Portal.RESIDENT: HOME_COOKIE}
#: In a request's state: its body is above the handler's limit and was not read.
TOO_LARGE = "body_too_large"


@dataclass(slots=True)
class Visit:
    """One request's answers to where, who and what is switched on."""

    place: Place
    locale: str = SOURCE_LOCALE
    actor: Actor = PUBLIC
    plugins: frozenset[str] = frozenset()
    circuits: Circuits = NO_CIRCUITS
    large_type: bool = False
    #: What this browser chose wins over what the account prefers: the choice in the foot of each page works at once.
    chosen_locale: bool = False
    chosen_type: bool = False
    #: What this browser wishes to see alone, as its cookie says, and what of that this person may see.
    wish: str = ""
    looks_at: Narrowed = EVERYTHING
    is_platform_operator: bool = False
    must_change_password: bool = False
    token: bytes | None = field(default=None, repr=False)
    kind: str = ""
    csrf: str = field(default="", repr=False)
    request_id: str = ""
    ip: str = ""
    user_agent: str = ""
    owner: str = "core"
    path: str = ""
    #: Requests of the API in a minute, where an app calls.
    app_rate: int | None = None
    #: In the console, the communities alone that this person may see here; ``None``: the whole street.
    narrowed: frozenset[UUID] | None = None
    #: What is given back when the request is over, however it ends.
    leftovers: ExitStack = field(default_factory=ExitStack, repr=False)
    #: How this request was decided, for the log: the handler's name and the permission it needed.
    handler: Handler = field(kw_only=True)

    @property
    def has_no_language(self) -> bool:
        """Whether neither the person's account nor their browser's cookie says which language they chose."""
        return not self.chosen_locale and self.actor.is_anonymous

    @property
    def scope(self) -> Scope:
        scope = self.place.scope
        if scope is None:
            raise RuntimeError("this page has no street")
        return scope if self.narrowed is None else Scope.of_communities(scope.tenant_id, *self.narrowed)


def client_address(request: ASGIConnection, proxies: int) -> str:
    """The caller's address: the one that the last trusted proxy saw, never what the caller claims."""
    if proxies:
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        if len(hops) >= proxies:
            return hops[-proxies][:45]
    return request.client.host if request.client else ""


def _liked(request: ASGIConnection, *, https: bool) -> dict[str, Any]:
    """The language and the size of type that a browser asks for."""
    wished = read_cookie(request, LANGUAGE_COOKIE, https=https) or request.headers.get(LANGUAGE_HEADER)
    type_size = read_cookie(request, TYPE_COOKIE, https=https)
    return {
        "locale": wished if wished in LOCALES else best_locale(request.headers.get("accept-language")),
        "large_type": type_size == "large",
        "chosen_locale": wished in LOCALES,
        "chosen_type": type_size is not None,
    }


def stray_visit(request: ASGIConnection, site: Site, handler: Handler) -> Visit:
    """Of somebody at an address that there is not: nobody knows who it is, but their browser says how they read."""
    liked = _liked(request, https=site.house.settings.https)
    return Visit(place=Place(Portal.ACCOUNT), path=request.scope["path"], handler=handler, **liked)


def begin_visit(request: ASGIConnection, site: Site, portal: Portal, owner: str, handler: Handler) -> Visit:
    """Find the place and read the credentials; nothing is asked of the database.

    Raises:
        NotFound: no such address, street or community.
    """
    if "\0" in request.scope["path"]:
        # No name of anything holds it, for the database cannot keep it.
        raise NotFound
    place = site.find_place(portal, request.path_params)
    https = site.house.settings.https
    visit = Visit(
        place=place,
        **_liked(request, https=https),
        wish=(read_cookie(request, WISHES[portal], https=https) or "")[:60] if portal in WISHES else "",
        request_id=request.scope.get("linli_request_id", ""),
        ip=client_address(request, site.house.settings.trusted_proxies),
        user_agent=request.headers.get("user-agent", "")[:200],
        owner=owner,
        handler=handler,
        path=request.scope["path"],
    )
    if portal.is_api:
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            visit.token, visit.kind = token_digest(token.strip()), "token"
    elif cookie := request.cookies.get(site.session_cookie):
        visit.token, visit.kind = token_digest(cookie), "session"
        visit.csrf = csrf_token(site.csrf_key, visit.token)
    return visit


def settle(visit: Visit, row: Any, site: Site) -> None:
    """Take over what ``core.resolve_request`` answered, then decide.

    Raises:
        NotFound: the plugin is not switched on here.
        Unauthenticated: nobody is signed in, and somebody must be.
        Forbidden: the permission is not held here.
        OutOfOrder: the plugin has failed too often in this street, or was put aside.
    """
    visit.actor = site.make_actor(visit, row)
    visit.plugins = frozenset(row.plugins or ())
    visit.app_rate = row.app_rate
    visit.circuits = Circuits.read(row.broken, site.aside)
    if row.account_id is not None:
        if not visit.chosen_type:
            visit.large_type = bool(row.large_type)
        visit.is_platform_operator = bool(row.is_platform_operator)
        visit.must_change_password = bool(row.must_change_password)
        if visit.kind == "session" and not visit.chosen_locale:
            visit.locale = row.locale if row.locale in LOCALES else visit.locale
    elif visit.kind == "session":
        # The cookie names no living session: it is forgotten with the answer.
        visit.csrf = ""
    decide(visit)
    if visit.owner != "core" and visit.circuits.is_open(visit.owner, "pages"):
        raise OutOfOrder


def decide(visit: Visit) -> None:
    """Whether this caller may use this handler here. Every request passes, core and plugins alike."""
    handler = visit.handler
    if visit.owner != "core" and visit.owner not in visit.plugins:
        raise NotFound
    if visit.kind == "token" and visit.actor.is_anonymous:
        raise Unauthenticated(_("令牌无效、已过期或已撤销"))
    if handler.public:
        return
    if visit.actor.is_anonymous:
        raise Unauthenticated
    # Before the permission: who must enrol a second factor holds none of the roles that ask for one.
    _require_ready(visit)
    if handler.needs is None:
        if visit.actor.app_id is not None:
            # What is open to whoever is signed in is about the person's own account; an app is none.
            raise Forbidden
        return
    portal = visit.place.portal
    if portal in (Portal.CONSOLE, Portal.STREET_API):
        allowed = visit.actor.can(handler.needs) or _may_read_some(visit, handler.needs)
    elif portal is Portal.PLATFORM:
        allowed = visit.is_platform_operator
    else:
        # In a community's scope only grants of the street and of this community are visible at all.
        allowed = visit.actor.holds(handler.needs)
    if not allowed:
        raise Forbidden


def _may_read_some(visit: Visit, permission: str) -> bool:
    """Whether a page of the console opens for a part of the street; the walls of the database then hold that part."""
    if not visit.handler.reads_some:
        return False
    own = seen_communities(visit.actor, permission)
    # Of one community people have its own portal: there is nothing to look over.
    visit.narrowed = own if len(own) > 1 else None
    return visit.narrowed is not None


def seen_communities(actor: Actor, permission: str) -> frozenset[UUID]:
    """The communities in the whole of which somebody holds a permission by a grant of its own."""
    grants = actor.grants_for(permission)
    return frozenset(each.community_id for each in grants if each.community_id is not None and each.compound_id is None)


def _require_ready(visit: Visit) -> None:
    if visit.kind != "session" or visit.place.portal is Portal.ACCOUNT:
        return
    if visit.must_change_password:
        raise StaffMustAct("/account/password")
    if visit.actor.must_enrol_totp:
        raise StaffMustAct("/account/totp")


class StaffMustAct(Exception):
    """Before anything else the person has to set a second factor or a new password; ``to`` is the page for it."""

    def __init__(self, to: str) -> None:
        self.to = to
        super().__init__(to)


def admit(site: Site, portal: Portal, owner: str, handler: Handler) -> Any:
    """The guard of one route. A deferred handler is settled by its own first read, in the same round trip."""

    async def guard(connection: ASGIConnection, _route: BaseRouteHandler) -> None:
        visit = begin_visit(connection, site, portal, owner, handler)
        connection.state["visit"] = visit
        unsafe = connection.scope.get("method") not in SAFE_METHODS
        if unsafe and not portal.is_api:
            require_same_origin(connection)  # type: ignore[arg-type]
        if handler.is_deferred:
            return
        await site.resolve(visit)
        await count_app(connection, site, visit)
        if visit.kind == "session" and not visit.actor.is_anonymous and unsafe:
            await _check_token(connection, visit)

    return guard


async def count_app(connection: ASGIConnection, site: Site, visit: Visit) -> None:
    """Count a request of an app by the app, whichever of its tokens it shows.

    Raises:
        TooMany: it has had as many as it is granted.
    """
    if visit.app_rate is None:
        return
    key = f"linli:api:{visit.scope.tenant_id}:app:{visit.actor.app_id}"
    taken = await site.counter.take(key)
    connection.scope["linli_app_taken"] = visit.app_rate, taken  # type: ignore[typeddict-unknown-key]
    if taken.used > visit.app_rate:
        raise TooMany(retry_after=taken.reset)


async def _check_token(connection: ASGIConnection, visit: Visit) -> None:
    sent = connection.headers.get(HEADER)
    if sent is None and isinstance(connection, Request):
        try:
            form = await connection.form()
        except RequestEntityTooLarge:
            # No token can be read; the endpoint sees the mark and shows the form again without running the handler.
            connection.state[TOO_LARGE] = True
            return
        sent = form.get(FIELD) if isinstance(form.get(FIELD), str) else None
        try:
            require_token(sent or "", visit.csrf)
        except Forbidden:
            # No handler will read the files that came with it.
            await form.close()
            raise
        return
    require_token(sent or "", visit.csrf)
