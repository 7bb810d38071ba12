"""The street's view of its communities: one line each, with the counts that the writers keep."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from linli.db.paging import Order, Slice, sorted_slice
from linli.db.session import ScopedSession
from linli.kit.cursor import PAGE
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tenancy.models import Community, CommunitySummary

#: ``empty`` are communities in which no dwelling is registered yet.
State = Literal["", "active", "empty", "vanished"]

#: An export names every community of a street; no street comes near this number.
MOST = 5000


@dataclass(frozen=True, slots=True)
class CommunityLine:
    """A community and what is registered there."""

    id: UUID
    code: str
    slug: str
    name: str
    register_name: str
    status: str
    office_phone: str
    office_address: str
    version: int
    compounds: int
    buildings: int
    dwellings: int
    households: int
    residents: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over the communities that exist; ``empty`` counts those without a single dwelling."""

    communities: int
    empty: int
    compounds: int
    buildings: int
    dwellings: int
    households: int
    residents: int


_COUNTS = tuple(
    func.coalesce(column, 0).label(column.key)
    for column in (
        CommunitySummary.compounds,
        CommunitySummary.buildings,
        CommunitySummary.dwellings,
        CommunitySummary.households,
        CommunitySummary.residents,
    )
)
_SUMMARY = and_(
    CommunitySummary.tenant_id == Community.tenant_id,
    CommunitySummary.community_id == Community.id,
)
_HAS_NOTHING = func.coalesce(CommunitySummary.dwellings, 0) == 0


def _lines(session: ScopedSession) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Community.id,
            Community.code,
            Community.slug,
            Community.name,
            Community.register_name,
            Community.status,
            Community.office_phone,
            Community.office_address,
            Community.version,
            *_COUNTS,
        )
        .outerjoin(CommunitySummary, _SUMMARY)
        .where(Community.tenant_id == session.scope.tenant_id, _in_reach(session))
    )


def _in_reach(session: ScopedSession) -> ColumnElement[bool]:
    """Where the scope names communities, those alone: the row of a community has no wall between communities."""
    here = session.scope.communities
    return true() if here is None else Community.id.in_(here)


#: The orders of the list; a community in which nothing was counted yet counts as having none.
LINES = {
    "code": Order(Community.code, lambda row: row.code),
    "name": Order(Community.name, lambda row: row.name),
    **{column.name: Order(column.element, attrgetter(column.name)) for column in _COUNTS},
}


def community_lines(
    session: ScopedSession,
    *,
    search: str = "",
    state: State = "",
    sort: str = "code",
    after: str = "",
    limit: int = PAGE,
) -> Slice[CommunityLine]:
    """Communities, by code where nothing else is said.

    Args:
        session: in the scope of the street.
        search: a part of the name, or the beginning of the code.
        state: only those that exist, that are empty, or that the register no longer names.
        sort: an order of ``LINES``.
        after: the cursor of the page before.
        limit: rows of a page.

    Raises:
        Invalid: the list has no such order, or ``after`` was not made here.
    """
    query = _lines(session)
    if search := search.strip()[:60]:
        found = [Community.name.icontains(search, autoescape=True), Community.code.startswith(search, autoescape=True)]
        query = query.where(or_(*found))
    if state in ("active", "vanished"):
        query = query.where(Community.status == state)
    elif state == "empty":
        query = query.where(Community.status == "active", _HAS_NOTHING)
    page = sorted_slice(session, query, Community.id, LINES, sort, id_of=attrgetter("id"), after=after, limit=limit)
    return Slice([CommunityLine(*row) for row in page.items], page.next)


def community_line(session: ScopedSession, community_id: UUID) -> CommunityLine:
    """One community.

    Raises:
        NotFound: the street has no such community.
    """
    row = session.execute(_lines(session).where(Community.id == community_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这个社区"))
    return CommunityLine(*row)


def totals(session: ScopedSession) -> Totals:
    """The street's sums, from the kept counts."""
    query = (
        select(
            func.count(Community.id),
            func.count(Community.id).filter(_HAS_NOTHING),
            *(func.coalesce(func.sum(column.element), 0) for column in _COUNTS),
        )
        .outerjoin(CommunitySummary, _SUMMARY)
        .where(Community.tenant_id == session.scope.tenant_id, Community.status == "active")
    )
    return Totals(*(int(value) for value in session.execute(query).one()))


def community_names(session: ScopedSession) -> dict[UUID, str]:
    """Id to name of every community of the street, by code: for lists and choices."""
    query = select(Community.id, Community.name).where(Community.tenant_id == session.scope.tenant_id)
    return dict(session.execute(query.order_by(Community.code).limit(MOST)).all())
