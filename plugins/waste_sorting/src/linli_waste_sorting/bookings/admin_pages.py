"""The pages on which staff answer bookings, and the list of a day for the crew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Download,
    Pages,
    Place,
    Redirect,
    ScopedSession,
    SheetColumns,
    SheetFormat,
    TableState,
    View,
    day_text,
    every_row,
    get,
    list_files,
    names_of,
    place_names,
    post,
    table_pages,
    table_sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import crew, repository, service, slots, weighing
from linli_waste_sorting.bookings.entering_pages import ENTERING_HANDLERS
from linli_waste_sorting.bookings.files import booking_rows, more_of_bookings
from linli_waste_sorting.bookings.forms import CollectForm, MoveForm, ReasonForm, booking_filter, named_as_typed
from linli_waste_sorting.bookings.models import OPEN, Booking, Slot
from linli_waste_sorting.bookings.permissions import ANSWER_BOOKINGS, MANAGE_SLOTS, READ_BOOKINGS
from linli_waste_sorting.bookings.photos import BOOKING
from linli_waste_sorting.bookings.report_pages import STAFF_HANDLERS
from linli_waste_sorting.bookings.schemas import Chosen
from linli_waste_sorting.bookings.slot_pages import SLOT_HANDLERS
from linli_waste_sorting.bookings.words import (
    TONES,
    fetched_titles,
    hours_of,
    paid_text,
    recyclable_titles,
    state_titles,
    taken_text,
    total_text,
    what_text,
    yuan,
)
from linli_waste_sorting.listing import BOOKINGS
from linli_waste_sorting.words import compound_names, kilos


@get("/bookings", needs=READ_BOOKINGS, table=BOOKINGS)
def list_bookings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    state: Chosen = "",
    category: Chosen = "",
    compound: Chosen = "",
    day: date | None = None,
    after: str = "",
) -> View:
    """The bookings that wait, or those that the filter asks for."""
    wanted = booking_filter(state, category, compound, day)
    table.prefer(wanted.usual)
    rows, following = repository.page_of_bookings(
        session, actor, community_of(place), wanted, sort=table.sort, after=after
    )
    doors = repository.doors_of(session, rows)
    compounds = compound_names(session, community_of(place))
    return View(
        "waste_sorting/bookings_list.html",
        {
            "rows": [_line(row, slot, doors.get(row.id, ""), compounds) for row, slot in rows],
            "next": following,
            "kinds": fetched_titles(session),
            "states": {**state_titles(), "all": _("全部")},
            "tones": TONES,
            "compounds": compounds,
            "today": today().isoformat(),
            "is_filtered": bool(state or category or compound or day),
            "may_manage": actor.holds(MANAGE_SLOTS),
        },
        fragment="waste_sorting/_bookings_list.html",
    )


@get("/bookings/export", needs=READ_BOOKINGS, table=BOOKINGS)
def export_bookings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    state: Chosen = "",
    category: Chosen = "",
    compound: Chosen = "",
    day: date | None = None,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The list as a file, filtered and in the order of the page; with all columns also numbers to add up."""
    community_id = community_of(place)
    wanted = booking_filter(state, category, compound, day)
    table.prefer(wanted.usual)
    rows = every_row(
        lambda after, limit: repository.page_of_bookings(
            session, actor, community_id, wanted, sort=table.sort, after=after, limit=limit
        )
    )
    cells = booking_rows(session, community_id, rows)
    return table_sheet(_("上门回收预约"), table, cells, file, columns, more=more_of_bookings())


@get("/bookings/{booking_id:uuid}", needs=READ_BOOKINGS)
def show_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> View:
    """One booking, its history, and what can be done with it."""
    community_id = community_of(place)
    row = service.get_booking(session, actor, community_id, booking_id, READ_BOOKINGS)
    slot = slots.get_slot(session, community_id, row.slot_id)
    may_answer = service.may(actor, row, ANSWER_BOOKINGS)
    return View(
        "waste_sorting/bookings_show.html",
        {
            **_line(
                row,
                slot,
                repository.doors_of(session, [(row, slot)]).get(row.id, ""),
                compound_names(session, community_id),
            ),
            "kinds": fetched_titles(session),
            "states": state_titles(),
            "tones": TONES,
            "person": _booked_for(session, actor, row),
            "photos": list_files(session, "waste_sorting", (BOOKING, row.id)),
            "events": _events(session, row),
            "is_day": slot.day <= today(),
            "taken": taken_text(row),
            "paid": paid_text(row),
            "weighing": _weighing(row, slot) if may_answer else {},
            "may_answer": may_answer and row.state in OPEN,
            "others": _others(session, community_id, row, slot) if may_answer and row.state in OPEN else {},
        },
    )


@post("/bookings/{booking_id:uuid}/confirm", needs=ANSWER_BOOKINGS, retry=show_booking)
def confirm_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> Redirect:
    """Say that the crew will come."""
    service.confirm_booking(session, actor, community_of(place), booking_id)
    return _back(booking_id, _("已确认，已通知预约的居民"))


@post("/bookings/{booking_id:uuid}/reject", needs=ANSWER_BOOKINGS, retry=show_booking)
def reject_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: ReasonForm) -> Redirect:
    """Say that the crew will not come."""
    service.reject_booking(session, actor, community_of(place), booking_id, data.reason)
    return _back(booking_id, _("已说明不能受理，名额已空出"))


@post("/bookings/{booking_id:uuid}/done", needs=ANSWER_BOOKINGS, retry=show_booking)
def finish_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> Redirect:
    """Say that the things were fetched."""
    service.finish_booking(session, actor, community_of(place), booking_id)
    return _back(booking_id, _("已办结"))


