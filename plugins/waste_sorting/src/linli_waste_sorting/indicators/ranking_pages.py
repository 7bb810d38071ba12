"""The pages of rankings: the street's in the console, a community's in its admin portal; the acts are the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec

from linli.sdk import (
    Actor,
    Download,
    Handler,
    Invalid,
    Place,
    Rank,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    every_row,
    get,
    post,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen
from linli_waste_sorting.indicators import definitions, ranking_list, rankings, ranks
from linli_waste_sorting.indicators.files import WHY, ranking_pdf, ranking_sheet, title_of
from linli_waste_sorting.indicators.models import Ranking
from linli_waste_sorting.indicators.months import MOST_MONTHS, months_back, wanted_month
from linli_waste_sorting.indicators.permissions import PUBLISH_RANKING, RANK, READ_FIGURES
from linli_waste_sorting.indicators.rankings import STATE_TITLES, SUBJECT_TITLES
from linli_waste_sorting.indicators.ranks import RankLine
from linli_waste_sorting.indicators.schemas import GivenReason, Subject
from linli_waste_sorting.indicators.showing import target_text
from linli_waste_sorting.listing import RANKINGS
from linli_waste_sorting.weights.ledger import month_of
from linli_waste_sorting.weights.schemas import GivenMonth

_HERE = "/waste_sorting/indicators/rankings"
TONES = {"draft": "calm", "reviewed": "warn", "published": "good", "withdrawn": "bad"}


class DraftForm(msgspec.Struct, kw_only=True):
    """What is ranked."""

    month: GivenMonth
    subject: Subject


class VersionForm(msgspec.Struct, kw_only=True):
    """The draft as it was read."""

    version: int


class WithdrawForm(msgspec.Struct, kw_only=True):
    """Why it is taken back."""

    reason: GivenReason


@get("/indicators/rankings", needs=READ_FIGURES, table=RANKINGS)
def list_rankings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    subject: Chosen = "",
    state: Chosen = "",
    after: str = "",
) -> View:
    """The rankings made here, the newest first, and the form for another."""
    community_id = _where(place)
    _check(subject, state)
    rows, following = ranking_list.page_of_rankings(
        session, community_id, subject=subject, state=state, sort=table.sort, after=after
    )
    subjects = ("communities",) if community_id is None else ("compounds", "buildings")
    last = month_of(today()).before
    return View(
        "waste_sorting/rankings.html",
        {
            "rows": [(row, title_of(row)) for row in rows],
            "next": following,
            "states": {key: _(title) for key, title in STATE_TITLES.items()},
            "tones": TONES,
            "subjects": {key: _(SUBJECT_TITLES[key]) for key in subjects},
            "months": [(each.key, each.key) for each in reversed(months_back(last, MOST_MONTHS - 1))],
            "may_rank": actor.can(RANK, community_id=community_id),
            "is_filtered": bool(subject or state),
        },
        fragment="waste_sorting/_rankings.html",
    )


@get("/indicators/rankings/export", needs=READ_FIGURES, table=RANKINGS)
def export_rankings(
    session: ScopedSession,
    place: Place,
    table: TableState,
    subject: Chosen = "",
    state: Chosen = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; each ranking has a file of its own besides."""
    community_id = _where(place)
    _check(subject, state)
    rows = every_row(
        lambda after, limit: ranking_list.page_of_rankings(
            session, community_id, subject=subject, state=state, sort=table.sort, after=after, limit=limit
        )
    )
    cells = (
        {
            "title": title_of(row),
            "state": _(STATE_TITLES[row.state]),
            "created_at": row.created_at,
            "published_at": row.published_at,
            "month": f"{row.month:%Y-%m}",
            "subject": _(SUBJECT_TITLES[row.subject]),
            "withdrawn_at": row.withdrawn_at,
            "reason": row.withdraw_reason,
        }
        for row in rows
    )
    more = {"month": _("月份"), "subject": _("排什么"), "withdrawn_at": _("撤回时间"), "reason": _("撤回的理由")}
    return table_sheet(_("月度排名"), table, cells, file, columns, more=more)


