"""The first page of the admin portal: counts, what to do next, what plugins have to say."""

from __future__ import annotations

from litestar import Request
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.residents.models import RosterImport
from linli.showing.metrics import Figure, figures_of
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.models import Community, CommunitySummary
from linli.web.place import Place
from linli.web.results import View
from linli.web.routing import get
from linli.web.visit import Visit

_LAST_IMPORTS = 5


# Whoever holds an office in one compound or building may begin here too; the counts are for those of the community.
@get("/", needs="core.compound.read")
def show_overview(session: ScopedSession, actor: Actor, place: Place, request: Request, visit: Visit) -> View:
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
    imports: list[RosterImport] = []
    if actor.holds("core.roster.import"):
        imports = list(
            session.scalars(
                select(RosterImport)
                .where(RosterImport.community_id == community_of(place).id)
                .order_by(RosterImport.created_at.desc(), RosterImport.id.desc())
                .limit(_LAST_IMPORTS)
            )
        )
    figures: list[Figure] = []
    if actor.holds("core.community.read"):
        figures = figures_of(session, actor, request.app.state.site.plugins, visit.plugins)
    context = {"community": row[0], "counts": row[1], "imports": imports, "figures": figures}
    return View("admin/overview.html", context)


pages = [show_overview]
