"""The JSON API of pick-ups: the same as the portals can do."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Limit,
    Page,
    Place,
    ScopedSession,
    community_names,
    get,
    homes_of,
    list_files,
    page_of,
    post,
    put,
)
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import asking, repository, service, slots, weighing
from linli_waste_sorting.bookings.models import Booking
from linli_waste_sorting.bookings.permissions import (
    ANSWER_BOOKINGS,
    BOOK,
    BOOK_FOR,
    COUNT_BOOKINGS,
    MANAGE_SLOTS,
    READ_BOOKINGS,
)
from linli_waste_sorting.bookings.photos import BOOKING
from linli_waste_sorting.bookings.repository import BookingFilter
from linli_waste_sorting.bookings.schemas import (
    BookingCreate,
    BookingFact,
    BookingForCreate,
    BookingForWrite,
    BookingLine,
    BookingOut,
    BookingWrite,
    ChangeOut,
    CollectBody,
    CountOut,
    Fetched,
    MoveBody,
    ReasonBody,
    SlotCreate,
    SlotOut,
    SlotsOut,
    SlotWrite,
    State,
)
from linli_waste_sorting.bookings.slots import SlotFilter
from linli_waste_sorting.photos import LARGEST_BODY, decoded, photos_out

BookingSort = Literal["requested_at", "-requested_at", "slot", "-slot", "fee", "-fee", "state", "-state"]


@get("/bookings/slots", needs=READ_BOOKINGS)
def list_slots(
    session: ScopedSession,
    place: Place,
    since: date | None = None,
    until: date | None = None,
    category: Fetched | None = None,
    closed: bool | None = None,
    sort: Literal["day", "-day", "fee", "-fee", "taken", "-taken"] = "day",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[SlotOut]:
    """The slots by day and time; with `closed` those that take no bookings any more, or only the others"""
    state = "" if closed is None else "closed" if closed else "open"
    wanted = SlotFilter(since=since, until=until, category=category or "", state=state)
    rows, following = slots.page_of_slots(session, community_of(place), wanted, sort=sort, after=after, limit=limit)
    return Page(items=[slots.slot_out(row) for row in rows], next=following)


@post("/bookings/slots", needs=MANAGE_SLOTS)
def create_slots(session: ScopedSession, actor: Actor, place: Place, data: SlotCreate) -> SlotsOut:
    """Set up a slot, or the same one in each of several weeks; all of them come back"""
    rows = slots.create_slots(session, actor, community_of(place), data)
    return SlotsOut(slots=[slots.slot_out(row) for row in rows])


@get("/bookings/slots/{slot_id:uuid}", needs=READ_BOOKINGS)
def show_slot(session: ScopedSession, place: Place, slot_id: UUID) -> SlotOut:
    """One slot and what is left of it"""
    return slots.slot_out(slots.get_slot(session, community_of(place), slot_id))


@put("/bookings/slots/{slot_id:uuid}", needs=MANAGE_SLOTS)
def update_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID, data: SlotWrite) -> SlotOut:
    """Change a slot; once somebody has booked only its capacity, its deadline and its note"""
    return slots.slot_out(slots.update_slot(session, actor, community_of(place), slot_id, data))


@post("/bookings/slots/{slot_id:uuid}/close", needs=MANAGE_SLOTS, status=200)
def close_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID) -> SlotOut:
    """Take no more bookings; those that it has stay. A second call changes nothing"""
    return slots.slot_out(slots.close_slot(session, actor, community_of(place), slot_id))


@post("/bookings/slots/{slot_id:uuid}/reopen", needs=MANAGE_SLOTS, status=200)
def reopen_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID) -> SlotOut:
    """Take bookings again. A second call changes nothing"""
    return slots.slot_out(slots.reopen_slot(session, actor, community_of(place), slot_id))


@get("/bookings", needs=READ_BOOKINGS)
def list_bookings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    state: State | None = None,
    category: Fetched | None = None,
    compound_id: UUID | None = None,
    day: date | None = None,
    waiting: bool = False,
    sort: BookingSort | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[BookingLine]:
    """The bookings within one's reach, the newest first; with `waiting` those that wait, the oldest first"""
    asked = state or ("open" if waiting else "")
    wanted = BookingFilter(state=asked, category=category or "", compound_id=compound_id, day=day)
    rows, following = repository.page_of_bookings(
        session, actor, community_of(place), wanted, sort=sort or "", after=after, limit=limit
    )
    doors = repository.doors_of(session, rows)
    items = [repository.line_of(row, slot, doors.get(row.id, "")) for row, slot in rows]
    return Page(items=items, next=following)


