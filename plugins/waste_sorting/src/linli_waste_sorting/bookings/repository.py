"""Queries over bookings; rules lie in ``service``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import lazyload

from linli.sdk import PAGE, Actor, Order, Reach, ScopedSession, door_labels, once, reach_of, sorted_slice, today
from linli_waste_sorting.bookings.models import OPEN, RECYCLABLES, Booking, BookingChange, FullReport, Slot
from linli_waste_sorting.bookings.permissions import READ_BOOKINGS
from linli_waste_sorting.bookings.schemas import MOST_CHANGES, BookingFact, BookingLine, CountOut, ThingOut, WeightOut
from linli_waste_sorting.bookings.slots import bookable

#: A booking with the slot in which it is.
Pair = tuple[Booking, Slot]
#: Bookings that a resident sees of their own, and that one crew fetches on one day.
MOST_OWN, MOST_ON_A_DAY = 100, 500
_MONTH = timedelta(days=30)
#: The orders of the lists; ids grow as things are booked.
ORDERS = {
    "requested_at": Order(),
    "slot": Order(Slot.day, lambda row: row[1].day, then=Slot.opens, then_of=lambda row: row[1].opens),
    "fee": Order(Booking.fee_fen, lambda row: row[0].fee_fen, is_nullable=True),
    "state": Order(Booking.state, lambda row: row[0].state),
}
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFilter:
    """Which bookings are asked for.

    Attributes:
        state: a state; ``open`` for those that wait for something, empty for all.
        category: empty for all.
        compound_id: ``None`` for all.
        day: on which they are fetched; ``None`` for all.
    """

    state: str = "open"
    category: str = ""
    compound_id: UUID | None = None
    day: date | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the list is worked through, so that whoever has waited longest comes first."""
        return self.state in ("open", *OPEN)

    @property
    def usual(self) -> str:
        """The order that the list has where none is asked for: the newest first where nothing waits."""
        return "requested_at" if self.is_waiting else "-requested_at"


def page_of_bookings(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    wanted: BookingFilter,
    *,
    sort: str = "",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Pair], str | None]:
    """A page of the bookings within the actor's reach, and the ``after`` of the next one; ``None`` on the last.

    In an order of ``ORDERS``; for none those that wait come as they were asked for, others the newest first.
    """
    statement = _wanted(wanted).where(Booking.community_id == community_id, within(reach_of(actor, READ_BOOKINGS)))
    return _page(session, statement, sort or wanted.usual, after, limit)


