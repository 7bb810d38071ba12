"""The first page of the admin portal: what to do first, what is coming this week, then numbers and plugins' cards."""

from __future__ import annotations

from datetime import datetime

from litestar import Request
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import NotFound
from linli.portals.coming import core_lines, last_imports
from linli.showing.metrics import Figure, counted_figures_of
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.models import Community, CommunitySummary
from linli.tenancy.repository import list_compounds
from linli.web.cards import agenda
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get
from linli.web.visit import Visit


# Whoever holds an office in one compound or building may begin here too; the counts are for those of the community.
@get("/", needs="core.compound.read")
def show_today(session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit) -> View:
    """What there is to do today, and how the community stands."""
    row = session.execute(
        select(Community, CommunitySummary)
        .outerjoin(
            CommunitySummary,
            (CommunitySummary.tenant_id == Community.tenant_id) & (CommunitySummary.community_id == Community.id),
        )
        .where(Community.id == community_of(place).id)
    ).one_or_none()
    if row is None:
        raise NotFound
    site, day = request.app.state.site, today()
    figures: list[Figure] = []
    counted_at: datetime | None = None
    if actor.holds("core.community.read"):
        figures, counted_at = counted_figures_of(session, actor, site.plugins, visit.plugins)
    context = {
        "community": row[0],
        "counts": row[1],
        "imports": last_imports(session, actor),
        "figures": figures,
        "counted_at": counted_at,
        "today": day,
        "agenda": agenda(site, visit, session, day, core_lines(session, actor, visit, day)),
        "has_compounds": len(list_compounds(session, actor, community_id=row[0].id, limit=2).items) > 1,
    }
    return View("admin/today.html", context)


pages = [show_today]
