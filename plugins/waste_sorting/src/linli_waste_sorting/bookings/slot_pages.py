"""The pages on which staff set up when a crew comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Download,
    Place,
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
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import forms, slots
from linli_waste_sorting.bookings.files import more_of_slots, slot_rows
from linli_waste_sorting.bookings.forms import NewSlotForm, SlotForm, named_as_typed
from linli_waste_sorting.bookings.models import Slot
from linli_waste_sorting.bookings.permissions import MANAGE_SLOTS, READ_BOOKINGS
from linli_waste_sorting.bookings.schemas import Chosen
from linli_waste_sorting.bookings.slots import SlotFilter
from linli_waste_sorting.bookings.words import FEE_PERS, fee_text, fetched_titles, hours_of
from linli_waste_sorting.listing import SLOTS
from linli_waste_sorting.weights.repository import carrier_names, carriers_of
from linli_waste_sorting.words import compound_names

_HERE = "/waste_sorting/bookings/slots"
_PAST = timedelta(days=90)


@get("/bookings/slots", needs=READ_BOOKINGS, table=SLOTS)
def list_slots(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    category: Chosen = "",
    past: bool = False,
    after: str = "",
) -> View:
    """The slots from today on; with ``past`` those of the last three months."""
    wanted = _wanted(category, is_past=past)
    rows, following = slots.page_of_slots(session, community_of(place), wanted, sort=table.sort, after=after)
    compounds = compound_names(session, community_of(place))
    titles = fetched_titles(session)
    return View(
        "waste_sorting/bookings_slots.html",
        {
            "rows": [_line(row, titles, compounds) for row in rows],
            "next": following,
            "categories": titles,
            "past": {"1": _("最近三个月的")},
            "is_filtered": bool(category or past),
            "may_manage": actor.holds(MANAGE_SLOTS),
        },
        fragment="waste_sorting/_bookings_slots.html",
    )


@get("/bookings/slots/export", needs=READ_BOOKINGS, table=SLOTS)
def export_slots(
    session: ScopedSession,
    place: Place,
    table: TableState,
    category: Chosen = "",
    past: bool = False,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; with all columns also what the page of a slot says."""
    community_id, wanted = community_of(place), _wanted(category, is_past=past)
    rows = every_row(
        lambda after, limit: slots.page_of_slots(
            session, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    cells = slot_rows(session, community_id, rows)
    return table_sheet(_("上门回收时段"), table, cells, file, columns, more=more_of_slots())


@get("/bookings/slots/new", needs=MANAGE_SLOTS)
def new_slots(session: ScopedSession, place: Place) -> View:
    """An empty form."""
    return View("waste_sorting/bookings_slot_form.html", _form(session, place, None))


@post("/bookings/slots/new", needs=MANAGE_SLOTS, retry=new_slots)
def create_slots(session: ScopedSession, actor: Actor, place: Place, data: NewSlotForm) -> Redirect:
    """Set up a slot, or the same one in several weeks."""
    with named_as_typed("slot"):
        rows = slots.create_slots(session, actor, community_of(place), data.created())
    return Redirect(_HERE, _("已设置 {n} 个时段").format(n=len(rows)))


@get("/bookings/slots/{slot_id:uuid}", needs=READ_BOOKINGS)
def show_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID) -> View:
    """One slot and what can be done with it."""
    row = slots.get_slot(session, community_of(place), slot_id)
    titles = fetched_titles(session)
    return View(
        "waste_sorting/bookings_slot.html",
        {
            **_line(row, titles, compound_names(session, community_of(place))),
            "carrier": carrier_names(session, community_of(place)).get(row.carrier_id, "") if row.carrier_id else "",
            "may_manage": actor.holds(MANAGE_SLOTS),
        },
    )


@get("/bookings/slots/{slot_id:uuid}/edit", needs=MANAGE_SLOTS)
def edit_slot(session: ScopedSession, place: Place, slot_id: UUID) -> View:
    """The form of a slot."""
    row = slots.get_slot(session, community_of(place), slot_id)
    return View("waste_sorting/bookings_slot_form.html", _form(session, place, row))


@post("/bookings/slots/{slot_id:uuid}/edit", needs=MANAGE_SLOTS, retry=edit_slot)
def update_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID, data: SlotForm) -> Redirect:
    """Change a slot."""
    with named_as_typed("slot"):
        slots.update_slot(session, actor, community_of(place), slot_id, data.written())
    return Redirect(f"{_HERE}/{slot_id}", _("已保存"))


@post("/bookings/slots/{slot_id:uuid}/close", needs=MANAGE_SLOTS)
def close_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID) -> Redirect:
    """Take no more bookings."""
    slots.close_slot(session, actor, community_of(place), slot_id)
    return Redirect(f"{_HERE}/{slot_id}", _("已停止预约，已有的预约照常"))


@post("/bookings/slots/{slot_id:uuid}/reopen", needs=MANAGE_SLOTS)
def reopen_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID) -> Redirect:
    """Take bookings again."""
    slots.reopen_slot(session, actor, community_of(place), slot_id)
    return Redirect(f"{_HERE}/{slot_id}", _("已恢复预约"))


def _wanted(category: str, *, is_past: bool) -> SlotFilter:
    """The slots from today on, or those of the last three months."""
    known, day = forms.booking_filter("", category, "", None).category, today()
    since, until = (day - _PAST, day - timedelta(days=1)) if is_past else (day, None)
    return SlotFilter(category=known, since=since, until=until)


def _line(row: Slot, titles: dict[str, str], compounds: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "kind": titles[row.category],
        "compound": compounds.get(str(row.compound_id), "—") if row.compound_id else _("全部小区"),
        "hours": hours_of(row),
        "fee": fee_text(row),
    }


def _form(session: ScopedSession, place: Place, row: Slot | None) -> dict[str, Any]:
    return {
        "row": row,
        "start": forms.shown(row),
        "compounds": {"all": _("全部小区"), **compound_names(session, community_of(place))},
        "categories": fetched_titles(session),
        "carriers": _carriers(session, place, row),
        "fee_pers": {key: _(title) for key, title in FEE_PERS.items()},
        "first": today().isoformat(),
    }


def _carriers(session: ScopedSession, place: Place, row: Slot | None) -> dict[str, str]:
    known = carriers_of(session, community_of(place))
    held = row.carrier_id if row else None
    return {str(each.id): each.name for each in known if each.closed_at is None or each.id == held}


SLOT_HANDLERS = (
    list_slots,
    *table_pages(list_slots),
    export_slots,
    new_slots,
    create_slots,
    show_slot,
    edit_slot,
    update_slot,
    close_slot,
    reopen_slot,
)
