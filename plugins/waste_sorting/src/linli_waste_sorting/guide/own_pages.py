"""The pages of what communities settle for their own places: each its own in the admin portal, all in the console."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.sdk import Actor, Place, Redirect, ScopedSession, View, community_names, get, post
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.guide import service
from linli_waste_sorting.guide.asked import category_of
from linli_waste_sorting.guide.permissions import MANAGE_GUIDE, READ_GUIDE
from linli_waste_sorting.guide.schemas import Aliases, GuideItemWrite, Hint, ItemName
from linli_waste_sorting.guide.service import OwnFilter
from linli_waste_sorting.schemas import Category, Words
from linli_waste_sorting.words import category_titles, category_tones

_LIST = "/waste_sorting/guide/own"
#: What the form begins with, where a page of the guide leads to it.
Begun = Annotated[str, Meta(max_length=200)]


class OwnForm(msgspec.Struct, kw_only=True):
    """What a community settles, as it is typed."""

    name: ItemName
    aliases: Aliases = ""
    category: Category
    hint: Hint = ""
    version: int | None = None


@get("/guide/own", needs=READ_GUIDE)
def list_own(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    q: Words = "",
    category: Chosen = "",
    after: UUID | None = None,
) -> View:
    """What the community has settled for its own place."""
    community_id = community_of(place)
    return _own(session, community_id, q, category, after, {"may_manage": actor.holds(MANAGE_GUIDE)})


@get("/guide/own", needs=READ_GUIDE)
def list_own_of_street(
    session: ScopedSession,
    q: Words = "",
    category: Chosen = "",
    community_id: UUID | None = None,
    after: UUID | None = None,
) -> View:
    """What the street's communities have settled, to look at."""
    names = {str(key): name for key, name in community_names(session).items()}
    return _own(session, community_id, q, category, after, {"communities": names, "may_manage": False})


@get("/guide/own/new", needs=MANAGE_GUIDE)
def new_own(
    session: ScopedSession, name: Begun = "", aliases: Begun = "", category: Chosen = "", hint: Begun = ""
) -> View:
    """An empty form, or one that begins with an item of the shared list."""
    start = {"name": name, "aliases": aliases, "category": category, "hint": hint}
    return View("waste_sorting/guide_form.html", {"row": None, "start": start, "categories": category_titles(session)})


@post("/guide/own/new", needs=MANAGE_GUIDE, retry=new_own)
def add_own(session: ScopedSession, actor: Actor, place: Place, data: OwnForm) -> Redirect:
    """Settle where something goes here."""
    row = service.add_own(session, actor, community_of(place), _wanted(data))
    return Redirect(_LIST, _("已添加“{name}”，居民马上就能查到").format(name=row.name))


@get("/guide/own/{guide_item_id:uuid}", needs=MANAGE_GUIDE)
def edit_own(session: ScopedSession, place: Place, guide_item_id: UUID) -> View:
    """The form of one."""
    row = service.get_own(session, community_of(place), guide_item_id)
    return View("waste_sorting/guide_form.html", {"row": row, "start": row, "categories": category_titles(session)})


@post("/guide/own/{guide_item_id:uuid}", needs=MANAGE_GUIDE, retry=edit_own)
def update_own(session: ScopedSession, actor: Actor, place: Place, guide_item_id: UUID, data: OwnForm) -> Redirect:
    """Change it."""
    service.update_own(session, actor, community_of(place), guide_item_id, _wanted(data))
    return Redirect(_LIST, _("已保存"))


@post("/guide/own/{guide_item_id:uuid}/remove", needs=MANAGE_GUIDE)
def remove_own(session: ScopedSession, actor: Actor, place: Place, guide_item_id: UUID) -> Redirect:
    """Take it away; the shared list holds again."""
    row = service.remove_own(session, actor, community_of(place), guide_item_id)
    return Redirect(_LIST, _("已移除“{name}”；要恢复，再添加一次即可").format(name=row.name))


def _own(
    session: ScopedSession,
    community_id: UUID | None,
    q: str,
    category: str,
    after: UUID | None,
    more: dict[str, Any],
) -> View:
    wanted = OwnFilter(words=q, category=category_of(category))
    rows, following = service.page_of_own(session, community_id, wanted, after=after)
    shown = {
        "rows": rows,
        "next": str(following) if following else "",
        "categories": category_titles(session),
        "tones": category_tones(session),
        "communities": {},
        "is_filtered": bool(q.strip() or category or (community_id and more.get("communities"))),
    }
    return View("waste_sorting/guide_own.html", {**shown, **more}, fragment="waste_sorting/_guide_own.html")


def _wanted(data: OwnForm) -> GuideItemWrite:
    return GuideItemWrite(**msgspec.structs.asdict(data))


OWN_HANDLERS = (list_own, new_own, add_own, edit_own, update_own, remove_own)
CONSOLE_HANDLERS = (list_own_of_street,)
