"""The street's own page: who it is, how to reach it, and the way to each of its communities."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from linli.db.session import ScopedSession
from linli.tenancy.repository import list_communities
from linli.web.results import View
from linli.web.routing import get

#: With more communities than this one looks for one's own by name.
_AT_A_GLANCE = 12


@get("/", public=True)
def show_street(
    session: ScopedSession,
    q: Annotated[str, Meta(max_length=60)] = "",
    after: Annotated[str, Meta(max_length=200)] = "",
) -> View:
    """What everybody may know of a street: its name, its contact, its communities."""
    found = list_communities(session, search=q, with_vanished=False, after=after or None)
    context = {
        "communities": [community for community, _summary in found.items],
        "next": found.next,
        "has_search": bool(q or after or found.next or len(found.items) > _AT_A_GLANCE),
    }
    return View("street/front.html", context, fragment="street/_communities.html")


street = [show_street]
