"""My API tokens: made for one street, shown once, revoked here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.access.permissions import permission_titles
from linli.house import House
from linli.identity.accounts import entrances
from linli.identity.portal.factor_pages import own_token
from linli.identity.tokens import actor_in_street, create_token, held_permissions, list_tokens, revoke_token
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.web.forms import Form
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit


class TokenForm(Struct):
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    password: Annotated[str, Meta(min_length=1, max_length=1000)]
    street: Annotated[str, Meta(min_length=1, max_length=60)]
    scopes: list[str] = []
    days: int = 90


@get("/tokens", signed_in=True)
def show_tokens(house: House, visit: Visit, actor: Actor, request: Request, form: Form, street: str = "") -> View:
    digest, site = own_token(visit), request.app.state.site
    with house.database.open_transaction() as connection:
        tokens = list_tokens(connection, digest)
    found = entrances(house, digest, actor.account_id, today=today()) if actor.account_id else []
    streets = {each.street_slug: each.street for each in found}
    chosen = form.value("street", street)
    if chosen not in streets:
        chosen = next(iter(streets)) if len(streets) == 1 else ""
    scopes: list[tuple[str, str]] = []
    if chosen and (entry := site.directory.street(chosen)) is not None:
        held = held_permissions(actor_in_street(house, digest, entry.id, site.roles))
        scopes = [(name, _(title)) for name, title in permission_titles(site.plugins).items() if name in held]
    context = {
        "tokens": tokens,
        "streets": streets,
        "chosen": chosen,
        "scopes": scopes,
        "now": now(),
    }
    return View("identity/tokens.html", context)


@post("/tokens", signed_in=True, retry=show_tokens)
def make_token(house: House, visit: Visit, request: Request, data: TokenForm) -> View:
    site = request.app.state.site
    entry = site.directory.street(data.street)
    if entry is None:
        raise Invalid.one("street", _("没有找到这个街道"))
    _id, token = create_token(
        house,
        own_token(visit),
        entry.id,
        site.roles,
        name=data.name,
        scopes=data.scopes,
        days=data.days,
        password=data.password,
    )
    return View("identity/token_made.html", {"token": token, "name": data.name})


@post("/tokens/{token_id:uuid}/revoke", signed_in=True)
def end_token(house: House, visit: Visit, token_id: UUID) -> Redirect:
    with house.database.open_transaction() as connection:
        revoke_token(connection, own_token(visit), token_id)
    return Redirect("/tokens", _("令牌已撤销，立即失效"))


PAGES = [show_tokens, make_token, end_token]
