"""Asking for a pick-up: residents for their own home, and staff for somebody who has no phone at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text

from linli.sdk import (
    Actor,
    Conflict,
    Forbidden,
    Home,
    Invalid,
    Photo,
    ScopedSession,
    account_of,
    homes_of,
    homes_of_resident,
    new_id,
    now,
    rule_value,
)
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import OPEN, Booking, BookingPiece, BookingWeight, Slot
from linli_waste_sorting.bookings.permissions import BOOK, BOOK_FOR
from linli_waste_sorting.bookings.photos import BOOKING
from linli_waste_sorting.bookings.rule_keys import MOST_OPEN
from linli_waste_sorting.bookings.schemas import BookingForWrite, BookingWrite, Thing, Weighed
from linli_waste_sorting.bookings.service import note, note_change
from linli_waste_sorting.bookings.slots import get_slot, take_place
from linli_waste_sorting.bookings.telling import ASKED, tell_booked_for, tell_staff
from linli_waste_sorting.bookings.weighing import expected_of
from linli_waste_sorting.bookings.words import fee_of
from linli_waste_sorting.photos import keep_photos

_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7))")


def book(
    session: ScopedSession, actor: Actor, community_id: UUID, data: BookingWrite, photos: Sequence[Photo] = ()
) -> Booking:
    """Ask for things to be fetched from one's own dwelling. The same sent again gives what was asked the first time.

    Raises:
        NotFound: there is no such slot.
        Forbidden: the actor has no account, or may not book.
        Conflict: somebody else of the dwelling has booked this slot, or it was booked for other things.
        Invalid: the dwelling is not theirs or has as many open bookings as it may, the slot is full, over or for other
            compounds, or a field is at fault.
    """
    if actor.account_id is None or not actor.holds(BOOK):
        raise Forbidden
    slot = get_slot(session, community_id, data.slot_id)
    home = _own_home(session, actor, community_id, data.dwelling_id)
    made = Booking(account_id=actor.account_id, resident_id=_resident_of(session, actor, home))
    return _ask(session, actor, slot, home, data, photos, made)


def book_for(
    session: ScopedSession, actor: Actor, community_id: UUID, data: BookingForWrite, photos: Sequence[Photo] = ()
) -> Booking:
    """Ask for a resident of the register, who sees it as their own once they sign in, and is told of it.

    The same terms hold as for those who book themselves. Who booked for whom is on record. The same sent again gives
    what was asked the first time.

    Raises:
        NotFound: there is no such slot.
        Forbidden: the actor books for nobody.
        Conflict: the dwelling has this slot already, by somebody else's booking or for other things.
        Invalid: the resident is at home in no such dwelling within the actor's reach, or as for ``book``.
    """
    if not actor.holds(BOOK_FOR):
        raise Forbidden
    slot = get_slot(session, community_id, data.slot_id)
    home = home_for(session, actor, community_id, data.resident_id, data.dwelling_id)
    made = Booking(
        account_id=account_of(session, data.resident_id),
        resident_id=data.resident_id,
        booked_by=actor.account_id,
        booked_by_name=actor.display_name or _("工作人员"),
    )
    return _ask(session, actor, slot, home, data, photos, made)


def home_for(session: ScopedSession, actor: Actor, community_id: UUID, resident_id: UUID, dwelling_id: UUID) -> Home:
    """A dwelling where a resident lives or which they own, and for which the actor may book.

    Raises:
        Invalid: there is none within the actor's reach.
    """
    homes = (each for each in homes_of_resident(session, resident_id) if each.community_id == community_id)
    home = next((each for each in homes if each.dwelling_id == dwelling_id), None)
    if home is None or not actor.can(
        BOOK_FOR, community_id=community_id, compound_id=home.compound_id, building_id=home.building_id
    ):
        fault = _("这位居民不住在这套房屋，也不是它的业主")
        raise Invalid.one("dwelling_id", fault, _("请按姓名或门牌重新查找"))
    return home


def _ask(
    session: ScopedSession,
    actor: Actor,
    slot: Slot,
    home: Home,
    data: BookingWrite,
    photos: Sequence[Photo],
    made: Booking,
) -> Booking:
    if slot.compound_id not in (None, home.compound_id):
        raise Invalid.one("slot_id", _("这个时段不到这套房屋所在的小区"), _("请换一个时段"))
    things, expected = _cleaned(data.things, slot, data.recyclables), expected_of(slot, data.recyclables)
    session.execute(_ONE_BY_ONE, {"key": f"{slot.community_id}/{home.dwelling_id}"})
    if again := _same(session, slot, home):
        if _whose(again) != _whose(made):
            raise Conflict(_("这套房屋在这个时段已经有预约"))
        if not _is_same(again, things, expected):
            raise Conflict(_("您在这个时段已经有预约；要换东西，请先取消那一个再预约"))
        return again
    _check_number(session, home)
    if not take_place(session, slot.id):
        raise Invalid.one("slot_id", _why_not(session, slot), _("请换一个时段"))
    made.id, made.community_id, made.slot_id = new_id(), slot.community_id, slot.id
    made.compound_id, made.building_id, made.dwelling_id = home.compound_id, home.building_id, home.dwelling_id
    made.state, made.note, made.requested_at = "requested", data.note.strip(), now()
    made.fee_fen = fee_of(slot, sum(each.pieces for each in things))
    made.things = [
        BookingPiece(id=new_id(), community_id=slot.community_id, position=n, name=each.name, pieces=each.pieces)
        for n, each in enumerate(things, start=1)
    ]
    made.weights = [
        BookingWeight(id=new_id(), community_id=slot.community_id, kind=kind, expected_kg=kg)
        for kind, kg in expected.items()
    ]
    session.add(made)
    session.flush()
    keep_photos(session, actor, (BOOKING, made.id), slot.community_id, photos)
    is_for = bool(made.booked_by_name)
    change = note_change(session, made, slot, actor if is_for else None)
    told = {"slot": str(slot.id), "pieces": sum(each.pieces for each in things)}
    note(session, "request", made, after=told | ({"resident": str(made.resident_id)} if is_for else {}))
    tell_staff(session, made, slot, ASKED)
    if is_for:
        tell_booked_for(session, made, slot, change)
    return made


def _whose(row: Booking) -> tuple[UUID | None, UUID | None]:
    """Who asked, and for whom: the same again is no second booking."""
    return (row.booked_by, row.resident_id) if row.booked_by_name else (row.account_id, None)


def _is_same(row: Booking, things: Sequence[Thing], expected: Mapping[str, Decimal]) -> bool:
    """Whether the same things are asked for: a second click, and no second wish that would be lost."""
    asked = [(each.name, each.pieces) for each in sorted(row.things, key=lambda each: each.position)]
    weights = {each.kind: each.expected_kg for each in row.weights}
    return asked == [(each.name, each.pieces) for each in things] and weights == dict(expected)


def _own_home(session: ScopedSession, actor: Actor, community_id: UUID, dwelling_id: UUID) -> Home:
    homes = homes_of(session, actor, community_id=community_id)
    home = next((each for each in homes if each.dwelling_id == dwelling_id), None)
    if home is None:
        raise Invalid.one("dwelling_id", _("这不是您的房屋"), _("请选择您住的或您名下的房屋"))
    return home


def _resident_of(session: ScopedSession, actor: Actor, home: Home) -> UUID | None:
    for each in actor.resident_ids:
        if any(found.dwelling_id == home.dwelling_id for found in homes_of_resident(session, each)):
            return each
    return None


def _same(session: ScopedSession, slot: Slot, home: Home) -> Booking | None:
    return session.scalar(
        select(Booking).where(
            Booking.slot_id == slot.id, Booking.dwelling_id == home.dwelling_id, Booking.state.in_(OPEN)
        )
    )


def _check_number(session: ScopedSession, home: Home) -> None:
    most = rule_value(session, MOST_OPEN, compound_id=home.compound_id).value
    if not isinstance(most, int):
        return
    waiting = select(func.count()).where(
        Booking.community_id == home.community_id, Booking.dwelling_id == home.dwelling_id, Booking.state.in_(OPEN)
    )
    if (session.scalar(waiting) or 0) >= most:
        fault = _("这套房屋还有没有办结的预约")
        raise Invalid.one("dwelling_id", fault, _("每套房屋同时最多 {n} 个").format(n=most))


def _why_not(session: ScopedSession, slot: Slot) -> str:
    session.refresh(slot)
    if slot.closed_at is not None:
        return _("这个时段已停止预约")
    return _("名额已满") if slot.taken >= slot.capacity else _("已过预约的截止时间")


def _cleaned(things: Sequence[Thing], slot: Slot, recyclables: Sequence[Weighed]) -> list[Thing]:
    found = [Thing(name=each.name.strip(), pieces=each.pieces) for each in things if each.name.strip()]
    if not found and not recyclables:
        if slot.category == "recyclable":
            raise Invalid.one("recyclables", _("请写明要回收什么"), _("至少一种，写大约几公斤"))
        raise Invalid.one("things", _("请写明要回收什么"), _("至少一样"))
    return found