@get("/bookings/{booking_id:uuid}", needs=READ_BOOKINGS)
def show_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> BookingOut:
    """One booking with its history and photos"""
    row = service.get_booking(session, actor, community_of(place), booking_id, READ_BOOKINGS)
    return _out(session, place, row)


@post("/bookings/{booking_id:uuid}/confirm", needs=ANSWER_BOOKINGS, status=200)
def confirm_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> BookingOut:
    """Say that the crew will come. A second call changes nothing"""
    return _out(session, place, service.confirm_booking(session, actor, community_of(place), booking_id))


@post("/bookings/{booking_id:uuid}/reject", needs=ANSWER_BOOKINGS, status=200)
def reject_booking(
    session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: ReasonBody
) -> BookingOut:
    """Say that the crew will not come, and why; its place is free again"""
    return _out(session, place, service.reject_booking(session, actor, community_of(place), booking_id, data.reason))


@post("/bookings/{booking_id:uuid}/done", needs=ANSWER_BOOKINGS, status=200)
def finish_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> BookingOut:
    """Say that the things were fetched, not before the day"""
    return _out(session, place, service.finish_booking(session, actor, community_of(place), booking_id))


@post("/bookings/{booking_id:uuid}/collect", needs=ANSWER_BOOKINGS, status=200)
def collect_booking(
    session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: CollectBody
) -> BookingOut:
    """Write down what the carrier weighed and took; a confirmed booking is done by that, a done one is corrected"""
    return _out(session, place, weighing.collect_booking(session, actor, community_of(place), booking_id, data))


@post("/bookings/{booking_id:uuid}/missed", needs=ANSWER_BOOKINGS, status=200)
def miss_booking(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: ReasonBody) -> BookingOut:
    """Say that the crew came and could not fetch them, and why, not before the day"""
    return _out(session, place, service.miss_booking(session, actor, community_of(place), booking_id, data.reason))


@post("/bookings/{booking_id:uuid}/reschedule", needs=ANSWER_BOOKINGS, status=200)
def reschedule_booking(
    session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, data: MoveBody
) -> BookingOut:
    """Fetch the things at another time, which is confirmed by that; it never costs more than was told"""
    community_id = community_of(place)
    row = service.reschedule_booking(session, actor, community_id, booking_id, data.slot_id, data.reason)
    return _out(session, place, row)


