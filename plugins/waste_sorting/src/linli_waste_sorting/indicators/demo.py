"""What the demo shows of indicators: three months counted, and the rankings of two of them published."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from linli.sdk import Actor, ScopedSession, today
from linli_waste_sorting.indicators import figures, rankings, sets
from linli_waste_sorting.indicators.models import MonthlyFigures, Ranking
from linli_waste_sorting.indicators.months import months_back
from linli_waste_sorting.weights.ledger import Month, month_of

#: Months that are counted beside the open one, and those of them that are published.
_COUNTED, _PUBLISHED = 3, 2


def fill_indicators(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    """Figures of three months and the open one, and the published rankings of the compounds, unless there are some."""
    here = select(MonthlyFigures.id).where(MonthlyFigures.community_id == community_id)
    if session.scalar(here.limit(1)) is not None:
        return
    published = _to_publish()
    for month in months_back(month_of(today()), _COUNTED + 1):
        # Those that are ranked are counted by it.
        if month not in published:
            figures.compute(session, community_id, month)
    for month in published:
        _publish(session, actor, community_id, month, "compounds")


def fill_street_rankings(session: ScopedSession, actor: Actor) -> None:
    """The common indicators as the street's choice, and once its communities have figures their published rankings,
    unless there are some."""
    if sets.standing(session).row is None:
        sets.use_preset(session, actor, "common")
    if session.scalar(select(Ranking.id).where(Ranking.community_id.is_(None)).limit(1)) is not None:
        return
    if session.scalar(select(MonthlyFigures.id).limit(1)) is None:
        return
    for month in _to_publish():
        _publish(session, actor, None, month, "communities")


def _to_publish() -> list[Month]:
    return months_back(month_of(today()).before, _PUBLISHED)


def _publish(session: ScopedSession, actor: Actor, community_id: UUID | None, month: Month, subject: str) -> None:
    row = rankings.draft_ranking(session, actor, community_id, month, subject)
    rankings.review_ranking(session, actor, community_id, row.id, row.version)
    rankings.publish_ranking(session, actor, community_id, row.id, row.version)
