"""Choosing what a portal shows: one compound of a community, one home or one child of a resident."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.repository import list_compounds
from linli.web.focusing import (
    COMPOUND_COOKIE,
    HOME_COOKIE,
    READ_COMPOUND,
    focus_cookie,
    home_choices,
    narrowed_to_compound,
    narrowed_to_home,
)
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit


class ChoiceForm(Struct, kw_only=True):
    """What to show; empty for everything."""

    show: Annotated[str, Meta(max_length=60)] = ""


@get("/narrow", needs=READ_COMPOUND)
def choose_compound(
    session: ScopedSession, actor: Actor, place: Place, visit: Visit, q: str = "", after: str = ""
) -> View:
    """The compounds that the portal can be narrowed to."""
    found = list_compounds(session, actor, community_id=community_of(place).id, search=q, after=after or None)
    chosen = visit.looks_at.focus.compound_id
    context = {"compounds": found.items, "next": found.next, "chosen": chosen}
    return View("admin/narrow.html", context, fragment="admin/_narrow.html")


@post("/narrow", needs=READ_COMPOUND, retry=choose_compound)
def narrow_portal(session: ScopedSession, actor: Actor, house: House, data: ChoiceForm) -> Redirect:
    """Remember in this browser which compound the portal shows.

    Raises:
        Invalid: it is none that this person may see here.
    """
    name = narrowed_to_compound(session, actor, data.show).name if data.show else ""
    if data.show and not name:
        raise Invalid.one("show", _("没有这个小区"), _("请从列表中选择"))
    message = _("现在只看{name}").format(name=name) if name else _("现在看全部小区")
    return Redirect("", message, cookies=(focus_cookie(house, COMPOUND_COOKIE, data.show),))


@get("/whose", needs="core.home.read")
def choose_home(session: ScopedSession, actor: Actor, visit: Visit) -> View:
    """The homes and the children that the portal can be narrowed to."""
    wish = visit.wish if visit.looks_at.name else ""
    return View("resident/whose.html", {"choices": home_choices(session, actor, wish)})


@post("/whose", needs="core.home.read", retry=choose_home)
def narrow_home(session: ScopedSession, actor: Actor, house: House, data: ChoiceForm) -> Redirect:
    """Remember in this browser whose home the portal shows.

    Raises:
        Invalid: it is neither the person's own home nor a child of their household.
    """
    name = narrowed_to_home(session, actor, data.show).name if data.show else ""
    if data.show and not name:
        raise Invalid.one("show", _("不是您的家，也不是您家里的孩子"), _("请从列表中选择"))
    message = _("现在看的是{name}").format(name=name) if name else _("现在看全部")
    return Redirect("", message, cookies=(focus_cookie(house, HOME_COOKIE, data.show),))


admin_pages = [choose_compound, narrow_portal]
resident_pages = [choose_home, narrow_home]
