"""The numbers of a street and of a community in the API, and the search."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.plugins.contributions import SearchProvider
from linli.plugins.registry import Owned
from linli.showing.metrics import Figure, board, figures_of
from linli.showing.search import RootOf, roots_of, search
from linli.web.place import Place
from linli.web.results import Page, page_of
from linli.web.routing import Portal, get
from linli.web.searching import providers
from linli.web.visit import Visit

#: Hits of one kind in one answer; whoever needs more says more, or reads the list of that kind.
_OF_ONE_KIND = 20
Words = Annotated[
    str,
    Meta(
        max_length=60,
        description="Characters, pinyin, initials (`ljl`), a door (`3-2-501`), the last four digits of a phone.",
        examples=["ljl"],
    ),
]
Kind = Annotated[
    str,
    Meta(max_length=100, description="Only of this kind, as the answers name it.", examples=["core.residents"]),
]


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


class HitOut(Struct, kw_only=True):
    """Something that was found.

    `kind` is the name of what was searched, `kind_title` what people call it; `url` is the page that shows it.
    `community_id` names the community where the street found it, and is `null` for what is the street's own.
    """

    kind: str
    kind_title: str
    title: str
    summary: str
    url: str
    community_id: UUID | None


@get("/search", needs="core.community.read", tags=["search"])
def search_in_street(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    request: Request,
    visit: Visit,
    q: Words = "",
    kind: Kind = "",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[HitOut]:
    """Search the street: communities, compounds, people, staff, notices and what plugins add"""
    site = request.app.state.site
    asked = providers(site.plugins, actor, Portal.CONSOLE, visit.plugins)
    return _hits(session, actor, asked, q, kind, roots_of(site, place), after, limit)


@get("/search", public=True, tags=["search"])
def search_in_community(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    request: Request,
    visit: Visit,
    q: Words = "",
    kind: Kind = "",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[HitOut]:
    """Search the community: what anybody may read, and for its staff people, homes and what plugins add"""
    site = request.app.state.site
    # As in the portals: who may not open the admin portal is not asked by what it searches.
    is_staff = actor.holds("core.compound.read")
    asked = providers(site.plugins, actor, Portal.ADMIN, visit.plugins) if is_staff else []
    known = {each.item.name for each in asked}
    open_to_all = providers(site.plugins, actor, Portal.RESIDENT, visit.plugins)
    asked += [each for each in open_to_all if each.item.name not in known]
    return _hits(session, actor, asked, q, kind, roots_of(site, place), after, limit)


def _hits(
    session: ScopedSession,
    actor: Actor,
    asked: Sequence[Owned[SearchProvider]],
    words: str,
    kind: str,
    root_of: RootOf,
    after: str,
    limit: int,
) -> Page[HitOut]:
    kinds = {each.item.name for each in asked}
    if kind and kind not in kinds:
        raise Invalid.one("kind", _("这里不能查找这一类"), "、".join(sorted(kinds)))
    wanted = [each for each in asked if not kind or each.item.name == kind]
    groups = search(session, actor, wanted, words, root_of=root_of, at_once=_OF_ONE_KIND)
    found = [
        HitOut(
            kind=group.name,
            kind_title=_(group.title),
            title=each.title,
            summary=each.summary,
            url=each.url,
            community_id=each.community_id or session.scope.community_id,
        )
        for group in groups
        for each in group.results or ()
    ]
    return page_of(found, after, limit, key=lambda each: f"{each.kind}:{each.url}")


street_api = [list_street_metrics, search_in_street]
community_api = [list_metrics, search_in_community]