def _check(subject: str, state: str) -> None:
    """The address names choices that there are.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if subject and subject not in SUBJECT_TITLES:
        raise Invalid.one("subject", _("这里不排这种名次"), "、".join(SUBJECT_TITLES))
    if state and state not in STATE_TITLES:
        raise Invalid.one("state", _("没有这种状态"), "、".join(STATE_TITLES))


@post("/indicators/rankings", needs=RANK, retry=list_rankings)
def make_ranking(session: ScopedSession, actor: Actor, place: Place, data: DraftForm) -> Redirect:
    """Draft a ranking."""
    row = rankings.draft_ranking(session, actor, _where(place), wanted_month(data.month), data.subject)
    return Redirect(f"{_HERE}/{row.id}", _("草稿已经算好，请核对"))


@get("/indicators/rankings/{ranking_id:uuid}", needs=READ_FIGURES)
def show_ranking(session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID) -> View:
    """A ranking with its places, and what can be done with it."""
    community_id = _where(place)
    row = rankings.get_ranking(session, community_id, ranking_id)
    return View(
        "waste_sorting/ranking.html",
        {
            **shown(row),
            "may_rank": actor.can(RANK, community_id=community_id),
            "may_publish": actor.can(PUBLISH_RANKING, community_id=community_id),
        },
    )


@post("/indicators/rankings/{ranking_id:uuid}/refresh", needs=RANK)
def refresh_ranking(session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID) -> Redirect:
    """Compute a draft anew."""
    rankings.refresh_ranking(session, actor, _where(place), ranking_id)
    return Redirect(f"{_HERE}/{ranking_id}", _("已经按现在的记录和指标重新计算，请核对"))


@post("/indicators/rankings/{ranking_id:uuid}/review", needs=RANK, retry=show_ranking)
def review_ranking(session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID, data: VersionForm) -> Redirect:
    """Say that a draft was looked at."""
    rankings.review_ranking(session, actor, _where(place), ranking_id, data.version)
    return Redirect(f"{_HERE}/{ranking_id}", _("已核对，可以公布了"))


@post("/indicators/rankings/{ranking_id:uuid}/publish", needs=PUBLISH_RANKING, retry=show_ranking)
def publish_ranking(
    session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID, data: VersionForm
) -> Redirect:
    """Publish what was looked at."""
    row = rankings.publish_ranking(session, actor, _where(place), ranking_id, data.version)
    said = _("已公布，居民可以在公告和“分类结果”里看到") if row.notice_id else _("已公布，居民可以在“分类结果”里看到")
    return Redirect(f"{_HERE}/{ranking_id}", said)


@post("/indicators/rankings/{ranking_id:uuid}/withdraw", needs=PUBLISH_RANKING, retry=show_ranking)
def withdraw_ranking(
    session: ScopedSession, actor: Actor, place: Place, ranking_id: UUID, data: WithdrawForm
) -> Redirect:
    """Take a published ranking back."""
    rankings.withdraw_ranking(session, actor, _where(place), ranking_id, data.reason)
    return Redirect(f"{_HERE}/{ranking_id}", _("已撤回；原来的排名和理由都保留。更正记录以后可以重新排名"))


@get("/indicators/rankings/{ranking_id:uuid}/export", needs=READ_FIGURES)
def export_ranking(session: ScopedSession, place: Place, ranking_id: UUID, file: SheetFormat = "xlsx") -> Download:
    """A ranking as a file."""
    return ranking_sheet(rankings.get_ranking(session, _where(place), ranking_id), file)


@get("/indicators/rankings/{ranking_id:uuid}/print", needs=READ_FIGURES)
def print_ranking(session: ScopedSession, place: Place, ranking_id: UUID) -> Download:
    """A ranking on paper."""
    return ranking_pdf(session, rankings.get_ranking(session, _where(place), ranking_id))


def bars_of(lines: Sequence[RankLine], mine: Collection[UUID] = ()) -> list[Rank]:
    """The places of a ranking with a bar each, as long as the score; those of ``mine`` are the reader's."""
    return [
        Rank(
            each.rank,
            each.name,
            float(each.score) if each.score is not None else 0.0,
            each.score if each.score is not None else _(WHY[each.why]),
            is_own=each.place_id in mine,
        )
        for each in lines
    ]


def shown(row: Ranking, mine: Collection[UUID] = ()) -> dict[str, Any]:
    """What a page shows of a ranking; ``mine`` are the places of the reader."""
    indicators, lines = definitions.read(row.indicators), ranks.read(row.lines)
    return {
        "row": row,
        "title": title_of(row),
        "state": _(STATE_TITLES[row.state]),
        "tone": TONES[row.state],
        "indicators": indicators,
        "targets": {each.code: target_text(each) for each in indicators},
        "lines": lines,
        "bars": bars_of(lines, mine),
    }


def _where(place: Place) -> UUID | None:
    return place.community.id if place.community else None


RANKING_HANDLERS: tuple[Handler, ...] = (
    list_rankings,
    *table_pages(list_rankings),
    export_rankings,
    make_ranking,
    show_ranking,
    refresh_ranking,
    review_ranking,
    publish_ranking,
    withdraw_ranking,
    export_ranking,
    print_ranking,
)
