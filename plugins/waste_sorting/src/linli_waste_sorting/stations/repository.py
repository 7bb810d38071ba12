"""Queries; rules lie in ``service``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from linli.sdk import PAGE, Order, ScopedSession, sorted_rows
from linli_waste_sorting.stations.models import Container, Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which stations are asked for.

    Attributes:
        words: found in name, place or note.
        kind: empty for all.
        compound_id: ``None`` for all.
        state: ``used``, ``closed``, or empty for both.
    """

    words: str = ""
    kind: str = ""
    compound_id: UUID | None = None
    state: str = "used"


#: The orders of the list; ids grow as stations are set up.
ORDERS = {"created_at": Order(), "name": Order(Station.name, lambda row: row[0].name)}
_SEARCHED = (Station.name, Station.place, Station.note)


def page_of_stations(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: Filter,
    *,
    sort: str = "created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Station], str | None]:
    """A page, in an order of ``ORDERS``, and the ``after`` of the next one; ``None`` on the last.

    Three queries: the stations, their hours, their containers.

    Args:
        session: of the street or the community.
        community_id: ``None`` for all communities of the street.
        wanted: which of them.
        sort: a name of ``ORDERS``, falling with ``-`` before it.
        after: the mark of the page before.
        limit: rows of a page.
    """
    return sorted_rows(session, _wanted(community_id, wanted), Station.id, ORDERS, sort, after=after, limit=limit)


def _wanted(community_id: UUID | None, wanted: Filter) -> Select[Station]:
    statement = select(Station)
    if community_id is not None:
        statement = statement.where(Station.community_id == community_id)
    if wanted.compound_id is not None:
        statement = statement.where(Station.compound_id == wanted.compound_id)
    if wanted.kind:
        statement = statement.where(Station.kind == wanted.kind)
    if wanted.state:
        is_used = wanted.state == "used"
        statement = statement.where(Station.closed_at.is_(None) if is_used else Station.closed_at.is_not(None))
    if wanted.words.strip():
        statement = statement.where(or_(*(each.icontains(wanted.words.strip(), autoescape=True) for each in _SEARCHED)))
    return statement


def find_station(session: ScopedSession, community_id: UUID | None, station_id: UUID) -> Station | None:
    """One station of the community, or of any of the street's for ``None``; ``None`` when there is no such one."""
    statement = select(Station).where(Station.id == station_id)
    if community_id is not None:
        statement = statement.where(Station.community_id == community_id)
    return session.scalar(statement)


@dataclass(frozen=True, slots=True)
class StationName:
    """What a search looks at and shows of a station."""

    id: UUID
    community_id: UUID
    name: str
    place: str


def station_names(
    session: ScopedSession, community_id: UUID | None, compounds: Collection[UUID] | None, *, most: int
) -> list[StationName]:
    """At most so many of the stations in use.

    Args:
        session: of the street or the community.
        community_id: ``None`` for all communities of the street.
        compounds: only of these; ``None`` for all.
        most: how many.
    """
    statement = _wanted(community_id, Filter()).order_by(Station.id).limit(most)
    if compounds is not None:
        statement = statement.where(Station.compound_id.in_(compounds))
    columns = (Station.id, Station.community_id, Station.name, Station.place)
    return [StationName(*row) for row in session.execute(statement.with_only_columns(*columns))]


def compounds_with_stations(
    session: ScopedSession, compounds: Collection[UUID], categories: Collection[str] | None = None
) -> dict[UUID, set[str]]:
    """Of some compounds those that have a station in use, to the kinds of waste that they have containers for.

    Args:
        session: of the street or the community.
        compounds: among which.
        categories: only those that have containers for one of these kinds; ``None`` for all, containers or not.
    """
    joined = (Container.tenant_id == Station.tenant_id) & (Container.station_id == Station.id)
    used = (
        select(Station.compound_id, Container.category)
        .outerjoin(Container, joined)
        .where(Station.compound_id.in_(compounds), Station.closed_at.is_(None))
        .distinct()
    )
    if categories is not None:
        used = used.where(Container.category.in_(categories))
    found: dict[UUID, set[str]] = {}
    for compound_id, category in session.execute(used):
        found.setdefault(compound_id, set()).update({category} - {None})
    return found


def stations_of(session: ScopedSession, community_id: UUID, ids: Collection[UUID]) -> Sequence[Station]:
    """Those of these stations that are the community's."""
    return session.scalars(select(Station).where(Station.community_id == community_id, Station.id.in_(ids))).all()


def names_of(session: ScopedSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """Station to its name, those out of use among them; one query, none for none."""
    if not ids:
        return {}
    return {row[0]: row[1] for row in session.execute(select(Station.id, Station.name).where(Station.id.in_(ids)))}


def stations_in(session: ScopedSession, compounds: Collection[UUID], *, most: int) -> Sequence[Station]:
    """The stations in use in some compounds, in the order in which they were set up."""
    used = select(Station).where(Station.compound_id.in_(compounds), Station.closed_at.is_(None))
    return session.scalars(used.order_by(Station.id).limit(most)).all()


def is_name_taken(session: ScopedSession, compound_id: UUID, name: str, but: UUID | None) -> bool:
    """Whether another station in use in the compound is called so."""
    same = select(Station.id).where(
        Station.compound_id == compound_id, Station.name == name, Station.closed_at.is_(None)
    )
    return session.scalar(same.where(Station.id != but) if but else same) is not None


def count_by_community(session: ScopedSession) -> dict[UUID | None, int]:
    """How many stations are in use in each community that has some; one query."""
    used = select(Station.community_id, func.count()).where(Station.closed_at.is_(None)).group_by(Station.community_id)
    return {row[0]: row[1] for row in session.execute(used)}
