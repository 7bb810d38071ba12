"""The rows of monthly figures: written by whoever computes a month, frozen when it is published, compared at night."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from linli.sdk import ScopedSession, new_id, now
from linli_waste_sorting.indicators.measuring import Measured, measure
from linli_waste_sorting.indicators.models import MonthlyFigures
from linli_waste_sorting.weights.ledger import Month

_QUIET = {"synchronize_session": False}
#: Rows of one street and month: each community has a few compounds, each of them some dozen buildings.
_MOST = 20_000


def compute(session: ScopedSession, community_id: UUID, month: Month) -> int:
    """Count a month of a community anew, unless it is frozen.

    Returns:
        How many rows were written; 0 where the month is frozen.
    """
    if is_frozen(session, community_id, month):
        return 0
    found, moment = measure(session, community_id, month), now()
    rows = [
        {
            "id": new_id(),
            "community_id": community_id,
            "month": month.first,
            "level": each.level,
            "place_id": each.place_id,
            "compound_id": each.compound_id,
            "amounts": each.amounts,
            "computed_at": moment,
        }
        for each in found
    ]
    statement = insert(MonthlyFigures).values(rows)
    # Two who compute at once write the same; a row that somebody froze meanwhile stays.
    statement = statement.on_conflict_do_update(
        constraint="uq_monthly_figures_place",
        set_={name: statement.excluded[name] for name in ("amounts", "computed_at", "compound_id")},
        where=MonthlyFigures.frozen_at.is_(None),
    )
    session.execute(statement)
    gone = delete(MonthlyFigures).where(
        MonthlyFigures.community_id == community_id,
        MonthlyFigures.month == month.first,
        MonthlyFigures.frozen_at.is_(None),
        MonthlyFigures.computed_at < moment,
    )
    session.execute(gone, execution_options=_QUIET)
    session.expire_all()
    return len(rows)


def is_frozen(session: ScopedSession, community_id: UUID, month: Month) -> bool:
    """Whether a month of a community stays as it is."""
    held = select(MonthlyFigures.id).where(
        MonthlyFigures.community_id == community_id,
        MonthlyFigures.month == month.first,
        MonthlyFigures.frozen_at.is_not(None),
    )
    return session.scalar(held.limit(1)) is not None


def freeze_month(session: ScopedSession, communities: Collection[UUID], month: Month) -> None:
    """Keep a month of these communities as it is from now on."""
    statement = update(MonthlyFigures).where(*_of(communities, month), MonthlyFigures.frozen_at.is_(None))
    session.execute(statement.values(frozen_at=now()), execution_options=_QUIET)
    session.expire_all()


def thaw_month(session: ScopedSession, communities: Collection[UUID], month: Month) -> None:
    """Let a month of these communities be computed again."""
    statement = update(MonthlyFigures).where(*_of(communities, month))
    session.execute(statement.values(frozen_at=None, differs_at=None), execution_options=_QUIET)
    session.expire_all()


def compare(session: ScopedSession, community_id: UUID, month: Month) -> int:
    """Count a frozen month anew beside what is kept, and mark the rows that records no longer bear out.

    Returns:
        How many rows differ; a place that has come or gone since is one.
    """
    kept = {(row.level, row.place_id): row for row in rows_of(session, month, community_id=community_id)}
    counted: dict[tuple[str, UUID], Measured] = {
        (each.level, each.place_id): each for each in measure(session, community_id, month)
    }
    moment, differing = now(), 0
    for key, row in kept.items():
        fresh = counted.get(key)
        differs = fresh is None or fresh.amounts != row.amounts
        differing += differs
        if differs != (row.differs_at is not None):
            row.differs_at = moment if differs else None
    session.flush()
    return differing + len(set(counted) - set(kept))


def rows_of(
    session: ScopedSession,
    month: Month,
    *,
    community_id: UUID | None = None,
    level: str = "",
    compounds: Collection[UUID] | None = None,
) -> Sequence[MonthlyFigures]:
    """The rows of a month; of the whole scope for no community, of all levels for none."""
    statement = select(MonthlyFigures).where(MonthlyFigures.month == month.first)
    if community_id is not None:
        statement = statement.where(MonthlyFigures.community_id == community_id)
    if level:
        statement = statement.where(MonthlyFigures.level == level)
    if compounds is not None:
        statement = statement.where(MonthlyFigures.compound_id.in_(compounds))
    return session.scalars(statement.order_by(MonthlyFigures.place_id).limit(_MOST)).all()


def rows_at(session: ScopedSession, month: Month, places: Collection[UUID]) -> dict[UUID, MonthlyFigures]:
    """The rows of some places, whatever their level, by place; one query."""
    statement = select(MonthlyFigures).where(MonthlyFigures.month == month.first, MonthlyFigures.place_id.in_(places))
    return {row.place_id: row for row in session.scalars(statement)}


def row_at(session: ScopedSession, month: Month, level: str, place_id: UUID) -> MonthlyFigures | None:
    """The row of one place."""
    return session.scalar(
        select(MonthlyFigures).where(
            MonthlyFigures.month == month.first, MonthlyFigures.level == level, MonthlyFigures.place_id == place_id
        )
    )


def trend_of(
    session: ScopedSession, months: Sequence[Month], level: str, *, place_id: UUID | None = None
) -> dict[date, list[MonthlyFigures]]:
    """First day of each month to the rows of a level, or of one place of it; one query."""
    statement = select(MonthlyFigures).where(
        MonthlyFigures.month.in_([each.first for each in months]), MonthlyFigures.level == level
    )
    if place_id is not None:
        statement = statement.where(MonthlyFigures.place_id == place_id)
    found: dict[date, list[MonthlyFigures]] = {each.first: [] for each in months}
    for row in session.scalars(statement.limit(_MOST)):
        found[row.month].append(row)
    return found


def frozen_months(session: ScopedSession, community_id: UUID, first: date) -> list[date]:
    """The first days of the months, from one on, that are frozen in a community."""
    statement = select(MonthlyFigures.month).where(
        MonthlyFigures.community_id == community_id,
        MonthlyFigures.frozen_at.is_not(None),
        MonthlyFigures.month >= first,
    )
    return list(session.scalars(statement.distinct().order_by(MonthlyFigures.month)))


def _of(communities: Collection[UUID], month: Month) -> tuple[Any, ...]:
    return MonthlyFigures.community_id.in_(communities), MonthlyFigures.month == month.first
