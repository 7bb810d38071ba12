"""The pages on which residents book a pick-up, take it back, and see what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from linli.sdk import (
    Actor,
    Form,
    Home,
    Pages,
    Place,
    Redirect,
    ScopedSession,
    View,
    day_text,
    door_labels,
    get,
    homes_of,
    list_files,
    now,
    photos_of,
    post,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import asking, repository, service, slots
from linli_waste_sorting.bookings.forms import BookingForm, named_as_typed
from linli_waste_sorting.bookings.models import OPEN, Booking, Slot
from linli_waste_sorting.bookings.permissions import BOOK
from linli_waste_sorting.bookings.photos import BOOKING
from linli_waste_sorting.bookings.report_pages import RESIDENT_HANDLERS
from linli_waste_sorting.bookings.schemas import MOST_THINGS
from linli_waste_sorting.bookings.words import (
    STATES,
    TONES,
    fetched_titles,
    offer_of,
    paid_text,
    recyclable_titles,
    state_titles,
    taken_text,
    total_text,
    what_text,
)
from linli_waste_sorting.photos import LARGEST_FORM
from linli_waste_sorting.weights.repository import carrier_names

#: Slots that are seen at once; the later ones are folded away, for few book weeks ahead.
_SHOWN = 4


@get("/bookings", needs=BOOK)
def list_own(session: ScopedSession, actor: Actor, place: Place) -> View:
    """One's own bookings, and what can be booked where one has a home."""
    community_id = community_of(place)
    homes = homes_of(session, actor, community_id=community_id)
    free = _free(session, community_id, homes) if homes else ()
    kinds = fetched_titles(session)
    own = repository.own_bookings(session, actor, community_id)
    return View(
        "waste_sorting/bookings_resident.html",
        {
            "free": [offer_of(each, kinds) for each in free],
            "waiting": [_line(row, slot, kinds) for row, slot in own if row.state in OPEN],
            "past": [_line(row, slot, kinds) for row, slot in own if row.state not in OPEN],
            "has_home": bool(homes),
            "shown": _SHOWN,
        },
    )


@get("/bookings/slots/{slot_id:uuid}", needs=BOOK)
def show_offer(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID) -> View:
    """What a slot costs and until when it can be booked, and the form."""
    community_id = community_of(place)
    slot = slots.get_slot(session, community_id, slot_id)
    homes = homes_of(session, actor, community_id=community_id)
    reached = _reached(slot, homes)
    held = {each.dwelling_id: each for each in _held(session, community_id, homes) if each.slot_id == slot.id}
    left = [each for each in reached if each not in held]
    labels = door_labels(session, left)
    is_free = slot.closed_at is None and slot.taken < slot.capacity and now() < slot.books_until
    return View(
        "waste_sorting/bookings_offer.html",
        {
            **offer_of(slot, fetched_titles(session)),
            "doors": {str(each): labels.get(each, "—") for each in left},
            "may_book": bool(left) and is_free,
            "booked": next((each.id for each in held.values() if service.is_theirs(actor, each)), None),
            "is_held": bool(held) and not left,
            "kinds": recyclable_titles() if slot.category == "recyclable" else {},
            "carrier": _carrier(session, community_id, slot),
            "lines": list(range(1, MOST_THINGS + 1)),
        },
    )


@post("/bookings/slots/{slot_id:uuid}", needs=BOOK, retry=show_offer, max_body=LARGEST_FORM)
def book(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID, form: Form, data: BookingForm) -> Redirect:
    """Book it."""
    with named_as_typed("booking"):
        row = asking.book(
            session, actor, community_of(place), data.written(slot_id, data.dwelling_id), photos_of(form, "photos")
        )
    return Redirect(f"/waste_sorting/bookings/{row.id}", _("已预约，社区确认后会通知您"))


@get("/bookings/{booking_id:uuid}", needs=BOOK)
def show_own(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> View:
    """One's own booking and what became of it."""
    community_id = community_of(place)
    row = service.own_booking(session, actor, community_id, booking_id)
    slot = slots.get_slot(session, community_id, row.slot_id)
    titles = state_titles()
    return View(
        "waste_sorting/bookings_own.html",
        {
            **_line(row, slot, fetched_titles(session)),
            "door": door_labels(session, [row.dwelling_id]).get(row.dwelling_id, "—") if row.dwelling_id else "—",
            "carrier": _carrier(session, community_id, slot),
            "photos": list_files(session, "waste_sorting", (BOOKING, row.id)),
            "events": [_event(each, titles) for each in repository.changes_of(session, row)],
            "may_cancel": row.state in OPEN and now() < slot.books_until,
        },
    )


@post("/bookings/{booking_id:uuid}/cancel", needs=BOOK, retry=show_own)
def cancel_own(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> Redirect:
    """Take it back."""
    service.cancel_booking(session, actor, community_of(place), booking_id)
    return Redirect("/waste_sorting/bookings", _("已取消"))


def _free(session: ScopedSession, community_id: UUID, homes: Sequence[Home]) -> list[Slot]:
    """What can be booked now for at least one of one's homes: each home has a slot once."""
    held = {(each.slot_id, each.dwelling_id) for each in _held(session, community_id, homes)}
    free = slots.free_slots(session, community_id, {each.compound_id for each in homes})
    return [slot for slot in free if any((slot.id, each) not in held for each in _reached(slot, homes))]


def _reached(slot: Slot, homes: Sequence[Home]) -> list[UUID]:
    return [each.dwelling_id for each in homes if slot.compound_id in (None, each.compound_id)]


def _held(session: ScopedSession, community_id: UUID, homes: Sequence[Home]) -> Sequence[Booking]:
    return repository.open_bookings_of(session, community_id, [each.dwelling_id for each in homes])


def _carrier(session: ScopedSession, community_id: UUID, slot: Slot) -> str:
    return carrier_names(session, community_id).get(slot.carrier_id, "") if slot.carrier_id else ""


def _line(row: Booking, slot: Slot, kinds: dict[str, str]) -> dict[str, Any]:
    return offer_of(slot, kinds) | {
        "row": row,
        "things": what_text(row),
        "fee": total_text(row.fee_fen),
        "taken": taken_text(row),
        "paid": paid_text(row),
        "state": _(STATES[row.state]),
        "tone": TONES.get(row.state, "calm"),
    }


def _event(change: Any, titles: dict[str, str]) -> dict[str, Any]:
    moved = _("改期到 {day}").format(day=day_text(change.day))
    return {
        "at": change.at,
        "title": moved if change.is_moved else titles[change.state],
        "text": change.reason,
        "by": _("社区工作人员") if change.acted_by_name else _("我"),
        "tone": TONES.get(change.state, "calm").replace("brand", "good"),
    }


BOOKING_PAGES = (Pages("resident", (list_own, show_offer, book, show_own, cancel_own, *RESIDENT_HANDLERS)),)
