"""The lists of points that staff arrange, and their files: households, what is redeemed, what looks odd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Download,
    Place,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    every_row,
    get,
    table_pages,
    table_sheet,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.listing import FLAGGED, PURSES, REDEMPTIONS
from linli_waste_sorting.points import auditing, repository
from linli_waste_sorting.points.auditing import Flagged
from linli_waste_sorting.points.forms import flag_state, purse_filter, redemption_state
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.permissions import AUDIT, HAND_OVER, READ_POINTS
from linli_waste_sorting.points.purse_list import page_of_purses
from linli_waste_sorting.points.shown import doors_like, redemptions_of
from linli_waste_sorting.points.words import DECISIONS, FLAGS, STATES, titles
from linli_waste_sorting.reach import compounds_of, names_within
from linli_waste_sorting.schemas import Words
from linli_waste_sorting.words import compound_names

#: Which households a list holds; messages.
_PURSES = {"closed": "已搬走", "debt": "负数", "all": "全部"}


@get("/points/purses", needs=READ_POINTS, table=PURSES)
def list_purses(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    compound: Chosen = "",
    state: Chosen = "",
    after: str = "",
) -> View:
    """What each household holds; those that live there unless the address says otherwise."""
    community_id = community_of(place)
    wanted = purse_filter(state, compound, doors_like(session, community_id, q))
    rows, following = page_of_purses(session, actor, READ_POINTS, community_id, wanted, sort=table.sort, after=after)
    within = compounds_of(actor, READ_POINTS, community_id)
    return View(
        "waste_sorting/points_purses.html",
        {
            "rows": rows,
            "doors": repository.doors_of(session, rows),
            "next": following,
            "compounds": names_within(compound_names(session, community_id), within),
            "states": titles(_PURSES),
            "is_filtered": bool(q.strip() or compound or state),
        },
        fragment="waste_sorting/_points_purses.html",
    )


@get("/points/purses/export", needs=READ_POINTS, table=PURSES)
def export_purses(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    compound: Chosen = "",
    state: Chosen = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page. No household's code is in it."""
    community_id = community_of(place)
    wanted = purse_filter(state, compound, doors_like(session, community_id, q))
    rows = every_row(
        lambda after, limit: page_of_purses(
            session, actor, READ_POINTS, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    doors, compounds = repository.doors_of(session, rows), compound_names(session, community_id)
    cells = [_purse(each, doors, compounds) for each in rows]
    return table_sheet(_("积分账户"), table, cells, file, columns, more={"closed_at": _("关闭时间")})


def _purse(row: Purse, doors: Mapping[UUID, str], compounds: Mapping[str, str]) -> dict[str, Any]:
    return {
        "door": doors.get(row.id, ""),
        "compound": compounds.get(str(row.compound_id), ""),
        "balance": row.balance,
        "opened_at": row.opened_at,
        "card": _("有卡") if row.carded_at else "",
        "state": _("已搬走") if row.closed_at else _("在用"),
        "closed_at": row.closed_at,
    }


@get("/points/redemptions", needs=HAND_OVER, table=REDEMPTIONS)
def list_redemptions(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    state: Words = "",
    after: str = "",
) -> View:
    """What is reserved and was handed over, the newest first."""
    community_id, known = community_of(place), redemption_state(state)
    rows, following = repository.page_of_redemptions(
        session,
        actor,
        HAND_OVER,
        community_id,
        state=known,
        dwellings=doors_like(session, community_id, q),
        sort=table.sort,
        after=after,
    )
    return View(
        "waste_sorting/points_redemptions.html",
        {
            "rows": redemptions_of(rows, repository.doors_of(session, [each[3] for each in rows])),
            "next": following,
            "states": titles(STATES),
            "is_filtered": bool(known or q.strip()),
        },
        fragment="waste_sorting/_points_redemptions.html",
    )


@get("/points/redemptions/export", needs=HAND_OVER, table=REDEMPTIONS)
def export_redemptions(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    q: Words = "",
    state: Words = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; with all columns also why one was cancelled."""
    community_id, known = community_of(place), redemption_state(state)
    doors_wanted = doors_like(session, community_id, q)
    rows = every_row(
        lambda after, limit: repository.page_of_redemptions(
            session,
            actor,
            HAND_OVER,
            community_id,
            state=known,
            dwellings=doors_wanted,
            sort=table.sort,
            after=after,
            limit=limit,
        )
    )
    lines = redemptions_of(rows, repository.doors_of(session, [each[3] for each in rows]))
    more = {"ended_at": _("领取或取消的时间"), "reason": _("取消的原因")}
    return table_sheet(_("兑换记录"), table, [_redeemed(each) for each in lines], file, columns, more=more)


def _redeemed(line: Mapping[str, Any]) -> dict[str, Any]:
    row = line["row"]
    return {
        "door": line["door"],
        "item": line["item"],
        "pieces": row.pieces,
        "points": row.points,
        "at": row.at,
        "day": line["day"] or _("当场"),
        "state": _(STATES[row.state]),
        "by": row.acted_by_name,
        "ended_at": row.ended_at,
        "reason": row.reason,
    }


@get("/points/flags", needs=AUDIT, table=FLAGGED)
def list_flags(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    state: Words = "",
    reason: Words = "",
    after: str = "",
) -> View:
    """What looks odd, those that wait unless the address says otherwise."""
    is_open = flag_state(state, reason)
    rows, following = auditing.page_of_flags(
        session, actor, community_of(place), is_open=is_open, reason=reason, sort=table.sort, after=after
    )
    return View(
        "waste_sorting/points_flags.html",
        {
            "rows": rows,
            "doors": repository.doors_of(session, [each.purse for each in rows]),
            "next": following,
            "reasons": titles(FLAGS),
            "decisions": titles(DECISIONS),
            "states": {"decided": _("已核查"), "all": _("全部")},
            "is_filtered": bool(state or reason),
        },
        fragment="waste_sorting/_points_flags.html",
    )


@get("/points/flags/export", needs=AUDIT, table=FLAGGED)
def export_flags(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    state: Words = "",
    reason: Words = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; with all columns also who decided, when and why."""
    community_id, is_open = community_of(place), flag_state(state, reason)
    rows = every_row(
        lambda after, limit: auditing.page_of_flags(
            session, actor, community_id, is_open=is_open, reason=reason, sort=table.sort, after=after, limit=limit
        )
    )
    doors = repository.doors_of(session, [each.purse for each in rows])
    more = {"decided_at": _("核查时间"), "decided_by": _("核查人"), "note": _("理由")}
    return table_sheet(_("积分核查"), table, [_flagged(each, doors) for each in rows], file, columns, more=more)


def _flagged(each: Flagged, doors: Mapping[UUID, str]) -> dict[str, Any]:
    flag = each.flag
    return {
        "raised_at": flag.raised_at,
        "door": doors.get(each.purse.id, ""),
        "reason": _(FLAGS[flag.reason]),
        "points": each.entry.points,
        "by": each.claim.acted_by_name,
        "decision": _(DECISIONS[flag.decision]),
        "decided_at": flag.decided_at,
        "decided_by": flag.decided_by_name,
        "note": flag.note,
    }


POINT_LISTS = (
    list_purses,
    *table_pages(list_purses),
    export_purses,
    list_redemptions,
    *table_pages(list_redemptions),
    export_redemptions,
    list_flags,
    *table_pages(list_flags),
    export_flags,
)
