"""What residents may read of how their own compound does what it has to do, as far as the duty's owner discloses it."""

from __future__ import annotations

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.obligations.seeing import disclosed_obligations
from linli.obligations.standing import disclosed_of
from linli.residents.homes import homes_of
from linli.tenancy.admin_portal.places import community_of, compound_names
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get
from linli.web.visit import Visit


@get("/duties", signed_in=True)
def show_own_duties(session: ScopedSession, actor: Actor, place: Place, visit: Visit) -> View:
    """How the compounds where one is at home stand with what they have to do and disclose."""
    community_id = community_of(place).id
    homes = homes_of(session, actor, community_id=community_id)
    names = compound_names(session, [each.compound_id for each in homes])
    known = disclosed_obligations(visit.plugins)
    found = disclosed_of(session, known, community_id, names)
    return View("obligations/own.html", {"compounds": found, "has_duties": bool(known)})


pages = [show_own_duties]
