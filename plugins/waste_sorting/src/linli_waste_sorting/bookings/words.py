"""What slots, states and fees are called, and how times and money are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from linli.sdk import SHANGHAI, ScopedSession
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import FETCHED, RECYCLABLES, Booking, BookingWeight, Slot
from linli_waste_sorting.words import category_titles, kilos, span_text

#: State to its title; messages.
STATES = {
    "requested": "待确认",
    "confirmed": "已确认",
    "done": "已完成",
    "rejected": "未受理",
    "cancelled": "已取消",
    "missed": "没有取到",
}
#: State to the colour of its mark.
TONES = {"requested": "warn", "confirmed": "brand", "done": "good", "rejected": "bad", "missed": "bad"}
#: What a fee is for; messages.
FEE_PERS = {"piece": "每件", "booking": "每次预约"}


#: Kind of recyclables to its title; messages.
RECYCLABLE_TITLES = {
    "paper": "废纸",
    "plastic": "废塑料",
    "metal": "废金属",
    "glass": "废玻璃",
    "textile": "旧织物",
    "appliance": "废旧电器",
    "mixed": "其他可回收物",
}


def recyclable_titles() -> dict[str, str]:
    """Kind of recyclables to its title."""
    return {key: _(title) for key, title in RECYCLABLE_TITLES.items()}


def what_text(row: Booking) -> str:
    """What is to be fetched, in a line: ``沙发 ×1、废纸约 10 公斤``."""
    titles = recyclable_titles()
    parts = [f"{each.name} ×{each.pieces}" for each in row.things]
    parts += [
        _("{kind}约 {kg} 公斤").format(kind=titles[each.kind], kg=kilos(each.expected_kg))
        for each in _in_order(row)
        if each.expected_kg is not None
    ]
    return _("、").join(parts)


def taken_text(row: Booking) -> str:
    """What the carrier took and what it paid, in a line; empty where nothing was weighed."""
    titles = recyclable_titles()
    parts = [
        _("{kind} {kg} 公斤").format(kind=titles[each.kind], kg=kilos(each.taken_kg))
        for each in _in_order(row)
        if each.taken_kg is not None
    ]
    return _("、").join(parts)


def paid_text(row: Booking) -> str:
    """What the carrier paid the person, in words; empty where nobody told."""
    return "" if row.paid_fen is None else _("{yuan} 元").format(yuan=yuan(row.paid_fen))


def _in_order(row: Booking) -> list[BookingWeight]:
    return sorted(row.weights, key=lambda each: RECYCLABLES.index(each.kind))


def state_titles() -> dict[str, str]:
    """State to its title."""
    return {key: _(title) for key, title in STATES.items()}


def fetched_titles(session: ScopedSession) -> dict[str, str]:
    """What is fetched at the door, by its name here."""
    titles = category_titles(session)
    return {each: titles[each] for each in FETCHED}


def hours_of(slot: Slot) -> str:
    """``9:00–11:30``."""
    return span_text(slot.opens, slot.closes)


def begins_at(slot: Slot) -> datetime:
    """When it begins, Asia/Shanghai."""
    return datetime.combine(slot.day, slot.opens, SHANGHAI)


def hours_before(slot: Slot) -> int:
    """So many hours before it begins booking ends."""
    return round((begins_at(slot) - slot.books_until) / timedelta(hours=1))


def yuan(fen: int) -> str:
    """An amount in yuan, without zeros that say nothing: ``20``, ``12.50``."""
    amount = Decimal(fen) / 100
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def fee_text(slot: Slot) -> str:
    """What it costs, in words: nothing, or so much for each piece or booking."""
    if slot.fee_fen is None:
        return _("不收费")
    text = _("每件 {yuan} 元") if slot.fee_per == "piece" else _("每次 {yuan} 元")
    return text.format(yuan=yuan(slot.fee_fen))


def fee_of(slot: Slot, pieces: int) -> int:
    """What a booking of so many pieces costs in all, in fen."""
    return 0 if slot.fee_fen is None else slot.fee_fen * (pieces if slot.fee_per == "piece" else 1)


def offer_of(slot: Slot, kinds: dict[str, str]) -> dict[str, Any]:
    """A slot as pages offer it: its waste, hours and fee in words, and how many places it has left."""
    return {
        "slot": slot,
        "kind": kinds[slot.category],
        "hours": hours_of(slot),
        "fee": fee_text(slot),
        "left": slot.capacity - slot.taken,
    }


def total_text(fen: int) -> str:
    """What a booking costs in all, in words."""
    return _("共 {yuan} 元").format(yuan=yuan(fen)) if fen else _("不收费")
