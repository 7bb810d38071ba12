"""Passing a public page on: the picture of its card, and its code for the notice board in the stairwell."""

from __future__ import annotations

import base64
from typing import Annotated

from litestar import Request
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.documents.codes import code_picture
from linli.house import House
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.portals.drawing import card
from linli.tenancy.admin_portal.places import community_of
from linli.web.place import Place
from linli.web.results import Download, View
from linli.web.routing import get


@get("/share.png", public=True)
def fetch_card(session: ScopedSession, place: Place, request: Request) -> Download:
    """The picture beside a link to this portal: the community's name, and nothing about any page or person."""
    look = request.app.state.site.look_of(place, session)
    line = place.street.name if place.street else ""
    picture = card(look.theme, community_of(place).name, line)
    headers = {"cache-control": "no-cache"}
    return Download(picture, "share.png", "image/png", inline=True, headers=headers)


@get("/share", public=True)
def show_code(place: Place, house: House, page: Annotated[str, Meta(max_length=200)] = "") -> View:
    """The code and the address of a page of this portal, large, for paper.

    Raises:
        NotFound: the path leads out of this portal.
    """
    if page and (not page.startswith("/") or page.startswith("/admin") or ".." in page or not page.isprintable()):
        raise NotFound
    address = f"{house.settings.base_url}{place.home}{page}"
    context = {"address": address, "back": f"{place.home}{page}", "code": code_address(address)}
    return View("resident/share.html", context | {"title": _("扫一扫，在手机上看")})


def code_address(text: str) -> str:
    """The code of a text as the address of a picture, which the page can show without fetching anything."""
    return f"data:image/svg+xml;base64,{base64.b64encode(code_picture(text)).decode()}"


pages = [fetch_card, show_code]
