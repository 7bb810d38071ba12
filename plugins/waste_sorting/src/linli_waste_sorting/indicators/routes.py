"""The JSON API of indicators and rankings: the same as the portals can do."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Api,
    Download,
    Invalid,
    Limit,
    Page,
    Place,
    ScopedSession,
    SheetFormat,
    get,
    page_of,
    post,
    put,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.indicators import computing, ranking_list, rankings, sets, showing
from linli_waste_sorting.indicators.definition_pages import preview_of
from linli_waste_sorting.indicators.files import ranking_pdf, ranking_sheet
from linli_waste_sorting.indicators.months import wanted_month
from linli_waste_sorting.indicators.own import own_result
from linli_waste_sorting.indicators.permissions import DEFINE, PUBLISH_RANKING, RANK, READ_FIGURES, VIEW_RESULTS
from linli_waste_sorting.indicators.schemas import (
    ComputedOut,
    IndicatorSetOut,
    IndicatorSetWrite,
    MonthForm,
    PlaceFigures,
    PresetWrite,
    RankingAct,
    RankingCreate,
    RankingDetail,
    RankingOut,
    RankingPreview,
    RankingPreviewOut,
    RankingWithdraw,
    ResultsOut,
    Subject,
)
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.weights.schemas import Month

Level = Literal["compound", "building"]
RankingState = Literal["draft", "reviewed", "published", "withdrawn"]
RankingSort = Literal[
    "created_at", "-created_at", "month", "-month", "state", "-state", "published_at", "-published_at"
]


def _where(place: Place) -> UUID | None:
    return place.community.id if place.community else None


@get("/indicators", needs=READ_FIGURES)
def list_street_figures(
    session: ScopedSession, month: Month = "", after: After = "", limit: Limit = PAGE
) -> Page[PlaceFigures]:
    """The indicators of each community in a month; the last one that is over when left out"""
    terms = sets.standing(session).terms
    found = showing.figures_of_street(session, wanted_month(month), terms)
    return page_of(found, after, limit, key=lambda each: str(each.place_id))


@get("/indicators", needs=READ_FIGURES)
def list_figures(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    level: Level = "compound",
    month: Month = "",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[PlaceFigures]:
    """The indicators of each compound or building; those with too few households are marked and empty"""
    community_id = community_of(place)
    terms = sets.standing(session).terms
    within = compounds_of(actor, READ_FIGURES, community_id)
    wanted = wanted_month(month)
    found = showing.figures_of_level(session, community_id, wanted, terms, level)
    homes = showing.compounds_at(session, community_id, wanted, level)
    shown = [each for each in found if is_within(homes[each.place_id], within)]
    return page_of(shown, after, limit, key=lambda each: str(each.place_id))


@post("/indicators/compute", needs=RANK, status=200)
def compute_figures(session: ScopedSession, actor: Actor, place: Place, data: MonthForm) -> ComputedOut:
    """Count a month anew; a month whose ranking is published stays as it is"""
    month = wanted_month(data.month)
    return ComputedOut(month=month.key, rows=computing.compute_month(session, actor, _where(place), month))


@get("/indicators/definitions", needs=READ_FIGURES)
def show_indicators(session: ScopedSession) -> IndicatorSetOut:
    """The definitions of the indicators that hold in the street"""
    return sets.set_out(sets.standing(session))


@get("/indicators/versions", needs=READ_FIGURES)
def list_indicator_sets(session: ScopedSession, after: After = "", limit: Limit = PAGE) -> Page[IndicatorSetOut]:
    """The definitions as they were changed, the newest first"""
    if after and not after.isdecimal():
        raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值"))
    rows, following = sets.page_of_sets(session, after=int(after[:9]) if after else None, limit=limit)
    return Page(items=[sets.version_out(row) for row in rows], next=str(following) if following else None)


@put("/indicators/definitions", needs=DEFINE)
def save_indicators(session: ScopedSession, actor: Actor, data: IndicatorSetWrite) -> IndicatorSetOut:
    """Let other definitions hold from now on; their weights make 100, and what was published keeps its own"""
    return sets.version_out(sets.save_set(session, actor, data))


@post("/indicators/definitions/preset", needs=DEFINE)
def use_indicator_preset(session: ScopedSession, actor: Actor, data: PresetWrite) -> IndicatorSetOut:
    """Go back to a preset, with the weights and targets of today's rules"""
    return sets.version_out(sets.use_preset(session, actor, data.preset))


@post("/indicators/definitions/preview", needs=DEFINE, status=200)
def preview_indicators(session: ScopedSession, data: RankingPreview) -> RankingPreviewOut:
    """Show how other definitions would rank the communities of a month; nothing is kept"""
    month = wanted_month(data.month)
    return RankingPreviewOut(month=month.key, places=preview_of(session, month, data.indicators))


