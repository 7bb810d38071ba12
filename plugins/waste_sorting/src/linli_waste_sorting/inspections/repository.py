"""Queries about inspections, and the figures that others build on; rules lie in the services."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, true

from linli.sdk import PAGE, Order, ScopedSession, sorted_rows
from linli_waste_sorting.inspections.models import Appeal, Finding, Noted, Point, Round, Step
from linli_waste_sorting.stations.models import Station

N = TypeVar("N", Point, Finding)
R = TypeVar("R", Round, Point, Finding, Step, Appeal)
#: The orders of the lists; ids grow as things are written down.
ROUND_ORDERS = {
    "created_at": Order(),
    "day": Order(Round.day, lambda row: row[0].day),
    "finished_at": Order(Round.finished_at, lambda row: row[0].finished_at, is_nullable=True),
}
FINDING_ORDERS = {
    "created_at": Order(),
    "day": Order(Finding.day, lambda row: row[0].day),
    "result": Order(Finding.result, lambda row: row[0].result),
}
POINT_ORDERS = {"created_at": Order(), "day": Order(Point.day, lambda row: row[0].day)}
#: What one round, or one household, shows at most.
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rounds, points or findings are asked for; what is left out narrows nothing.

    Attributes:
        result: of findings; for points ``met`` or ``missed``.
        inspector: a part of the name.
        state: ``counted``, ``struck``, or empty for both.
        compounds: those within the reader's reach; ``None`` for all.
    """

    first: date | None = None
    last: date | None = None
    compound_id: UUID | None = None
    station_id: UUID | None = None
    round_id: UUID | None = None
    result: str = ""
    inspector: str = ""
    state: str = "counted"
    compounds: Collection[UUID] | None = None


