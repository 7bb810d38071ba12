"""The shifts as a list in the admin portal: who is missing where, as a file, and reminding those who are on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from linli.sdk import (
    Actor,
    Download,
    Invalid,
    Place,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    every_row,
    get,
    now,
    post,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of, compound_of
from linli_waste_sorting.listing import SHIFTS
from linli_waste_sorting.reach import compounds_of, names_within
from linli_waste_sorting.watch import reminding, repository
from linli_waste_sorting.watch.permissions import PLAN_SHIFTS, READ_SHIFTS
from linli_waste_sorting.watch.repository import SHIFT_STATES, Filled, ShiftFilter
from linli_waste_sorting.words import compound_names, span_text

#: A day as an address has it; a filter that is left empty is sent as nothing.
Day = Annotated[str, Meta(max_length=10)]
#: Which shifts a list holds; messages.
STATES = {"missing": "还缺人", "full": "人已够", "offered": "有人找替班", "cancelled": "已取消", "all": "全部"}


@get("/watch/shifts", needs=READ_SHIFTS, table=SHIFTS)
def list_shifts(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    first: Day = "",
    last: Day = "",
    compound: Chosen = "",
    state: Chosen = "",
    after: str = "",
) -> View:
    """The shifts from a day on, from today unless the address names another; the next one first."""
    community_id = community_of(place)
    wanted = _wanted(actor, community_id, first, last, compound, state)
    rows, following = repository.page_of_shifts(session, community_id, wanted, sort=table.sort, after=after)
    within = compounds_of(actor, READ_SHIFTS, community_id)
    return View(
        "waste_sorting/watch/shifts.html",
        {
            "rows": rows,
            "next": following,
            "compounds": names_within(compound_names(session, community_id), within),
            "states": {key: _(title) for key, title in STATES.items()},
            "titles": {each.shift.id: _state(each) for each in rows},
            "is_filtered": bool(first or last or compound or state),
            "may_plan": actor.holds(PLAN_SHIFTS),
        },
        fragment="waste_sorting/watch/_shifts.html",
    )


@get("/watch/shifts/export", needs=READ_SHIFTS, table=SHIFTS)
def export_shifts(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    first: Day = "",
    last: Day = "",
    compound: Chosen = "",
    state: Chosen = "",
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page. Nobody's name is in it: the roster holds those."""
    community_id = community_of(place)
    wanted = _wanted(actor, community_id, first, last, compound, state)
    rows = every_row(
        lambda after, limit: repository.page_of_shifts(
            session, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    compounds = compound_names(session, community_id)
    more = {"place": _("位置"), "reason": _("取消的原因")}
    return table_sheet(_("值守班次"), table, [_cells(each, compounds) for each in rows], file, columns, more=more)


@post("/watch/{shift_id:uuid}/remind", needs=PLAN_SHIFTS)
def remind_people(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID) -> Redirect:
    """Remind those who hold a place in one shift."""
    done = reminding.remind_people(session, actor, community_of(place), shift_id)
    return Redirect(f"/waste_sorting/watch/{shift_id}", reminding.said(done))


def _cells(each: Filled, compounds: Mapping[str, str]) -> dict[str, Any]:
    row = each.shift
    return {
        "day": row.day,
        "hours": span_text(row.begins, row.ends),
        "station": each.station.name,
        "compound": compounds.get(str(row.compound_id), ""),
        "wanted": row.wanted,
        "taken": each.taken,
        "missing": each.missing if row.cancelled_at is None else 0,
        "came": each.came,
        "reminded_at": row.reminded_at,
        "state": _state(each),
        "place": each.station.place,
        "reason": row.cancel_reason,
    }


def _state(each: Filled) -> str:
    if each.shift.cancelled_at is not None:
        return _("已取消")
    if each.shift.ends_at <= now():
        return _("已结束")
    if each.missing:
        return _("还缺 {n} 人").format(n=each.missing)
    return _("有人找替班") if each.offered else _("人已够")


def _wanted(actor: Actor, community_id: UUID, first: str, last: str, compound: str, state: str) -> ShiftFilter:
    """Which shifts an address asks for.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if state not in ("", "all", *SHIFT_STATES):
        raise Invalid.one("state", _("没有这种状态"), "、".join((*SHIFT_STATES, "all")))
    begin, end = _day("first", first), _day("last", last)
    return ShiftFilter(
        first=begin or _default_first(end),
        last=end,
        compound_id=compound_of(compound),
        compounds=compounds_of(actor, READ_SHIFTS, community_id),
        state=state,
    )


def _default_first(last: date | None) -> date:
    """Today, or the week up to the last day where that is over."""
    return today() if last is None or last >= today() else last - timedelta(days=6)


def _day(field: str, given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise Invalid.one(field, _("不是有效的日期"), _("例如 2026-01-31")) from error


SHIFT_LIST = (list_shifts, *table_pages(list_shifts), export_shifts, remind_people)
