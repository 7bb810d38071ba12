"""The life of a booking once it was asked for: answered, moved, fetched or not; each act is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.sdk import (
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    emit,
    new_id,
    now,
    recheck_obligations,
    record,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.events import PickupFetched
from linli_waste_sorting.bookings.models import OPEN, Booking, BookingChange, Slot
from linli_waste_sorting.bookings.permissions import ANSWER_BOOKINGS
from linli_waste_sorting.bookings.slots import get_slot, give_back_place, take_place
from linli_waste_sorting.bookings.telling import TAKEN_BACK, tell_person, tell_staff
from linli_waste_sorting.bookings.words import STATES, fee_of


def cancel_booking(session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID) -> Booking:
    """Take one's own booking back, until the slot's deadline. A second call changes nothing.

    Raises:
        NotFound: it is not the actor's own.
        Conflict: it is over, or the deadline has passed.
    """
    row = own_booking(session, actor, community_id, booking_id, lock=True)
    if row.state == "cancelled":
        return row
    slot = get_slot(session, community_id, row.slot_id)
    if row.state not in OPEN:
        raise Conflict(_("预约已经办结，不能取消"))
    if now() >= slot.books_until:
        raise Conflict(_("已过取消的截止时间，请直接联系居委会"))
    give_back_place(session, slot.id)
    _set(session, row, slot, "cancelled")
    tell_staff(session, row, slot, TAKEN_BACK)
    return row


def confirm_booking(session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID) -> Booking:
    """Say that the crew will come. A second call changes nothing.

    Raises:
        NotFound: there is none within the actor's reach.
        Conflict: it is over.
        Forbidden: the actor may not.
    """
    return _answer(session, actor, community_id, booking_id, "confirmed", ("requested",))


def reject_booking(session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID, reason: str) -> Booking:
    """Say that the crew will not come, and why; its place is free again. Raises as ``confirm_booking``, and ``Invalid``
    where no reason is given.
    """
    return _answer(session, actor, community_id, booking_id, "rejected", OPEN, _reason(reason))


def finish_booking(session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID) -> Booking:
    """Say that the things were fetched; ``weighing.collect_booking`` does it for recyclables with expected weights.

    Raises as ``confirm_booking``, and ``Conflict`` before the day has come and for such recyclables.
    """
    return _answer(session, actor, community_id, booking_id, "done", ("confirmed",))


def miss_booking(session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID, reason: str) -> Booking:
    """Say that the crew came and could not fetch them, and why. Raises as ``finish_booking``, and ``Invalid`` where no
    reason is given.
    """
    return _answer(session, actor, community_id, booking_id, "missed", ("confirmed",), _reason(reason))


def reschedule_booking(
    session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID, slot_id: UUID, reason: str
) -> Booking:
    """Fetch the things at another time, which is confirmed by that. It never costs more than was told.

    Raises:
        NotFound: there is no such booking within the actor's reach, or no such slot.
        Conflict: it is over, or its dwelling has another booking in that slot.
        Forbidden: the actor may not.
        Invalid: the slot is full, closed, over, for other waste or other compounds, or no reason is given.
    """
    row = answerable(session, actor, community_id, booking_id)
    why = _reason(reason)
    if row.state not in OPEN:
        raise Conflict(_("预约已经办结，不能再改"))
    before, slot = get_slot(session, community_id, row.slot_id), get_slot(session, community_id, slot_id)
    _check_move(session, row, before, slot)
    # Always in the order of their ids: two that change places would wait for each other otherwise.
    for each in sorted((before.id, slot.id)):
        if each == before.id:
            give_back_place(session, before.id)
        elif not take_place(session, slot.id, even_late=True):
            raise Invalid.one("slot_id", _("名额已满"), _("请换一个时段"))
    row.slot_id = slot.id
    row.fee_fen = min(row.fee_fen, fee_of(slot, sum(each.pieces for each in row.things)))
    _set(session, row, slot, "confirmed", actor, why, is_moved=True)
    return row


def finish(session: ScopedSession, row: Booking, slot: Slot, actor: Actor) -> None:
    """Let a confirmed booking be done, and tell the person; for acts that have checked that it may be."""
    _set(session, row, slot, "done", actor)


def own_booking(
    session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID, *, lock: bool = False
) -> Booking:
    """A booking of the actor's own.

    Raises:
        NotFound: there is none.
    """
    row = _find(session, community_id, booking_id, lock=lock)
    if row is None or not is_theirs(actor, row):
        raise NotFound(_("没有找到这个预约"))
    return row


def get_booking(
    session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID, permission: str, *, lock: bool = False
) -> Booking:
    """A booking within the reach of staff.

    Raises:
        NotFound: there is none.
    """
    row = _find(session, community_id, booking_id, lock=lock)
    if row is None or not may(actor, row, permission):
        raise NotFound(_("没有找到这个预约"))
    return row


def is_theirs(actor: Actor, row: Booking) -> bool:
    """Whether a booking is the actor's own: they asked for it, or staff did for them."""
    is_account = actor.account_id is not None and row.account_id == actor.account_id
    return is_account or (row.resident_id is not None and row.resident_id in actor.resident_ids)


