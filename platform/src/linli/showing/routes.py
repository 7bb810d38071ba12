"""The numbers of a street and of a community in the API."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from litestar import Request
from msgspec import Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.text import gettext as _
from linli.showing.metrics import Figure, board, figures_of
from linli.web.results import Page, page_of
from linli.web.routing import get
from linli.web.visit import Visit


class MetricOut(Struct, kw_only=True):
    """A number; `community_id` is `null` for one of the whole street, `value` where it could not be measured."""

    name: str
    title: str
    unit: str
    period: str
    community_id: UUID | None
    value: int | Decimal | None


@get("/metrics", needs="core.community.read", tags=["places"])
def list_street_metrics(
    session: ScopedSession, actor: Actor, request: Request, after: After = "", limit: Limit = PAGE
) -> Page[MetricOut]:
    """The numbers of the street and of each of its communities"""
    found = board(session, actor, request.app.state.site.plugins)
    items = [_out(each, None, each.value) for each in found.street]
    for line in found.lines:
        pairs = zip(found.columns, line.cells, strict=True)
        items += [_out(each, line.community_id, value) for each, value in pairs if value is not None]
    return page_of(items, after, limit, key=lambda each: f"{each.community_id or ''}:{each.name}")


@get("/metrics", needs="core.community.read", tags=["places"])
def list_metrics(
    session: ScopedSession, actor: Actor, request: Request, visit: Visit, after: After = "", limit: Limit = PAGE
) -> Page[MetricOut]:
    """The numbers of the community"""
    found = figures_of(session, actor, request.app.state.site.plugins, visit.plugins)
    here = session.scope.community_id
    return page_of([_out(each, here, each.value) for each in found], after, limit, key=lambda each: each.name)


def _out(figure: Figure, community_id: UUID | None, value: int | Decimal | None) -> MetricOut:
    return MetricOut(
        name=figure.name,
        title=_(figure.title),
        unit=_(figure.unit) if figure.unit else "",
        period=_(figure.period) if figure.period else "",
        community_id=community_id,
        value=value,
    )


street_api = [list_street_metrics]
community_api = [list_metrics]
