"""The pages of the resident portal: my building beside the others, my household in private, published rankings."""

from __future__ import annotations

from uuid import UUID

from linli.sdk import Actor, Chart, Download, Handler, Place, ScopedSession, Series, View, column_chart, get, homes_of
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.indicators import ranking_list, rankings, sets, showing
from linli_waste_sorting.indicators.files import ranking_pdf, title_of
from linli_waste_sorting.indicators.models import Ranking
from linli_waste_sorting.indicators.months import is_over, wanted_month
from linli_waste_sorting.indicators.own import OwnResult, own_result
from linli_waste_sorting.indicators.permissions import VIEW_RESULTS
from linli_waste_sorting.indicators.ranking_pages import TONES, shown
from linli_waste_sorting.weights.schemas import Month as MonthText
from linli_waste_sorting.words import category_titles

_HERE = "/waste_sorting/indicators"
#: Rankings of the first page.
_SHOWN = 6


@get("/indicators", needs=VIEW_RESULTS)
def show_results(session: ScopedSession, actor: Actor, place: Place, month: MonthText = "") -> View:
    """A month of the buildings where one is at home, and what was found of one's own household."""
    community_id, wanted = community_of(place), wanted_month(month)
    terms = sets.standing(session).terms
    name = place.community.name if place.community else ""
    own = own_result(session, actor, community_id, wanted)
    published, _following = ranking_list.page_of_published(session, community_id, limit=_SHOWN)
    here = place.url(f"{_HERE}?month=")
    return View(
        "waste_sorting/results.html",
        {
            "month": wanted,
            "before": f"{here}{wanted.before.key}",
            "after": f"{here}{wanted.after.key}" if is_over(wanted) else "",
            "is_open": not is_over(wanted),
            "places": showing.results_at_home(session, actor, community_id, wanted, terms, name),
            "indicators": terms.indicators,
            "targets": {each.code: showing.target_text(each) for each in terms.indicators},
            "least": terms.least_households,
            "own": own,
            "own_chart": _own_chart(own),
            "categories": category_titles(session),
            "published": [(row, title_of(row)) for row in published],
            "tones": TONES,
        },
    )


@get("/indicators/rankings", needs=VIEW_RESULTS)
def list_published(session: ScopedSession, place: Place, after: UUID | None = None) -> View:
    """The rankings that were published here and by the street, the newest first."""
    rows, following = ranking_list.page_of_published(session, community_of(place), after=after)
    return View(
        "waste_sorting/rankings_published.html",
        {"rows": [(row, title_of(row)) for row in rows], "next": str(following) if following else "", "tones": TONES},
    )


@get("/indicators/rankings/{ranking_id:uuid}", needs=VIEW_RESULTS)
def show_published(session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID) -> View:
    """A published ranking, with one's own place marked; one that was taken back says why."""
    community_id = community_of(place)
    row = rankings.get_published(session, community_id, ranking_id)
    return View("waste_sorting/ranking_published.html", shown(row, _mine(session, actor, place, row)))


@get("/indicators/rankings/{ranking_id:uuid}/print", needs=VIEW_RESULTS)
def print_published(session: ScopedSession, place: Place, ranking_id: UUID) -> Download:
    """A published ranking on paper."""
    return ranking_pdf(session, rankings.get_published(session, community_of(place), ranking_id))


def _own_chart(own: OwnResult) -> Chart | None:
    if not own.months:
        return None
    right = Series(_("分对"), [each.correct for each in own.months])
    wrong = Series(_("没有分对"), [each.checked - each.correct for each in own.months])
    return column_chart(
        _("我家的检查结果"),
        [_("{n}月").format(n=int(each.month[5:])) for each in own.months],
        [right, wrong],
        unit=_("次"),
        stacked=True,
    )


def _mine(session: ScopedSession, actor: Actor, place: Place, row: Ranking) -> set[UUID]:
    community_id = community_of(place)
    if row.subject == "communities":
        return {community_id}
    homes = homes_of(session, actor, community_id=community_id)
    return {each.compound_id if row.subject == "compounds" else each.building_id for each in homes}


RESULT_HANDLERS: tuple[Handler, ...] = (show_results, list_published, show_published, print_published)
