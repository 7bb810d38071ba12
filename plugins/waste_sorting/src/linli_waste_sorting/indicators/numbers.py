"""Numbers on the street's board, cards on first pages, and whether published figures still follow from the records."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from linli.sdk import Actor, Card, Health, HealthCheck, Metric, ScopedSession, today
from linli.sdk import gettext as _
from linli_waste_sorting.indicators import figures, ranks, sets, showing
from linli_waste_sorting.indicators.hiding import of_whole
from linli_waste_sorting.indicators.models import MonthlyFigures, Ranking
from linli_waste_sorting.indicators.permissions import READ_FIGURES, VIEW_RESULTS
from linli_waste_sorting.weights.ledger import month_of


def _share(part: str, whole: str) -> Any:
    def measure(session: ScopedSession) -> Mapping[UUID | None, Decimal]:
        least = sets.least_households(session)
        rows = figures.rows_of(session, month_of(today()), level="community")
        shown = {row.community_id: of_whole(row.amounts, least) for row in rows}
        return {
            key: Decimal(ranks.shown(ranks.percent(amounts[part], amounts[whole])))
            for key, amounts in shown.items()
            if amounts.get(whole)
        }

    return measure


def _scores(session: ScopedSession) -> Mapping[UUID | None, Decimal]:
    """Of the street's latest published ranking."""
    latest = select(Ranking).where(Ranking.subject == "communities", Ranking.state == "published")
    row = session.scalar(latest.order_by(Ranking.month.desc()).limit(1))
    if row is None:
        return {}
    return {line.place_id: Decimal(line.score) for line in ranks.read(row.lines) if line.score is not None}


def _metric(name: str, title: str, measure: Any, order: int, unit: str = "%", period: str = "month") -> Metric:
    return Metric(
        name=name,
        title=title,
        measure=measure,
        unit=unit,
        period=period,
        adds_up=False,
        needs=READ_FIGURES,
        path="indicators",
        path_needs=READ_FIGURES,
        order=order,
    )


INDICATOR_METRICS = (
    _metric("waste_sorting.participation", "居民参与率", _share("households_correct", "households_observed"), 312),
    _metric("waste_sorting.stations_compliant", "投放点达标率", _share("stations_met", "stations_checked"), 313),
    _metric("waste_sorting.ranking_scores", "垃圾分类排名得分", _scores, 314, unit="分", period="now"),
)


def _of_street(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:  # noqa: ARG001 as every card
    month = month_of(today()).before
    if not (rows := figures.rows_of(session, month, level="community")):
        return {"month": month, "tiles": []}
    terms = sets.standing(session).terms
    return {"month": month, "tiles": showing.tiles(terms, showing.amounts_of(rows, terms))}


def _of_community(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:  # noqa: ARG001 as every card
    month, community_id = month_of(today()).before, session.scope.community_id
    row = figures.row_at(session, month, "community", community_id) if community_id else None
    if row is None:
        return {"month": month, "tiles": []}
    terms = sets.standing(session).terms
    return {"month": month, "tiles": showing.tiles(terms, showing.amounts_of([row], terms))}


def _at_home(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    month, community_id = month_of(today()).before, session.scope.community_id
    if community_id is None:
        return {"month": month, "places": [], "indicators": []}
    terms = sets.standing(session).terms
    places = showing.results_at_home(session, actor, community_id, month, terms, "")
    accuracy = [each for each in terms.indicators if each.of_buildings][:2]
    return {
        "month": month,
        "places": [each for each in places if each.level != "community" and not each.is_hidden],
        "indicators": accuracy,
    }


INDICATOR_CARDS = (
    Card("console", "垃圾分类指标", "waste_sorting/indicators_card.html", _of_street, needs=READ_FIGURES, order=62),
    Card("admin", "垃圾分类指标", "waste_sorting/indicators_card.html", _of_community, needs=READ_FIGURES, order=62),
    Card(
        "resident",
        "本楼分类结果",
        "waste_sorting/indicators_card_resident.html",
        _at_home,
        needs=VIEW_RESULTS,
        order=62,
    ),
)


def _check(session: ScopedSession) -> Health:
    differing = session.scalar(
        select(func.count()).select_from(MonthlyFigures).where(MonthlyFigures.differs_at.is_not(None))
    )
    if not differing:
        return Health("ok", _("公布过的指标和记录一致"))
    return Health(
        "warning",
        _("有 {n} 个地方公布过的指标和现在的记录不一致").format(n=differing),
        _("在“指标和排名”里看是哪些；确实有误的，写明理由撤回排名，重新计算后再公布。"),
    )


INDICATOR_CHECKS = (HealthCheck(name="waste_sorting.figures", title="垃圾分类指标", check=_check),)