@get("/bookings/free", needs=BOOK)
def list_free_slots(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[SlotOut]:
    """What can be booked now where one has a home, the next one first"""
    community_id = community_of(place)
    compounds = {each.compound_id for each in homes_of(session, actor, community_id=community_id)}
    found = slots.free_slots(session, community_id, compounds) if compounds else ()
    return page_of([slots.slot_out(each) for each in found], after, limit, key=lambda each: str(each.id))


@get("/bookings/mine", needs=BOOK)
def list_own(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[BookingLine]:
    """One's own bookings, the newest first"""
    found = repository.own_bookings(session, actor, community_of(place))
    doors = repository.doors_of(session, found)
    items = [repository.line_of(row, slot, doors.get(row.id, "")) for row, slot in found]
    return page_of(items, after, limit, key=lambda each: str(each.id))


@post("/bookings/mine", needs=BOOK, max_body=LARGEST_BODY)
def book(session: ScopedSession, actor: Actor, place: Place, data: BookingCreate) -> BookingOut:
    """Ask for things to be fetched from one's own dwelling; the same again gives what was asked the first time"""
    wanted = BookingWrite(
        slot_id=data.slot_id,
        dwelling_id=data.dwelling_id,
        things=data.things,
        recyclables=data.recyclables,
        note=data.note,
    )
    row = asking.book(session, actor, community_of(place), wanted, decoded(data.photos))
    return _out(session, place, row, is_own=True)


@post("/bookings/for_residents", needs=BOOK_FOR, max_body=LARGEST_BODY)
def book_for(session: ScopedSession, actor: Actor, place: Place, data: BookingForCreate) -> BookingOut:
    """Ask on behalf of somebody of the register, who is told and sees it as their own; the terms are the same"""
    wanted = BookingForWrite(
        slot_id=data.slot_id,
        dwelling_id=data.dwelling_id,
        resident_id=data.resident_id,
        things=data.things,
        recyclables=data.recyclables,
        note=data.note,
    )
    return _out(session, place, asking.book_for(session, actor, community_of(place), wanted, decoded(data.photos)))


@get("/bookings/mine/{booking_id:uuid}", needs=BOOK)
def show_own(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> BookingOut:
    """One's own booking and what became of it"""
    return _out(session, place, service.own_booking(session, actor, community_of(place), booking_id), is_own=True)


@post("/bookings/mine/{booking_id:uuid}/cancel", needs=BOOK, status=200)
def cancel_own(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> BookingOut:
    """Take one's own booking back, until the slot's deadline. A second call changes nothing"""
    return _out(session, place, service.cancel_booking(session, actor, community_of(place), booking_id), is_own=True)


@get("/bookings/counts", needs=COUNT_BOOKINGS)
def list_counts(session: ScopedSession, after: After = "", limit: Limit = PAGE) -> Page[CountOut]:
    """How each community stands with its pick-ups and full bins"""
    found = repository.counts(session, list(community_names(session)))
    return page_of(found, after, limit, key=lambda each: str(each.community_id))


@get("/bookings", needs=COUNT_BOOKINGS)
def list_facts(
    session: ScopedSession,
    state: State | None = None,
    category: Fetched | None = None,
    community_id: UUID | None = None,
    waiting: bool = False,
    sort: BookingSort | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[BookingFact]:
    """The bookings of the street's communities without any person or door, the newest first; `waiting` as there"""
    wanted = BookingFilter(state=state or ("open" if waiting else ""), category=category or "")
    rows, following = repository.page_of_facts(session, community_id, wanted, sort=sort or "", after=after, limit=limit)
    return Page(items=rows, next=following)


def _out(session: ScopedSession, place: Place, row: Booking, *, is_own: bool = False) -> BookingOut:
    session.flush()
    slot = slots.get_slot(session, row.community_id, row.slot_id)
    door = repository.doors_of(session, [(row, slot)]).get(row.id, "")
    changes = [
        ChangeOut(
            state=each.state,
            is_moved=each.is_moved,
            day=each.day,
            opens=each.opens,
            at=each.at,
            by="" if is_own else each.acted_by_name,
            reason=each.reason,
        )
        for each in repository.changes_of(session, row)
    ]
    photos = photos_out(place, list_files(session, "waste_sorting", (BOOKING, row.id)))
    return BookingOut(**repository.plain_of(row, slot, door), changes=changes, photos=photos)


STREET = (list_counts, list_facts)
COMMUNITY = (
    list_slots,
    create_slots,
    show_slot,
    update_slot,
    close_slot,
    reopen_slot,
    list_bookings,
    show_booking,
    confirm_booking,
    reject_booking,
    finish_booking,
    collect_booking,
    miss_booking,
    reschedule_booking,
    list_free_slots,
    list_own,
    book,
    book_for,
    show_own,
    cancel_own,
)
