"""Recyclables by weight: what people expect, and what the carrier took and paid. No money passes through here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from linli.sdk import Actor, Conflict, Invalid, ScopedSession, new_id, today
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import Booking, BookingWeight, Slot
from linli_waste_sorting.bookings.schemas import MOST_KILOS, CollectBody, Weighed
from linli_waste_sorting.bookings.service import answerable, finish, note
from linli_waste_sorting.bookings.slots import get_slot
from linli_waste_sorting.bookings.words import STATES
from linli_waste_sorting.words import kilos


def expected_of(slot: Slot, recyclables: Sequence[Weighed]) -> dict[str, Decimal]:
    """Kind to the kilograms that are expected.

    Raises:
        Invalid: naming ``recyclables``: the slot fetches none, a kind stands twice, or a weight is out of range.
    """
    if recyclables and slot.category != "recyclable":
        raise Invalid.one("recyclables", _("这个时段不收可回收物"), _("请换一个收可回收物的时段"))
    return _weights("recyclables", recyclables)


def collect_booking(
    session: ScopedSession, actor: Actor, community_id: UUID, booking_id: UUID, data: CollectBody
) -> Booking:
    """Write down what the carrier weighed and took, and finish the booking by that.

    Afterwards the same act corrects what was written; the record keeps both. What the carrier paid is information.

    Raises:
        NotFound: there is none within the actor's reach.
        Conflict: it is not confirmed, fetches no recyclables, or its day has not come.
        Forbidden: the actor may not.
        Invalid: a kind stands twice, or a weight is out of range.
    """
    row = answerable(session, actor, community_id, booking_id)
    slot = get_slot(session, community_id, row.slot_id)
    if slot.category != "recyclable":
        raise Conflict(_("这个预约收的不是可回收物"))
    if row.state not in ("confirmed", "done"):
        raise Conflict(_("预约现在是“{state}”，不能这样处理").format(state=_(STATES[row.state])))
    if slot.day > today():
        raise Conflict(_("还没到回收的日子"))
    taken = _weights("taken", data.taken)
    before, paid = told(row), row.paid_fen
    by_kind = {each.kind: each for each in row.weights}
    for kind in by_kind.keys() | taken.keys():
        _write(row, by_kind.get(kind), kind, taken.get(kind))
    row.paid_fen = data.paid_fen
    session.flush()
    after = told(row)
    if (before, paid) != (after, row.paid_fen):
        was, now_is = {"taken": before, "paid_fen": paid}, {"taken": after, "paid_fen": row.paid_fen}
        note(session, "weigh", row, before=was, after=now_is)
    if row.state == "confirmed":
        finish(session, row, slot, actor)
    return row


def told(row: Booking) -> dict[str, str]:
    """What was taken, kind to kilograms, as the record keeps it."""
    return {each.kind: kilos(each.taken_kg) for each in row.weights if each.taken_kg is not None}


def _write(row: Booking, known: BookingWeight | None, kind: str, kg: Decimal | None) -> None:
    if known is None:
        row.weights.append(BookingWeight(id=new_id(), community_id=row.community_id, kind=kind, taken_kg=kg))
    elif kg is None and known.expected_kg is None:
        row.weights.remove(known)
    else:
        known.taken_kg = kg


def _weights(field: str, given: Sequence[Weighed]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for each in given:
        if each.kind in found:
            raise Invalid.one(field, _("同一种写了两次"), _("每种写一次"))
        is_number = each.kg.is_finite() and each.kg == round(each.kg, 1)
        if not is_number or not 0 < each.kg <= MOST_KILOS:
            allowed = _("大于 0、不超过 {most}、最多一位小数的公斤数").format(most=MOST_KILOS)
            raise Invalid.one(field, _("重量不对"), allowed)
        found[each.kind] = each.kg
    return found
