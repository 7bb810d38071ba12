"""The pages on which staff book a pick-up for somebody who cannot: find the person, choose a time, say what it is."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.sdk import (
    Actor,
    Form,
    Home,
    Invalid,
    NotFound,
    Place,
    Redirect,
    ScopedSession,
    View,
    door_labels,
    find_neighbours,
    get,
    homes_of_resident,
    names_of,
    photos_of,
    post,
    reach_of,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import asking, slots
from linli_waste_sorting.bookings.forms import ThingsForm, named_as_typed
from linli_waste_sorting.bookings.permissions import BOOK_FOR
from linli_waste_sorting.bookings.schemas import MOST_THINGS, BookingForWrite
from linli_waste_sorting.bookings.words import fetched_titles, offer_of, recyclable_titles
from linli_waste_sorting.photos import LARGEST_FORM
from linli_waste_sorting.weights.repository import carrier_names

Words = Annotated[str, Meta(max_length=100)]


@get("/bookings/for_residents", needs=BOOK_FOR)
def find_resident(session: ScopedSession, actor: Actor, place: Place, q: Words = "") -> View:
    """Residents by name, reading or door, each with the homes for which one may book."""
    community_id = community_of(place)
    found = find_neighbours(session, reach_of(actor, BOOK_FOR), community_id, q)
    return View(
        "waste_sorting/bookings_find.html",
        {"found": [_with_homes(session, actor, each) for each in found]},
        fragment="waste_sorting/_bookings_find.html",
    )


@get("/bookings/for_residents/{resident_id:uuid}/{dwelling_id:uuid}", needs=BOOK_FOR)
def choose_slot(session: ScopedSession, actor: Actor, place: Place, resident_id: UUID, dwelling_id: UUID) -> View:
    """What can be booked for them."""
    community_id = community_of(place)
    person = _person(session, actor, community_id, resident_id, dwelling_id)
    kinds = fetched_titles(session)
    free = slots.free_slots(session, community_id, {person["home"].compound_id})
    return View("waste_sorting/bookings_choose.html", {**person, "free": [offer_of(each, kinds) for each in free]})


@get("/bookings/for_residents/{resident_id:uuid}/{dwelling_id:uuid}/{slot_id:uuid}", needs=BOOK_FOR)
def show_entry(
    session: ScopedSession, actor: Actor, place: Place, resident_id: UUID, dwelling_id: UUID, slot_id: UUID
) -> View:
    """The form."""
    community_id = community_of(place)
    person = _person(session, actor, community_id, resident_id, dwelling_id)
    slot = slots.get_slot(session, community_id, slot_id)
    return View(
        "waste_sorting/bookings_enter.html",
        {
            **person,
            **offer_of(slot, fetched_titles(session)),
            "kinds": recyclable_titles() if slot.category == "recyclable" else {},
            "carrier": carrier_names(session, community_id).get(slot.carrier_id, "") if slot.carrier_id else "",
            "lines": list(range(1, MOST_THINGS + 1)),
        },
    )


@post(
    "/bookings/for_residents/{resident_id:uuid}/{dwelling_id:uuid}/{slot_id:uuid}",
    needs=BOOK_FOR,
    retry=show_entry,
    max_body=LARGEST_FORM,
)
def book_for(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    resident_id: UUID,
    dwelling_id: UUID,
    slot_id: UUID,
    form: Form,
    data: ThingsForm,
) -> Redirect:
    """Book it for them."""
    with named_as_typed("booking"):
        given = msgspec.structs.asdict(data.written(slot_id, dwelling_id))
        wanted = BookingForWrite(resident_id=resident_id, **given)
        row = asking.book_for(session, actor, community_of(place), wanted, photos_of(form, "photos"))
    return Redirect(f"/waste_sorting/bookings/{row.id}", _("已替居民预约，请确认是否上门"))


def _with_homes(session: ScopedSession, actor: Actor, person: Any) -> dict[str, Any]:
    homes = [each for each in homes_of_resident(session, person.id) if _may(actor, each)]
    labels = door_labels(session, [each.dwelling_id for each in homes])
    return {"person": person, "homes": [(str(each.dwelling_id), labels[each.dwelling_id]) for each in homes]}


def _may(actor: Actor, home: Home) -> bool:
    where = {"community_id": home.community_id, "compound_id": home.compound_id, "building_id": home.building_id}
    return actor.can(BOOK_FOR, **where)


def _person(
    session: ScopedSession, actor: Actor, community_id: UUID, resident_id: UUID, dwelling_id: UUID
) -> dict[str, Any]:
    try:
        home = asking.home_for(session, actor, community_id, resident_id, dwelling_id)
    except Invalid as error:
        raise NotFound(_("没有找到这位居民")) from error
    return {
        "home": home,
        "resident_id": resident_id,
        "name": names_of(session, [resident_id]).get(resident_id, "—"),
        "door": door_labels(session, [dwelling_id]).get(dwelling_id, "—"),
    }


ENTERING_HANDLERS = (find_resident, choose_slot, show_entry, book_for)
