"""The dashboards: of the street over its communities, of a community over its compounds and buildings."""

from __future__ import annotations

from typing import Any

from linli.sdk import Actor, Pages, Place, Redirect, ScopedSession, View, get, post
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.indicators import computing, figures, rankings, sets, showing
from linli_waste_sorting.indicators.definition_pages import DEFINITION_HANDLERS
from linli_waste_sorting.indicators.months import is_over, wanted_month
from linli_waste_sorting.indicators.permissions import RANK, READ_FIGURES
from linli_waste_sorting.indicators.ranking_pages import RANKING_HANDLERS, bars_of
from linli_waste_sorting.indicators.ranks import Terms
from linli_waste_sorting.indicators.resident_pages import RESULT_HANDLERS
from linli_waste_sorting.indicators.schemas import MonthForm
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.weights.ledger import Month
from linli_waste_sorting.weights.schemas import Month as MonthText

_HERE = "/waste_sorting/indicators"


@get("/indicators", needs=READ_FIGURES)
def show_street(session: ScopedSession, actor: Actor, place: Place, month: MonthText = "") -> View:
    """A month of the street: its indicators, each community, how they would be ranked, and the months before."""
    wanted, terms = wanted_month(month), sets.standing(session).terms
    rows = figures.rows_of(session, wanted, level="community")
    lines = rankings.rank_now(session, None, wanted, "communities", terms)
    return View(
        "waste_sorting/indicators_street.html",
        {
            **_head(place, wanted, terms),
            "tiles": showing.tiles(terms, showing.amounts_of(rows, terms)) if rows else [],
            "lines": showing.figures_of_street(session, wanted, terms),
            "ranks": bars_of(lines),
            "charts_shown": showing.trend_charts(session, wanted, terms, "community") if rows else [],
            "may_rank": actor.can(RANK),
            "differing": sum(row.differs_at is not None for row in rows),
            "computed_at": max((row.computed_at for row in rows), default=None),
        },
    )


@post("/indicators/compute", needs=RANK, retry=show_street)
def compute_street(session: ScopedSession, actor: Actor, data: MonthForm) -> Redirect:
    """Count a month of every community anew."""
    rows = computing.compute_month(session, actor, None, wanted_month(data.month))
    return Redirect(f"{_HERE}?month={data.month}", _said(rows))


@get("/indicators", needs=READ_FIGURES)
def show_community(session: ScopedSession, actor: Actor, place: Place, month: MonthText = "") -> View:
    """A month of the community: its indicators, its compounds and buildings, and the months before."""
    community_id, wanted, terms = community_of(place), wanted_month(month), sets.standing(session).terms
    within = compounds_of(actor, READ_FIGURES, community_id)
    row = figures.row_at(session, wanted, "community", community_id)
    compounds = showing.figures_of_level(session, community_id, wanted, terms, "compound")
    homes = showing.compounds_at(session, community_id, wanted, "building")
    buildings = showing.figures_of_level(session, community_id, wanted, terms, "building")
    own = terms.indicators if within is None else []
    return View(
        "waste_sorting/indicators_community.html",
        {
            **_head(place, wanted, terms),
            # Who works for one compound sees that compound alone, not the community as a whole.
            "tiles": showing.tiles(terms, showing.amounts_of([row], terms)) if row and own else [],
            "compounds": [each for each in compounds if is_within(each.place_id, within)],
            "buildings": [each for each in buildings if is_within(homes[each.place_id], within)],
            "of_buildings": [each for each in terms.indicators if each.of_buildings],
            "charts_shown": showing.trend_charts(session, wanted, terms, "community", place_id=community_id)
            if row and own
            else [],
            "may_rank": actor.can(RANK, community_id=community_id),
            "differing": int(row is not None and row.differs_at is not None),
            "computed_at": row.computed_at if row else None,
            "is_counted": row is not None,
        },
    )


@post("/indicators/compute", needs=RANK, retry=show_community)
def compute_community(session: ScopedSession, actor: Actor, place: Place, data: MonthForm) -> Redirect:
    """Count a month of the community anew."""
    rows = computing.compute_month(session, actor, community_of(place), wanted_month(data.month))
    return Redirect(f"{_HERE}?month={data.month}", _said(rows))


def _head(place: Place, month: Month, terms: Terms) -> dict[str, Any]:
    here = place.url(f"{_HERE}?month=")
    return {
        "month": month,
        "before": f"{here}{month.before.key}",
        "after": f"{here}{month.after.key}" if is_over(month) else "",
        "is_open": not is_over(month),
        "indicators": terms.indicators,
        "least": terms.least_households,
    }


def _said(rows: int) -> str:
    return _("已重新计算") if rows else _("这个月的排名已经公布，数字保持不变")


INDICATOR_PAGES = (
    Pages("console", (show_street, compute_street, *DEFINITION_HANDLERS, *RANKING_HANDLERS)),
    Pages("admin", (show_community, compute_community, *RANKING_HANDLERS)),
    Pages("resident", RESULT_HANDLERS),
)
