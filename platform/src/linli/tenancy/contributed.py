"""What this room contributes: the counts of the register, the search of places, the community's own page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.text import gettext as _
from linli.plugins.contributions import (
    Disclosure,
    Found,
    Health,
    HealthCheck,
    Metric,
    PortalName,
    SearchProvider,
)
from linli.plugins.hookspecs import hookimpl
from linli.plugins.informing import Number
from linli.tenancy.models import CommunitySummary
from linli.tenancy.overview import community_names, totals
from linli.tenancy.searching import search_buildings, search_communities, search_compounds, search_dwellings
from linli.tenancy.workdays import known_calendar_until

Find = Callable[[ScopedSession, Actor, str, int], Sequence[Found]]

#: In ``session.info``: the kept counts, read once for all the numbers of a page.
_COUNTS, _SUMS = "kept counts of communities", "sums over communities"


def _kept(column: str) -> Callable[[ScopedSession], Mapping[UUID | None, Number]]:
    def measure(session: ScopedSession) -> Mapping[UUID | None, Number]:
        rows = session.info.get(_COUNTS)
        if rows is None:
            rows = session.info[_COUNTS] = list(session.scalars(select(CommunitySummary)))
        return {row.community_id: getattr(row, column) for row in rows}

    return measure


def _street(which: str) -> Callable[[ScopedSession], Mapping[UUID | None, Number]]:
    def measure(session: ScopedSession) -> Mapping[UUID | None, Number]:
        sums = session.info.get(_SUMS)
        if sums is None:
            sums = session.info[_SUMS] = totals(session)
        return {None: getattr(sums, which)}

    return measure


#: The month in which the State Council's calendar of the next year has long been published.
_ASKED_FOR_IN = 12


def _calendar_known(session: ScopedSession) -> Health:
    day = today()
    known = known_calendar_until(session, day.year)
    if known < day.year:
        message = _("没有 {year} 年的节假日和调休，按工作日计算的期限无法计算").format(year=day.year)
        return Health("fault", message, _("请运行 linli calendar load 写入国务院公布的安排。"))
    if known == day.year and day.month >= _ASKED_FOR_IN:
        message = _("还没有 {year} 年的节假日和调休").format(year=day.year + 1)
        return Health("warning", message, _("请运行 linli calendar load 写入国务院公布的安排。"))
    return Health("ok", _("节假日和调休已知到 {year} 年").format(year=known))


@hookimpl
def register_health_checks() -> Sequence[HealthCheck]:
    return [HealthCheck(name="core.calendar", title="节假日和调休", check=_calendar_known)]


@hookimpl
def register_metrics() -> Sequence[Metric]:
    compounds, dwellings, residents = "core.compound.read", "core.dwelling.read", "core.resident.read"
    return [
        Metric(
            name="core.communities",
            title="社区",
            measure=_street("communities"),
            level="street",
            path="/communities",
            order=10,
        ),
        Metric(
            name="core.empty_communities",
            title="还没有房屋的社区",
            measure=_street("empty"),
            level="street",
            path="/communities?status=empty",
            order=20,
        ),
        Metric(
            name="core.compounds",
            title="小区",
            measure=_kept("compounds"),
            path="/compounds",
            path_needs=compounds,
            order=10,
        ),
        Metric(
            name="core.buildings",
            title="楼栋",
            measure=_kept("buildings"),
            path="/compounds",
            path_needs=compounds,
            order=20,
        ),
        Metric(
            name="core.dwellings",
            title="房屋",
            measure=_kept("dwellings"),
            path="/dwellings",
            path_needs=dwellings,
            order=30,
        ),
        Metric(name="core.households", title="家庭", measure=_kept("households"), order=40),
        Metric(
            name="core.residents",
            title="居民",
            measure=_kept("residents"),
            path="/residents",
            path_needs=residents,
            order=50,
        ),
    ]


def _communities(session: ScopedSession, _actor: Actor, words: str, limit: int) -> Sequence[Found]:
    return [Found(each.name, f"communities/{each.id}", each.code) for each in search_communities(session, words, limit)]


def _compounds_of_street(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    found = search_compounds(session, actor, words, limit)
    names = community_names(session) if found else {}
    return [
        Found(each.name, f"compounds/{each.id}", names.get(each.community_id, ""), community_id=each.community_id)
        for each in found
    ]


def _compounds(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    return [
        Found(each.name, f"compounds/{each.id}", each.address)
        for each in search_compounds(session, actor, words, limit)
    ]


def _buildings(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    return [
        Found(each.name, f"buildings/{each.id}", each.compound, community_id=each.community_id)
        for each in search_buildings(session, actor, words, limit)
    ]


def _dwellings(session: ScopedSession, actor: Actor, words: str, limit: int) -> Sequence[Found]:
    return [
        Found(each.label, f"dwellings/{each.id}", compound, community_id=each.community_id)
        for each, compound in search_dwellings(session, actor, words, limit)
    ]


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    compounds, dwellings = "core.compound.read", "core.dwelling.read"

    def one(name: str, title: str, portal: PortalName, find: Find, needs: str, order: int) -> SearchProvider:
        return SearchProvider(name=name, title=title, portal=portal, find=find, needs=needs, order=order)

    return [
        one("core.communities", "社区", "console", _communities, "core.community.read", 10),
        one("core.compounds", "小区", "console", _compounds_of_street, compounds, 20),
        one("core.dwellings", "房屋", "console", _dwellings, dwellings, 40),
        one("core.dwellings", "房屋", "admin", _dwellings, dwellings, 20),
        one("core.compounds", "小区", "admin", _compounds, compounds, 30),
        one("core.buildings", "楼栋", "admin", _buildings, compounds, 32),
        one("core.buildings", "楼栋", "console", _buildings, compounds, 42),
    ]


@hookimpl
def register_disclosures() -> Sequence[Disclosure]:
    return [
        Disclosure(
            name="core.contact",
            title="社区和联系方式",
            description="社区的名称，居委会的办公电话和办公地址。",
            path="",
            order=10,
        )
    ]