@post("/bookings/{booking_id:uuid}/collect", needs=ANSWER_BOOKINGS, retry=show_booking)
def collect_booking(
    session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: CollectForm
) -> Redirect:
    """Write down what the carrier weighed and took."""
    with named_as_typed("booking"):
        weighing.collect_booking(session, actor, community_of(place), booking_id, data.collected())
    return _back(booking_id, _("已登记取走的重量"))


@post("/bookings/{booking_id:uuid}/missed", needs=ANSWER_BOOKINGS, retry=show_booking)
def miss_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: ReasonForm) -> Redirect:
    """Say that the crew came and could not fetch them."""
    service.miss_booking(session, actor, community_of(place), booking_id, data.reason)
    return _back(booking_id, _("已登记没有取到"))


@post("/bookings/{booking_id:uuid}/reschedule", needs=ANSWER_BOOKINGS, retry=show_booking)
def reschedule_booking(
    session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: MoveForm
) -> Redirect:
    """Fetch the things at another time."""
    service.reschedule_booking(session, actor, community_of(place), booking_id, data.slot_id, data.reason)
    return _back(booking_id, _("已改期，已通知预约的居民"))


@get("/bookings/days", needs=READ_BOOKINGS)
def show_day(
    session: ScopedSession, actor: Actor, place: Place, day: date | None = None, compound: Chosen = ""
) -> View:
    """What is confirmed for a day, in the order in which the crew walks."""
    wanted = booking_filter("", "", compound, day or today())
    lines = _lines_of_day(session, actor, place, wanted.day or today(), wanted.compound_id)
    return View(
        "waste_sorting/bookings_day.html",
        {
            "lines": lines,
            "day": wanted.day,
            "compounds": compound_names(session, community_of(place)),
            "pieces": sum(each.pieces for line in lines for each in line["row"].things),
        },
        fragment="waste_sorting/_bookings_day.html",
    )


@get("/bookings/days/print", needs=READ_BOOKINGS)
def print_day(
    session: ScopedSession, actor: Actor, place: Place, day: date | None = None, compound: Chosen = ""
) -> Download:
    """The same on paper."""
    wanted = booking_filter("", "", compound, day or today())
    lines = _lines_of_day(session, actor, place, wanted.day or today(), wanted.compound_id)
    names = place_names(session, community_of(place))
    return crew.make_day_list(lines, wanted.day or today(), f"{names.street}{names.community}")


def _lines_of_day(
    session: ScopedSession, actor: Actor, place: Place, day: date, compound_id: UUID | None
) -> list[dict[str, Any]]:
    compounds, kinds = compound_names(session, community_of(place)), fetched_titles(session)
    found = repository.bookings_of_day(session, actor, community_of(place), day, compound_id)
    return [{**_line(row, slot, door, compounds), "kind": kinds[slot.category]} for row, slot, door in found]


def _line(row: Booking, slot: Slot, door: str, compounds: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "slot": slot,
        "door": door or _("（已删除）"),
        "compound": compounds.get(str(row.compound_id), "—"),
        "hours": hours_of(slot),
        "things": what_text(row),
        "fee": total_text(row.fee_fen),
    }


def _weighing(row: Booking, slot: Slot) -> dict[str, Any]:
    """What the form of weights begins with; nothing where there is none to fill in."""
    if slot.category != "recyclable" or row.state not in ("confirmed", "done") or slot.day > today():
        return {}
    held = {each.kind: kilos(each.taken_kg) for each in row.weights if each.taken_kg is not None}
    return {
        "kinds": recyclable_titles(),
        "held": held,
        "paid": yuan(row.paid_fen).replace(",", "") if row.paid_fen is not None else "",
    }


def _booked_for(session: ScopedSession, actor: Actor, row: Booking) -> str:
    """Whom staff booked it for, for those who read the register there; otherwise a door is all that is told."""
    if not row.booked_by_name or row.resident_id is None or not service.may(actor, row, "core.resident.read"):
        return ""
    return names_of(session, [row.resident_id]).get(row.resident_id, "")


def _events(session: ScopedSession, row: Booking) -> list[dict[str, Any]]:
    titles = state_titles()
    return [
        {
            "at": each.at,
            "title": _("改期到 {day}").format(day=day_text(each.day)) if each.is_moved else titles[each.state],
            "text": each.reason,
            "by": each.acted_by_name or _("预约的居民"),
            "tone": TONES.get(each.state, "calm").replace("brand", "good"),
        }
        for each in repository.changes_of(session, row)
    ]


def _others(session: ScopedSession, community_id: UUID, row: Booking, slot: Slot) -> dict[str, str]:
    found: Sequence[Slot] = slots.places_for(session, community_id, slot, row.compound_id)
    return {
        str(each.id): _("{day} {hours}，还有 {n} 个名额").format(
            day=day_text(each.day), hours=hours_of(each), n=each.capacity - each.taken
        )
        for each in found
    }


def _back(booking_id: UUID, message: str) -> Redirect:
    return Redirect(f"/waste_sorting/bookings/{booking_id}", message)


BOOKING_PAGES = (
    Pages(
        "admin",
        (
            list_bookings,
            *table_pages(list_bookings),
            export_bookings,
            show_booking,
            confirm_booking,
            reject_booking,
            finish_booking,
            collect_booking,
            miss_booking,
            reschedule_booking,
            show_day,
            print_day,
            *ENTERING_HANDLERS,
            *SLOT_HANDLERS,
            *STAFF_HANDLERS,
        ),
    ),
)
