"""Bookings and slots as rows of a file: what their lists show, and for sums the same in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from linli.sdk import ScopedSession
from linli.sdk import gettext as _
from linli_waste_sorting.bookings import repository
from linli_waste_sorting.bookings.models import Slot
from linli_waste_sorting.bookings.repository import Pair
from linli_waste_sorting.bookings.schemas import BookingFact
from linli_waste_sorting.bookings.words import fee_text, fetched_titles, hours_of, state_titles, total_text, what_text
from linli_waste_sorting.weights.repository import carrier_names
from linli_waste_sorting.words import compound_names, span_text


def more_of_bookings() -> dict[str, str]:
    """What the file alone holds: column to title."""
    return {
        "category": _("垃圾"),
        "day": _("回收日期"),
        "pieces": _("件数"),
        "fee_yuan": _("收费（元）"),
        "answered_at": _("答复时间"),
        "is_by_staff": _("代办"),
    }


def booking_rows(session: ScopedSession, community_id: UUID, pairs: Sequence[Pair]) -> Iterator[dict[str, Any]]:
    """Column to cell of each booking; who booked it and what they wrote are on its own page alone."""
    doors, compounds = repository.doors_of(session, pairs), compound_names(session, community_id)
    kinds, states = fetched_titles(session), state_titles()
    for row, slot in pairs:
        yield {
            "door": doors.get(row.id) or _("（已删除）"),
            "compound": compounds.get(str(row.compound_id), ""),
            "things": f"{kinds[slot.category]} {what_text(row)}".strip(),
            "slot": f"{slot.day.isoformat()} {hours_of(slot)}",
            "fee": total_text(row.fee_fen),
            "requested_at": row.requested_at,
            "state": states[row.state],
            "category": kinds[slot.category],
            "day": slot.day,
            "pieces": sum(each.pieces for each in row.things) or None,
            "fee_yuan": _in_yuan(row.fee_fen),
            "answered_at": row.answered_at,
            "is_by_staff": _("是") if row.booked_by_name else _("否"),
        }


def more_of_slots() -> dict[str, str]:
    """What the file alone holds: column to title."""
    return {
        "capacity": _("名额"),
        "fee_yuan": _("收费（元）"),
        "decision": _("收费的决定"),
        "decided_on": _("决定日期"),
        "carrier": _("谁来收"),
        "pay_note": _("回收价"),
        "note": _("说明"),
        "closed_at": _("停止预约的时间"),
    }


def slot_rows(session: ScopedSession, community_id: UUID, slots: Sequence[Slot]) -> Iterator[dict[str, Any]]:
    """Column to cell of each slot."""
    compounds, kinds = compound_names(session, community_id), fetched_titles(session)
    carriers = carrier_names(session, community_id)
    for row in slots:
        yield {
            "day": row.day,
            "hours": hours_of(row),
            "category": kinds[row.category],
            "compound": compounds.get(str(row.compound_id), "") if row.compound_id else _("全部小区"),
            "taken": row.taken,
            "fee": fee_text(row),
            "books_until": row.books_until,
            "capacity": row.capacity,
            "fee_yuan": None if row.fee_fen is None else _in_yuan(row.fee_fen),
            "decision": row.fee_decision,
            "decided_on": row.fee_decided_on,
            "carrier": carriers.get(row.carrier_id, "") if row.carrier_id else "",
            "pay_note": row.pay_note,
            "note": row.note,
            "closed_at": row.closed_at,
        }


def more_of_facts() -> dict[str, str]:
    """What the street's file alone holds: column to title."""
    return {"taken_kg": _("取走的重量（公斤）")}


def fact_rows(
    session: ScopedSession, names: Mapping[UUID, str], facts: Sequence[BookingFact]
) -> Iterator[dict[str, Any]]:
    """Column to cell of each booking of the street, without anything personal; ``names`` are the communities'."""
    kinds, states = fetched_titles(session), state_titles()
    for each in facts:
        yield {
            "slot": f"{each.day.isoformat()} {span_text(each.opens, each.closes)}",
            "community": names.get(each.community_id, ""),
            "category": kinds[each.category],
            "pieces": each.pieces or None,
            "requested_at": each.requested_at,
            "answered_at": each.answered_at,
            "state": states[each.state],
            "taken_kg": each.taken_kg,
        }


def _in_yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100
