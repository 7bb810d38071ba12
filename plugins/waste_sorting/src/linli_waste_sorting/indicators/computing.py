"""Counting a month anew because somebody asks."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import Actor, Forbidden, ScopedSession, community_names, is_enabled
from linli_waste_sorting.indicators import figures
from linli_waste_sorting.indicators.permissions import RANK
from linli_waste_sorting.weights.ledger import Month


def compute_month(session: ScopedSession, actor: Actor, community_id: UUID | None, month: Month) -> int:
    """Count a month of a community, or of all in which the plugin is on for ``None``.

    Returns:
        How many rows were written; a frozen month gives none.

    Raises:
        Forbidden: the actor may not prepare rankings there.
    """
    if not actor.can(RANK, community_id=community_id):
        raise Forbidden
    return sum(figures.compute(session, each, month) for each in communities_in(session, community_id))


def communities_in(session: ScopedSession, community_id: UUID | None) -> list[UUID]:
    """The community, or all of the street's in which the plugin is on; one query for each of these."""
    if community_id is not None:
        return [community_id]
    return [each for each in community_names(session) if is_enabled(session, "waste_sorting", community_id=each)]