def may(actor: Actor, row: Booking, permission: str) -> bool:
    """Whether the actor holds a permission at the dwelling that it is about."""
    where = {"community_id": row.community_id, "compound_id": row.compound_id, "building_id": row.building_id}
    return actor.can(permission, **where)


def release(session: ScopedSession, row: Booking) -> None:
    """Cancel an open booking whose person's data is erased: nobody would know where to go."""
    if row.state in OPEN:
        slot = get_slot(session, row.community_id, row.slot_id)
        give_back_place(session, slot.id)
        _set(session, row, slot, "cancelled")


def _find(session: ScopedSession, community_id: UUID, booking_id: UUID, *, lock: bool) -> Booking | None:
    wanted = select(Booking).where(Booking.id == booking_id, Booking.community_id == community_id)
    if not lock:
        return session.scalar(wanted)
    return session.scalar(wanted.with_for_update().execution_options(populate_existing=True))


def answerable(session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID) -> Booking:
    """A booking that the actor may answer, locked.

    Raises:
        NotFound: there is none within their reach.
        Forbidden: they answer none at all.
    """
    if not actor.holds(ANSWER_BOOKINGS):
        raise Forbidden
    return get_booking(session, actor, community_id, booking_id, ANSWER_BOOKINGS, lock=True)


def _answer(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    booking_id: UUID,
    state: str,
    after: Sequence[str],
    reason: str = "",
) -> Booking:
    row = answerable(session, actor, community_id, booking_id)
    if row.state == state:
        return row
    if row.state not in after:
        said = _("预约现在是“{state}”，不能这样处理").format(state=_(STATES[row.state]))
        raise Conflict(said)
    slot = get_slot(session, community_id, row.slot_id)
    if state in ("done", "missed") and slot.day > today():
        raise Conflict(_("还没到回收的日子"))
    if state == "done" and row.weights:
        raise Conflict(_("可回收物请登记取走的种类和重量"))
    if state == "rejected":
        give_back_place(session, slot.id)
    _set(session, row, slot, state, actor, reason)
    if state == "done":
        _tell_of_fetched(session, row, slot)
    return row


def _tell_of_fetched(session: ScopedSession, row: Booking, slot: Slot) -> None:
    pieces = sum(each.pieces for each in row.things)
    place = {"community_id": row.community_id, "compound_id": row.compound_id}
    told = PickupFetched(booking_id=row.id, category=slot.category, day=slot.day, pieces=pieces, **place)
    emit(session, told, **place)


def _set(
    session: ScopedSession,
    row: Booking,
    slot: Slot,
    state: str,
    actor: Actor | None = None,
    reason: str = "",
    *,
    is_moved: bool = False,
) -> None:
    before, row.state = row.state, state
    row.answered_at = row.answered_at or now()
    session.flush()
    change = note_change(session, row, slot, actor, reason, is_moved=is_moved)
    verb = "reschedule" if is_moved else _VERBS[state]
    note(session, verb, row, before={"state": before}, after={"state": state, "slot": str(slot.id)}, reason=reason)
    if actor is not None:
        tell_person(session, row, slot, change)


_VERBS = {"confirmed": "confirm", "rejected": "reject", "done": "finish", "missed": "miss", "cancelled": "cancel"}


def note_change(
    session: ScopedSession,
    row: Booking,
    slot: Slot,
    actor: Actor | None = None,
    reason: str = "",
    *,
    is_moved: bool = False,
) -> BookingChange:
    """Keep in a booking's history what it is now; ``actor`` is ``None`` where the person did it themselves."""
    change = BookingChange(
        id=new_id(),
        community_id=row.community_id,
        booking_id=row.id,
        state=row.state,
        day=slot.day,
        opens=slot.opens,
        is_moved=is_moved,
        at=now(),
        acted_by=actor.account_id if actor else None,
        acted_by_name=actor.display_name if actor else "",
        reason=reason,
    )
    session.add(change)
    session.flush()
    recheck_obligations(session, row.community_id)
    return change


def _check_move(session: ScopedSession, row: Booking, before: Slot, slot: Slot) -> None:
    if slot.id == before.id:
        raise Invalid.one("slot_id", _("就是现在的时段"), _("请换一个时段"))
    if slot.category != before.category or slot.compound_id not in (None, row.compound_id):
        raise Invalid.one("slot_id", _("这个时段不收这种垃圾，或不到这个小区"), _("请换一个时段"))
    if slot.closed_at is not None or slot.day < today():
        raise Invalid.one("slot_id", _("这个时段已停止预约"), _("请换一个时段"))
    twice = select(Booking.id).where(
        Booking.slot_id == slot.id, Booking.dwelling_id == row.dwelling_id, Booking.state.in_(OPEN)
    )
    if row.dwelling_id is not None and session.scalar(twice) is not None:
        raise Conflict(_("这套房屋在这个时段已经有预约"))


def _reason(words: str) -> str:
    if not words.strip():
        raise Invalid.one("reason", _("必须填写"))
    return words.strip()


def note(session: ScopedSession, verb: str, row: Booking, **details: Any) -> None:
    """Put an act on a booking into the record."""
    record(session, f"waste_sorting.booking.{verb}", ("booking", row.id), community_id=row.community_id, **details)