def page_of_facts(
    session: ScopedSession,
    community_id: UUID | None,
    wanted: BookingFilter,
    *,
    sort: str = "",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[list[BookingFact], str | None]:
    """The same for the street, without anything personal; of all communities for ``None``."""
    statement = _wanted(wanted)
    if community_id is not None:
        statement = statement.where(Booking.community_id == community_id)
    rows, following = _page(session, statement, sort or wanted.usual, after, limit)
    return [_fact(row, slot) for row, slot in rows], following


def bookings_of(
    session: ScopedSession, actor: Actor, community_id: UUID, permission: str, ids: Collection[UUID]
) -> Sequence[Pair]:
    """Those of these bookings that are within the actor's reach."""
    mine = _wanted(BookingFilter(state="")).where(
        Booking.id.in_(ids), Booking.community_id == community_id, within(reach_of(actor, permission))
    )
    return _pairs(session, mine)


def own_bookings(session: ScopedSession, actor: Actor, community_id: UUID) -> Sequence[Pair]:
    """The actor's own bookings, the newest first."""
    mine = _wanted(BookingFilter(state="")).where(is_own(actor), Booking.community_id == community_id)
    return _pairs(session, mine.order_by(Booking.id.desc()).limit(MOST_OWN))


def open_bookings_of(session: ScopedSession, community_id: UUID, dwelling_ids: Collection[UUID]) -> Sequence[Booking]:
    """What is asked for or confirmed for some dwellings, whoever of the household booked it."""
    found = select(Booking).options(lazyload(Booking.things), lazyload(Booking.weights))
    found = found.where(
        Booking.community_id == community_id, Booking.dwelling_id.in_(dwelling_ids), Booking.state.in_(OPEN)
    )
    return session.scalars(found.order_by(Booking.id)).all() if dwelling_ids else ()


def next_pickup(session: ScopedSession, actor: Actor) -> Pair | None:
    """What is fetched from the actor next; ``None`` where nothing is."""
    mine = _wanted(BookingFilter()).where(is_own(actor), Slot.day >= today())
    # What is fetched and what it weighed stands on its own page.
    first = mine.order_by(Slot.day, Slot.opens, Booking.id).limit(1)
    first = first.options(lazyload(Booking.things), lazyload(Booking.weights))
    key = ("waste_sorting.next_pickup", actor.account_id, actor.resident_ids)
    return next(iter(once(session, key, lambda: _pairs(session, first))), None)


def bookings_of_day(
    session: ScopedSession, actor: Actor, community_id: UUID, day: date, compound_id: UUID | None = None
) -> list[tuple[Booking, Slot, str]]:
    """What is confirmed for a day within the actor's reach, with the doors, in the order in which one walks."""
    wanted = BookingFilter(state="confirmed", day=day, compound_id=compound_id)
    statement = _wanted(wanted).where(Booking.community_id == community_id, within(reach_of(actor, READ_BOOKINGS)))
    found = _pairs(session, statement.order_by(Slot.opens, Booking.compound_id, Booking.id).limit(MOST_ON_A_DAY))
    doors = doors_of(session, found)
    lines = [(row, slot, doors.get(row.id, "")) for row, slot in found]
    return sorted(lines, key=lambda each: (each[1].opens, str(each[0].compound_id), _walk(each[2])))


def doors_of(session: ScopedSession, pairs: Sequence[Pair]) -> dict[UUID, str]:
    """Booking to the door from which things are fetched; none where the person's data was erased. One query."""
    labels = door_labels(session, [row.dwelling_id for row, _slot in pairs if row.dwelling_id])
    return {row.id: labels.get(row.dwelling_id, "") for row, _slot in pairs if row.dwelling_id}


def changes_of(session: ScopedSession, row: Booking) -> Sequence[BookingChange]:
    """What became of a booking, the newest first."""
    wanted = select(BookingChange).where(BookingChange.booking_id == row.id)
    return session.scalars(wanted.order_by(BookingChange.id.desc()).limit(MOST_CHANGES)).all()


def line_of(row: Booking, slot: Slot, door: str) -> BookingLine:
    """A booking as the API lists it."""
    return BookingLine(**plain_of(row, slot, door))


def plain_of(row: Booking, slot: Slot, door: str) -> dict[str, Any]:
    """The fields of a booking in a list."""
    return {
        "id": row.id,
        "community_id": row.community_id,
        "compound_id": row.compound_id,
        "slot_id": slot.id,
        "dwelling_id": row.dwelling_id,
        "door": door,
        "category": slot.category,
        "day": slot.day,
        "opens": slot.opens,
        "closes": slot.closes,
        "state": row.state,
        "things": [ThingOut(name=each.name, pieces=each.pieces) for each in row.things],
        "recyclables": [
            WeightOut(kind=each.kind, expected_kg=each.expected_kg, taken_kg=each.taken_kg)
            for each in sorted(row.weights, key=lambda each: RECYCLABLES.index(each.kind))
        ],
        "paid_fen": row.paid_fen,
        "note": row.note,
        "fee_fen": row.fee_fen,
        "is_by_staff": bool(row.booked_by_name),
        "requested_at": row.requested_at,
        "answered_at": row.answered_at,
        "version": row.version,
    }


def open_bookings(session: ScopedSession) -> Mapping[UUID | None, int]:
    """How many bookings wait for an answer or for their day, by community; one query over an index of those alone."""
    waiting = select(Booking.community_id, func.count()).where(Booking.state.in_(OPEN)).group_by(Booking.community_id)
    return {row[0]: row[1] for row in session.execute(waiting)}


def open_reports(session: ScopedSession) -> Mapping[UUID | None, int]:
    """How many reports of full bins are open, by community; one query over an index of those alone."""
    open_ones = select(FullReport.community_id, func.count()).where(FullReport.handled_at.is_(None))
    return {row[0]: row[1] for row in session.execute(open_ones.group_by(FullReport.community_id))}


def counts(session: ScopedSession, communities: Sequence[UUID]) -> list[CountOut]:
    """How each of some communities stands; four queries however many there are."""
    free = select(Slot.community_id, func.sum(Slot.capacity - Slot.taken)).where(*bookable())
    places = {row[0]: int(row[1]) for row in session.execute(free.group_by(Slot.community_id))}
    waiting = select(Booking.community_id, func.min(Booking.requested_at)).where(Booking.state == "requested")
    since = {row[0]: row[1] for row in session.execute(waiting.group_by(Booking.community_id))}
    lately = Slot.day.between(today() - _MONTH, today())
    grouped = (
        select(Booking.community_id, Booking.state, func.count())
        .join(Slot, _is_its_slot())
        .where(or_(Booking.state.in_(OPEN), lately))
        .group_by(Booking.community_id, Booking.state)
    )
    found: dict[UUID, dict[str, int]] = {}
    for community_id, state, number in session.execute(grouped):
        found.setdefault(community_id, {})[state] = number
    full = open_reports(session)
    return [
        CountOut(
            community_id=each,
            free=places.get(each, 0),
            full=full.get(each, 0),
            waiting_since=since.get(each),
            **{state: found.get(each, {}).get(state, 0) for state in (*OPEN, "done", "rejected", "missed")},
        )
        for each in communities
    ]


def is_own(actor: Actor) -> ColumnElement[bool]:
    """True for the bookings that are the actor's own, as ``service.is_theirs`` says of one."""
    own = Booking.resident_id.in_(actor.resident_ids) if actor.resident_ids else false()
    return own if actor.account_id is None else or_(own, Booking.account_id == actor.account_id)


def within(reach: Reach) -> ColumnElement[bool]:
    """True for the bookings within reach."""
    if reach.everywhere:
        return true()
    return or_(
        false(),
        Booking.community_id.in_(reach.communities),
        Booking.compound_id.in_(reach.compounds),
        Booking.building_id.in_(reach.buildings),
    )


def _is_its_slot() -> ColumnElement[bool]:
    return and_(Slot.tenant_id == Booking.tenant_id, Slot.id == Booking.slot_id)


def _wanted(wanted: BookingFilter) -> Select[Booking, Slot]:
    statement = select(Booking, Slot).join(Slot, _is_its_slot())
    if wanted.state:
        one = Booking.state.in_(OPEN) if wanted.state == "open" else Booking.state == wanted.state
        statement = statement.where(one)
    if wanted.category:
        statement = statement.where(Slot.category == wanted.category)
    if wanted.compound_id is not None:
        statement = statement.where(Booking.compound_id == wanted.compound_id)
    if wanted.day is not None:
        statement = statement.where(Slot.day == wanted.day)
    return statement


def _page(
    session: ScopedSession, statement: Select[Booking, Slot], sort: str, after: str | None, most: int
) -> tuple[Sequence[Pair], str | None]:
    page = sorted_slice(
        session, statement, Booking.id, ORDERS, sort, id_of=lambda row: row[0].id, after=after, limit=most
    )
    return [(row[0], row[1]) for row in page.items], page.next


def _pairs(session: ScopedSession, statement: Select[Booking, Slot]) -> list[Pair]:
    return [(row[0], row[1]) for row in session.execute(statement)]


def _fact(row: Booking, slot: Slot) -> BookingFact:
    taken = [each.taken_kg for each in row.weights if each.taken_kg is not None]
    return BookingFact(
        id=row.id,
        community_id=row.community_id,
        category=slot.category,
        day=slot.day,
        opens=slot.opens,
        closes=slot.closes,
        state=row.state,
        pieces=sum(each.pieces for each in row.things),
        taken_kg=sum(taken, Decimal(0)) if taken else None,
        requested_at=row.requested_at,
        answered_at=row.answered_at,
    )


def _walk(door: str) -> tuple[tuple[int, str], ...]:
    """Doors in the order of their numbers: the second building before the tenth."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in _NUMBER.split(door) if part)
