"""Pages of the purses of households, narrowed to what staff may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from linli.sdk import PAGE, Actor, Order, ScopedSession, sorted_rows
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.repository import within


@dataclass(frozen=True, slots=True, kw_only=True)
class PurseFilter:
    """Which purses are asked for.

    Attributes:
        state: ``open``, ``closed``, ``debt`` (below zero, and open), or empty for all.
        compound_id: ``None`` for all.
        dwellings: only of these doors; ``None`` for all.
    """

    state: str = "open"
    compound_id: UUID | None = None
    dwellings: Collection[UUID] | None = None


PURSE_STATES = ("open", "closed", "debt")
#: The orders of the list of purses.
PURSE_ORDERS = {
    "created_at": Order(),
    "opened_at": Order(Purse.opened_at, lambda row: row[0].opened_at),
    "balance": Order(Purse.balance, lambda row: row[0].balance),
}


def page_of_purses(
    session: ScopedSession,
    actor: Actor,
    permission: str,
    community_id: UUID,
    wanted: PurseFilter,
    *,
    sort: str = "created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Purse], str | None]:
    """A page of the purses in an order of ``PURSE_ORDERS``, and the ``after`` of the next one; ``None`` on the last.

    Raises:
        Invalid: there is no such place to go on from.
    """
    here = within(actor, permission, community_id)
    statement = select(Purse).where(Purse.community_id == community_id, here)
    if wanted.state:
        is_closed = wanted.state == "closed"
        statement = statement.where(Purse.closed_at.is_not(None) if is_closed else Purse.closed_at.is_(None))
    if wanted.state == "debt":
        statement = statement.where(Purse.balance < 0)
    if wanted.compound_id is not None:
        statement = statement.where(Purse.compound_id == wanted.compound_id)
    if wanted.dwellings is not None:
        statement = statement.where(Purse.dwelling_id.in_(wanted.dwellings))
    return sorted_rows(session, statement, Purse.id, PURSE_ORDERS, sort, after=after, limit=limit)
