"""Pages of rankings: all that were made at a place, and those that residents may read."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from linli.sdk import PAGE, Order, ScopedSession, sorted_rows
from linli_waste_sorting.indicators.models import Ranking

#: The orders of the list; ids grow as rankings are drafted.
ORDERS = {
    "created_at": Order(),
    "month": Order(Ranking.month, lambda row: row[0].month),
    "state": Order(Ranking.state, lambda row: row[0].state),
    "published_at": Order(Ranking.published_at, lambda row: row[0].published_at, is_nullable=True),
}


def page_of_rankings(
    session: ScopedSession,
    community_id: UUID | None,
    *,
    subject: str = "",
    state: str = "",
    sort: str = "-created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Ranking], str | None]:
    """The rankings of a community, or of the street, in an order of ``ORDERS``, and the ``after`` of the next page.

    Args:
        session: of the street or the community.
        community_id: ``None`` for the street.
        subject: what is put in order; empty for all.
        state: empty for all.
        sort: a name of ``ORDERS``, falling with ``-`` before it.
        after: the mark of the page before.
        limit: rows of a page.

    Raises:
        Invalid: there is no such place to go on from.
    """
    statement = select(Ranking).where(Ranking.community_id.is_not_distinct_from(community_id))
    if subject:
        statement = statement.where(Ranking.subject == subject)
    if state:
        statement = statement.where(Ranking.state == state)
    return sorted_rows(session, statement, Ranking.id, ORDERS, sort, after=after, limit=limit)


def page_of_published(
    session: ScopedSession, community_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[Ranking], UUID | None]:
    """What residents of a community may read: its own and the street's, published or taken back since."""
    readable = Ranking.state.in_(("published", "withdrawn"))
    here = Ranking.community_id.is_(None) | (Ranking.community_id == community_id)
    statement = select(Ranking).where(readable, here)
    if after is not None:
        statement = statement.where(Ranking.id < after)
    rows = session.scalars(statement.order_by(Ranking.id.desc()).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None
