"""What the plugin tells others of inspections: the duty to walk rounds, the figures of the month, what waits today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.sdk import Actor, Card, Duration, Evidence, Metric, Obligation, ScopedSession, Span, rule_values, today
from linli.sdk import gettext as _
from linli_waste_sorting.inspections import appeals, followup, repository
from linli_waste_sorting.inspections.models import Round
from linli_waste_sorting.inspections.permissions import READ_CASES, READ_ROUNDS
from linli_waste_sorting.inspections.rule_keys import ROUNDS, ROUNDS_EVERY
from linli_waste_sorting.reach import compounds_of, is_within


def enough_rounds(session: ScopedSession, places: Sequence[UUID], span: Span) -> Iterable[Evidence]:
    """The round with which a compound has reached the number of a period, for each period of the span.

    One query for the rounds, and for each compound that has some what it asks for.
    """
    rows = session.execute(
        select(Round.compound_id, Round.id, Round.day)
        .where(
            Round.compound_id.in_(places),
            Round.finished_at.is_not(None),
            # Whole years: a span that begins within a period counts its rounds from the first.
            Round.day.between(date(span.first.year, 1, 1), span.last),
        )
        .order_by(Round.day, Round.id)
    )
    seen: dict[tuple[UUID, int, int], int] = {}
    asked: dict[UUID, tuple[int, int]] = {}
    for compound, round_id, day in rows:
        if compound not in asked:
            asked[compound] = _asked(session, compound, span.last)
        needed, months = asked[compound]
        period = (compound, day.year, (day.month - 1) // months)
        seen[period] = seen.get(period, 0) + 1
        if seen[period] == needed and span.holds(day):
            title = _("第 {n} 次巡查").format(n=needed)
            yield Evidence(place=compound, when=day, title=title, path=f"inspections/{round_id}")


def _asked(session: ScopedSession, compound_id: UUID, day: date) -> tuple[int, int]:
    """How many rounds a compound needs within how many months."""
    held = rule_values(session, (ROUNDS, ROUNDS_EVERY), compound_id=compound_id, on=day)
    needed, every = held[ROUNDS].value, held[ROUNDS_EVERY].value
    return (needed if isinstance(needed, int) else 1, every.n if isinstance(every, Duration) else 1)


INSPECTION_OBLIGATIONS = (
    Obligation(
        name="waste_sorting.rounds",
        title="垃圾分类巡查",
        help="每个小区每期的巡查达到规则里的次数；没有结束的巡查不算。",
        rhythm="every",
        every=ROUNDS_EVERY,
        evidence=enough_rounds,
        roles=("community_administrator",),
        needs=READ_ROUNDS,
        order=160,
    ),
)


def percent(part: int, whole: int) -> Decimal:
    """So many of so many, in per cent with one digit; nothing of nothing is nothing."""
    return (Decimal(part * 100) / whole).quantize(Decimal("0.1")) if whole else Decimal(0)


def _accuracy(session: ScopedSession) -> Mapping[UUID | None, Decimal]:
    found = repository.accuracy_by_community(session, today().replace(day=1), today())
    return {key: percent(*pair) for key, pair in found.items()}


def _compliant(session: ScopedSession) -> Mapping[UUID | None, int]:
    found = repository.compliant_stations(session, today().replace(day=1), today())
    return {key: met for key, (met, _checked) in found.items()}


INSPECTION_METRICS = (
    Metric(
        name="waste_sorting.accuracy",
        title="分类投放正确率",
        measure=_accuracy,
        unit="%",
        period="month",
        adds_up=False,
        needs=READ_ROUNDS,
        path="inspections/figures",
        path_needs=READ_ROUNDS,
        order=310,
    ),
    Metric(
        name="waste_sorting.compliant_stations",
        title="检查全部达标的投放点",
        measure=_compliant,
        period="month",
        needs=READ_ROUNDS,
        path="inspections/figures",
        path_needs=READ_ROUNDS,
        order=311,
    ),
)


def _card(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    community_id = session.scope.community_id
    if community_id is None:
        return {"open": 0, "cases": None, "appeals": None}
    within = compounds_of(actor, READ_ROUNDS, community_id)
    rounds = [each for each in repository.open_rounds(session, community_id) if is_within(each.compound_id, within)]
    knows = actor.can(READ_CASES, community_id=community_id)
    return {
        "open": len(rounds),
        "cases": followup.suggestions(session, community_id) if knows else None,
        "appeals": appeals.count_open(session, community_id) if knows else None,
    }


INSPECTION_CARDS = (
    Card("admin", "分类检查", "waste_sorting/inspections_card.html", _card, needs=READ_ROUNDS, order=61),
)
