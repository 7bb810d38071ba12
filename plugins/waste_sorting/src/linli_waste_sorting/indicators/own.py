"""What a household sees of itself: how many of its bags were right, month by month, since it lives there.

It is counted when a member of the household looks, over the few rows that an index finds, and kept nowhere: a row of
its own would be one more thing known about the household, and would pass to whoever moves in next.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from linli.sdk import Actor, ScopedSession
from linli.sdk import gettext as _
from linli_waste_sorting.indicators.months import TREND, months_back
from linli_waste_sorting.indicators.schemas import OwnMonth
from linli_waste_sorting.inspections.models import Finding
from linli_waste_sorting.inspections.own import homes
from linli_waste_sorting.inspections.words import ADVICE
from linli_waste_sorting.weights.ledger import Month


@dataclass(frozen=True, slots=True)
class OwnResult:
    """One's own household.

    Attributes:
        months: the earliest first; a month without a look at one's bags is not in it.
        hints: for the kinds of waste that were wrong, how to do it right; the most frequent first.
    """

    months: list[OwnMonth]
    hints: list[tuple[str, str]]


def own_result(session: ScopedSession, actor: Actor, community_id: UUID, month: Month) -> OwnResult:
    """The months up to this one of the households in which the actor is at home; two queries.

    What was found before somebody moved in belongs to whoever lived there then.
    """
    stays = homes(session, actor, community_id)
    if not stays:
        return OwnResult([], [])
    first = months_back(month, TREND)[0].first
    theirs = or_(
        *(
            Finding.dwelling_id == each.dwelling_id
            if each.since is None
            else and_(Finding.dwelling_id == each.dwelling_id, Finding.day >= each.since)
            for each in stays
        )
    )
    at = func.date_trunc("month", Finding.day)
    rows = session.execute(
        select(at, Finding.category, func.count().filter(Finding.result == "correct"), func.count())
        .where(
            Finding.community_id == community_id,
            Finding.is_final,
            Finding.struck_at.is_(None),
            Finding.day.between(first, month.last),
            theirs,
        )
        .group_by(at, Finding.category)
        .order_by(at)
    )
    months: dict[str, tuple[int, int]] = {}
    wrong: dict[str, int] = {}
    for moment, category, correct, checked in rows:
        key = f"{moment:%Y-%m}"
        before = months.get(key, (0, 0))
        months[key] = (before[0] + correct, before[1] + checked)
        wrong[category] = wrong.get(category, 0) + checked - correct
    worst = sorted((kind for kind, n in wrong.items() if n), key=lambda kind: -wrong[kind])
    return OwnResult(
        [OwnMonth(month=key, correct=pair[0], checked=pair[1]) for key, pair in months.items()],
        [(kind, _(ADVICE[kind])) for kind in worst],
    )