def page_of_rounds(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: Wanted,
    *,
    sort: str = "-created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Round], str | None]:
    """A page of rounds in an order of ``ROUND_ORDERS``, and the ``after`` of the next one; ``None`` on the last."""
    statement = select(Round).where(*_placed(Round, community_id, wanted))
    if wanted.inspector.strip():
        statement = statement.where(Round.inspector_name.icontains(wanted.inspector.strip(), autoescape=True))
    return sorted_rows(session, statement, Round.id, ROUND_ORDERS, sort, after=after, limit=limit)


def page_of_findings(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: Wanted,
    *,
    sort: str = "-created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Finding], str | None]:
    """A page of what was found in an order of ``FINDING_ORDERS``; households stand in none of it that is shown."""
    statement = _noted(Finding, community_id, wanted)
    if wanted.result:
        statement = statement.where(Finding.result == wanted.result)
    return sorted_rows(session, statement, Finding.id, FINDING_ORDERS, sort, after=after, limit=limit)


def page_of_points(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: Wanted,
    *,
    sort: str = "-created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Point], str | None]:
    """A page of the points of the checklists in an order of ``POINT_ORDERS``."""
    statement = _noted(Point, community_id, wanted)
    if wanted.result:
        statement = statement.where(Point.is_met.is_(wanted.result == "met"))
    return sorted_rows(session, statement, Point.id, POINT_ORDERS, sort, after=after, limit=limit)


def _noted(model: type[N], community_id: UUID | None, wanted: Wanted) -> Select[N]:
    statement = select(model).where(*_placed(model, community_id, wanted))
    if wanted.station_id is not None:
        statement = statement.where(model.station_id == wanted.station_id)
    if wanted.round_id is not None:
        statement = statement.where(model.round_id == wanted.round_id)
    else:
        # What an open round holds is still being written down.
        statement = statement.where(model.is_final)
    if wanted.state:
        is_counted = wanted.state == "counted"
        statement = statement.where(model.struck_at.is_(None) if is_counted else model.struck_at.is_not(None))
    if wanted.inspector.strip():
        theirs = select(Round.id).where(Round.inspector_name.icontains(wanted.inspector.strip(), autoescape=True))
        statement = statement.where(model.round_id.in_(theirs))
    return statement


def _placed(model: Any, community_id: UUID | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if community_id is not None:
        found.append(model.community_id == community_id)
    if wanted.compounds is not None:
        found.append(model.compound_id.in_(wanted.compounds))
    if wanted.compound_id is not None:
        found.append(model.compound_id == wanted.compound_id)
    if wanted.first is not None:
        found.append(model.day >= wanted.first)
    if wanted.last is not None:
        found.append(model.day <= wanted.last)
    return found


def find(session: ScopedSession, model: type[R], community_id: UUID | None, row_id: UUID) -> R | None:
    """One row of the community, or of any of the street's for ``None``; ``None`` when there is no such one."""
    statement = select(model).where(model.id == row_id)
    if community_id is not None:
        statement = statement.where(model.community_id == community_id)
    return session.scalar(statement)


def open_rounds(session: ScopedSession, community_id: UUID | None) -> Sequence[Round]:
    """The rounds that nobody has finished, the oldest first."""
    statement = select(Round).where(Round.finished_at.is_(None))
    if community_id is not None:
        statement = statement.where(Round.community_id == community_id)
    return session.scalars(statement.order_by(Round.id).limit(MOST_SHOWN)).all()


def noted_on(session: ScopedSession, model: type[N], round_id: UUID) -> Sequence[N]:
    """What was noted on one round, in its order; those struck out among them."""
    mine = select(model).where(model.round_id == round_id)
    return session.scalars(mine.order_by(model.id).limit(MOST_SHOWN)).all()


def station_names(session: ScopedSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """Station to its name, those out of use among them."""
    rows = session.execute(select(Station.id, Station.name).where(Station.id.in_(ids))) if ids else ()
    return {row[0]: row[1] for row in rows}


def inspectors(session: ScopedSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """Round to who walked it."""
    rows = session.execute(select(Round.id, Round.inspector_name).where(Round.id.in_(ids))) if ids else ()
    return {row[0]: row[1] for row in rows}


# Figures. What is struck out counts nowhere, and what an open round holds not yet.


def accuracy(
    session: ScopedSession, first: date, last: date, *, community_id: UUID | None = None
) -> dict[UUID, tuple[int, int]]:
    """Compound to how many results were correct, of how many, on the days from first to last; one query.

    Args:
        session: of the street or the community.
        first: the first day, counted.
        last: the last day, counted.
        community_id: ``None`` for all communities of the session. Compounds without a result are left out.
    """
    return _accuracy(session, Finding.compound_id, first, last, community_id)


def accuracy_by_community(session: ScopedSession, first: date, last: date) -> dict[UUID, tuple[int, int]]:
    """As ``accuracy``, by community."""
    return _accuracy(session, Finding.community_id, first, last, None)


def compliance(
    session: ScopedSession, first: date, last: date, *, community_id: UUID | None = None
) -> dict[UUID, tuple[int, int]]:
    """Compound to how many points its stations met, of how many that were checked, from first to last; one query."""
    return _compliance(session, Point.compound_id, first, last, community_id)


def compliance_by_station(
    session: ScopedSession, first: date, last: date, *, community_id: UUID | None = None
) -> dict[UUID, tuple[int, int]]:
    """As ``compliance``, by station."""
    return _compliance(session, Point.station_id, first, last, community_id)


def compliance_by_community(session: ScopedSession, first: date, last: date) -> dict[UUID, tuple[int, int]]:
    """As ``compliance``, by community."""
    return _compliance(session, Point.community_id, first, last, None)


def compliant_stations(session: ScopedSession, first: date, last: date) -> dict[UUID, tuple[int, int]]:
    """Community to how many stations met every point when they were checked last, of how many that were checked."""
    latest = (
        select(Point.community_id, Point.station_id, func.max(Point.day).label("day"))
        .where(*_counts(Point, first, last, None))
        .group_by(Point.community_id, Point.station_id)
        .subquery()
    )
    each = (
        select(Point.community_id, Point.station_id, func.bool_and(Point.is_met).label("is_met"))
        .join(latest, and_(latest.c.station_id == Point.station_id, latest.c.day == Point.day))
        .where(*_counts(Point, first, last, None))
        .group_by(Point.community_id, Point.station_id)
        .subquery()
    )
    rows = session.execute(
        select(each.c.community_id, func.count().filter(each.c.is_met), func.count()).group_by(each.c.community_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def count_rounds(session: ScopedSession, first: date, last: date) -> dict[UUID, int]:
    """Community to how many rounds were finished there, by the day of the round."""
    rows = session.execute(
        select(Round.community_id, func.count())
        .where(Round.finished_at.is_not(None), Round.day.between(first, last))
        .group_by(Round.community_id)
    )
    return {row[0]: row[1] for row in rows}


def weekly_accuracy(
    session: ScopedSession, community_id: UUID, first: date, last: date, *, compounds: Collection[UUID] | None = None
) -> dict[date, tuple[int, int]]:
    """Monday of the week to how many results were correct, of how many; weeks without a round are left out."""
    week = func.date_trunc("week", Finding.day)
    within = true() if compounds is None else Finding.compound_id.in_(compounds)
    rows = session.execute(
        select(week, func.count().filter(Finding.result == "correct"), func.count())
        .where(*_counts(Finding, first, last, community_id), within)
        .group_by(week)
        .order_by(week)
    )
    return {row[0].date(): (row[1], row[2]) for row in rows}


def _accuracy(
    session: ScopedSession, key: Any, first: date, last: date, community_id: UUID | None
) -> dict[UUID, tuple[int, int]]:
    rows = session.execute(
        select(key, func.count().filter(Finding.result == "correct"), func.count())
        .where(*_counts(Finding, first, last, community_id))
        .group_by(key)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _compliance(
    session: ScopedSession, key: Any, first: date, last: date, community_id: UUID | None
) -> dict[UUID, tuple[int, int]]:
    rows = session.execute(
        select(key, func.count().filter(Point.is_met), func.count())
        .where(*_counts(Point, first, last, community_id))
        .group_by(key)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _counts(model: type[Noted], first: date, last: date, community_id: UUID | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [model.is_final, model.struck_at.is_(None), model.day.between(first, last)]  # type: ignore[list-item]
    if community_id is not None:
        found.append(model.community_id == community_id)  # type: ignore[attr-defined]
    return found