@get("/indicators/rankings", needs=READ_FIGURES)
def list_rankings(
    session: ScopedSession,
    place: Place,
    subject: Subject | None = None,
    state: RankingState | None = None,
    sort: RankingSort = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[RankingOut]:
    """The rankings that were made here, the newest first, drafts and those taken back among them"""
    rows, following = ranking_list.page_of_rankings(
        session, _where(place), subject=subject or "", state=state or "", sort=sort, after=after, limit=limit
    )
    return Page(items=[rankings.ranking_out(row) for row in rows], next=following)


@post("/indicators/rankings", needs=RANK)
def draft_ranking(session: ScopedSession, actor: Actor, place: Place, data: RankingCreate) -> RankingDetail:
    """Draft the ranking of a month that is over; the street ranks communities, a community compounds or buildings"""
    month = wanted_month(data.month)
    return rankings.detail_of(rankings.draft_ranking(session, actor, _where(place), month, data.subject))


@get("/indicators/rankings/{ranking_id:uuid}", needs=READ_FIGURES)
def show_ranking(session: ScopedSession, place: Place, ranking_id: UUID) -> RankingDetail:
    """A ranking with its places and the definitions that it was computed with"""
    return rankings.detail_of(rankings.get_ranking(session, _where(place), ranking_id))


@post("/indicators/rankings/{ranking_id:uuid}/refresh", needs=RANK, status=200)
def refresh_ranking(session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID) -> RankingDetail:
    """Compute a draft anew with the records and definitions of now"""
    return rankings.detail_of(rankings.refresh_ranking(session, actor, _where(place), ranking_id))


@post("/indicators/rankings/{ranking_id:uuid}/review", needs=RANK, status=200)
def review_ranking(
    session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID, data: RankingAct
) -> RankingDetail:
    """Say that a draft was looked at"""
    return rankings.detail_of(rankings.review_ranking(session, actor, _where(place), ranking_id, data.version))


@post("/indicators/rankings/{ranking_id:uuid}/publish", needs=PUBLISH_RANKING, status=200)
def publish_ranking(
    session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID, data: RankingAct
) -> RankingDetail:
    """Publish a ranking that was looked at; a notice tells residents, and the month's figures stay as they are"""
    return rankings.detail_of(rankings.publish_ranking(session, actor, _where(place), ranking_id, data.version))


@post("/indicators/rankings/{ranking_id:uuid}/withdraw", needs=PUBLISH_RANKING, status=200)
def withdraw_ranking(
    session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID, data: RankingWithdraw
) -> RankingDetail:
    """Take a published ranking back with a reason; it stays to be read"""
    return rankings.detail_of(rankings.withdraw_ranking(session, actor, _where(place), ranking_id, data.reason))


@get("/indicators/rankings/{ranking_id:uuid}/export", needs=READ_FIGURES)
def export_ranking(session: ScopedSession, place: Place, ranking_id: UUID, file: SheetFormat = "xlsx") -> Download:
    """A ranking as a file, with what its values were computed from"""
    row = rankings.get_ranking(session, _where(place), ranking_id)
    return ranking_sheet(row, file)


@get("/indicators/rankings/{ranking_id:uuid}/print", needs=READ_FIGURES)
def print_ranking(session: ScopedSession, place: Place, ranking_id: UUID) -> Download:
    """A ranking on paper, as PDF"""
    return ranking_pdf(session, rankings.get_ranking(session, _where(place), ranking_id))


@get("/results", needs=VIEW_RESULTS)
def show_results(session: ScopedSession, actor: Actor, place: Place, month: Month = "") -> ResultsOut:
    """One's own building beside its compound and community, and one's own household in private"""
    community_id, wanted = community_of(place), wanted_month(month)
    terms = sets.standing(session).terms
    name = place.community.name if place.community else ""
    return ResultsOut(
        month=wanted.key,
        places=showing.results_at_home(session, actor, community_id, wanted, terms, name),
        own=own_result(session, actor, community_id, wanted).months,
    )


@get("/results/rankings", needs=VIEW_RESULTS)
def list_published_rankings(
    session: ScopedSession, place: Place, after: UUID | None = None, limit: Limit = PAGE
) -> Page[RankingOut]:
    """The rankings that residents may read, the community's and the street's, the newest first"""
    rows, following = ranking_list.page_of_published(session, community_of(place), after=after, limit=limit)
    return Page(items=[rankings.ranking_out(row) for row in rows], next=str(following) if following else None)


@get("/results/rankings/{ranking_id:uuid}", needs=VIEW_RESULTS)
def show_published_ranking(session: ScopedSession, place: Place, ranking_id: UUID) -> RankingDetail:
    """A ranking that residents may read; one that was taken back has its reason"""
    return rankings.detail_of(rankings.get_published(session, community_of(place), ranking_id))


@get("/results/rankings/{ranking_id:uuid}/print", needs=VIEW_RESULTS)
def print_published_ranking(session: ScopedSession, place: Place, ranking_id: UUID) -> Download:
    """A published ranking on paper, as PDF"""
    return ranking_pdf(session, rankings.get_published(session, community_of(place), ranking_id))


_RANKINGS = (
    list_rankings,
    draft_ranking,
    show_ranking,
    refresh_ranking,
    review_ranking,
    publish_ranking,
    withdraw_ranking,
    export_ranking,
    print_ranking,
)
INDICATOR_APIS = (
    Api(
        "street",
        (
            list_street_figures,
            compute_figures,
            show_indicators,
            list_indicator_sets,
            save_indicators,
            use_indicator_preset,
            preview_indicators,
            *_RANKINGS,
        ),
    ),
    Api(
        "community",
        (
            list_figures,
            compute_figures,
            show_indicators,
            *_RANKINGS,
            show_results,
            list_published_rankings,
            show_published_ranking,
            print_published_ranking,
        ),
    ),
)
