"""What the demo shows of pick-ups and full bins: three months back, four weeks ahead, the same each time."""

# i18n: data, shown to demo visitors as written
# The Chinese here is data, not interface.
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from linli.sdk import (
    SHANGHAI,
    Actor,
    HouseholdAt,
    ScopedSession,
    dwellings_in,
    households_at,
    new_id,
    now,
    record,
    today,
)
from linli_waste_sorting.bookings.demo_reports import BACK, fill_reports
from linli_waste_sorting.bookings.models import (
    OPEN,
    Booking,
    BookingChange,
    BookingPiece,
    BookingWeight,
    Slot,
)
from linli_waste_sorting.weights.models import Carrier

_AHEAD = timedelta(days=28)
_MOST_HOMES = 200


@dataclass(frozen=True, slots=True)
class _Round:
    """One of the weekly rounds: its weekday, hours, places, how many usually book, and what they give away."""

    category: str
    weekday: int
    opens: time
    closes: time
    capacity: int
    usual: tuple[int, int]
    things: tuple[str, ...]
    note: str
    #: So long before it begins booking ends: in the evening before.
    before: timedelta
    fee: dict[str, Any] = field(default_factory=dict)


_ROUNDS = (
    _Round(
        "bulky",
        5,
        time(9),
        time(11, 30),
        8,
        (4, 8),
        ("三人沙发", "床垫", "大衣柜", "书桌", "旧冰箱", "餐椅", "婴儿床", "茶几"),
        "请前一天晚上放到单元门口，玻璃请用胶带贴好。",
        timedelta(hours=12),
    ),
    _Round(
        "decoration",
        2,
        time(14),
        time(16, 30),
        5,
        (1, 4),
        ("碎瓷砖（袋）", "旧地板（捆）", "石膏板（块）", "马桶", "旧木门"),
        "请装袋，每袋不超过 30 公斤。",
        timedelta(hours=18),
        {"fee_fen": 2000, "fee_per": "piece", "fee_decision": "业主大会第2号决定"},
    ),
    _Round(
        "recyclable",
        6,
        time(9, 30),
        time(11, 30),
        10,
        (3, 7),
        ("纸箱（捆）", "旧书报（捆）", "塑料瓶（袋）", "旧衣服（袋）", "废铁锅", "旧电扇"),
        "",
        timedelta(hours=12),
    ),
)
#: Of recyclables: the kind to which each belongs, its kilograms, and fen that the carrier pays for one.
_WEIGHTS = {
    "纸箱（捆）": ("paper", Decimal(5), 80),
    "旧书报（捆）": ("paper", Decimal(8), 80),
    "塑料瓶（袋）": ("plastic", Decimal("1.5"), 120),
    "旧衣服（袋）": ("textile", Decimal(4), 30),
    "废铁锅": ("metal", Decimal(2), 150),
    "旧电扇": ("appliance", Decimal(3), 100),
}
_PAY_NOTE = "废纸每公斤 0.8 元，废塑料 1.2 元，废金属 1.5 元，以当天为准。"
_MISSED = ("敲门没有人", "物品太多，车装不下，请再约", "没有提前放到单元门口")
_REJECTED = ("不收油漆桶，请投到有害垃圾", "这一天车辆检修，请换一个时段", "物品需要先拆开")


def fill_bookings(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    """Slots, bookings and reports of a community, unless it has some, or nobody lives there yet."""
    if session.scalar(select(Slot.id).where(Slot.community_id == community_id).limit(1)) is not None:
        return
    homes = households_at(session, dwellings_in(community_id), limit=_MOST_HOMES)
    if not homes:
        return
    chance = Random(407)  # noqa: S311 nothing is secret here
    recyclers = session.scalars(
        select(Carrier).where(Carrier.community_id == community_id, Carrier.name.contains("再生"))
    )
    slots = _slots(community_id, next((each.id for each in recyclers), None))
    bookings = [each for slot in slots for each in _bookings(chance, slot, homes)]
    bookings += _of_regulars(slots, homes, bookings)
    bookings += _unanswered(slots, homes, bookings)
    # Ids rise with time, as they would have.
    bookings.sort(key=lambda each: each["requested_at"])
    for each in bookings:
        each["id"] = new_id()
    for slot in slots:
        slot["taken"] = sum(
            each["slot_id"] == slot["id"] and each["state"] not in ("rejected", "cancelled") for each in bookings
        )
    session.execute(insert(Slot), slots)
    by_slot = {slot["id"]: slot for slot in slots}
    changes = [each for row in bookings for each in _changes(row, by_slot[row["slot_id"]], actor)]
    pieces = [each for row in bookings for each in _pieces(row)]
    weights = [each for row in bookings for each in _weights(row)]
    plain = [{key: value for key, value in row.items() if not key.startswith("_")} for row in bookings]
    for model, rows in ((Booking, plain), (BookingPiece, pieces), (BookingWeight, weights), (BookingChange, changes)):
        if rows:
            session.execute(insert(model), rows)
    fill_reports(session, chance, actor, community_id, homes)
    record(session, "waste_sorting.booking.fill", ("community", community_id), community_id=community_id)


def _slots(community_id: UUID, recycler: UUID | None) -> list[dict[str, Any]]:
    first, last = today() - BACK, today() + _AHEAD
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        _slot(community_id, each, day, recycler) for day in days for each in _ROUNDS if day.weekday() == each.weekday
    ]


def _slot(community_id: UUID, kind: _Round, day: date, recycler: UUID | None) -> dict[str, Any]:
    decided = {"fee_decided_on": today() - timedelta(days=120)} if kind.fee else {"fee_decided_on": None}
    fee = {"fee_fen": None, "fee_per": "", "fee_decision": "", **kind.fee, **decided}
    is_weighed = kind.category == "recyclable"
    return {
        "id": new_id(),
        "community_id": community_id,
        "carrier_id": recycler if is_weighed else None,
        "pay_note": _PAY_NOTE if is_weighed else "",
        "compound_id": None,
        "category": kind.category,
        "day": day,
        "opens": kind.opens,
        "closes": kind.closes,
        "capacity": kind.capacity,
        "books_until": datetime.combine(day, kind.opens, SHANGHAI) - kind.before,
        "note": kind.note,
        **fee,
    }


def _bookings(chance: Random, slot: dict[str, Any], homes: Sequence[HouseholdAt]) -> list[dict[str, Any]]:
    kind = next(each for each in _ROUNDS if each.category == slot["category"])
    # People clear out before the Spring Festival and when the heating comes on.
    usual = chance.randint(*kind.usual) + (slot["day"].month in (1, 11))
    found = []
    for home in chance.sample(homes, min(usual, slot["capacity"], len(homes))):
        asked = slot["books_until"] - timedelta(hours=chance.uniform(2, 150))
        answered = asked + timedelta(hours=chance.uniform(1, 30))
        draw = chance.random()
        things = [(name, chance.randint(1, 3)) for name in chance.sample(kind.things, chance.randint(1, 3))]
        if asked > now():
            continue
        state = _state(slot, draw, is_answered=answered <= now())
        found.append(_booking(slot, home, state, asked, min(answered, now()), things) | {"_why": chance.random()})
    return found


def _of_regulars(
    slots: Sequence[dict[str, Any]], homes: Sequence[HouseholdAt], known: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What those book who sign in: early, and every other time, so that each of them finds some of their own."""
    regulars = [home for home in homes if home.accounts]
    full = Counter(each["slot_id"] for each in known)
    there = {(each["slot_id"], each["dwelling_id"]) for each in known}
    found = []
    for n, slot in enumerate(slots[::2]):
        asked = slot["books_until"] - timedelta(hours=160)
        home = regulars[n % len(regulars)] if regulars else None
        is_taken = home is None or (slot["id"], home.dwelling_id) in there or full[slot["id"]] >= slot["capacity"]
        if home is None or is_taken or asked > now():
            continue
        answered = asked + timedelta(hours=5)
        state = _state(slot, 0.5, is_answered=answered <= now())
        kind = next(each for each in _ROUNDS if each.category == slot["category"])
        thing = [(kind.things[n % len(kind.things)], 1)]
        found.append(_booking(slot, home, state, asked, min(answered, now()), thing) | {"_why": 0.0})
    return found


def _unanswered(
    slots: Sequence[dict[str, Any]], homes: Sequence[HouseholdAt], known: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What was asked for this very day, so that there is something to answer: one booking in each of three slots."""
    busy = {each["dwelling_id"] for each in known if each["state"] in OPEN}
    idle = [home for home in homes if home.dwelling_id not in busy]
    full = Counter(each["slot_id"] for each in known)
    free = [slot for slot in slots if slot["books_until"] > now() and full[slot["id"]] < slot["capacity"]]
    found = []
    for n, (slot, home) in enumerate(zip(free[:3], idle[:3], strict=False)):
        kind = next(each for each in _ROUNDS if each.category == slot["category"])
        asked = now() - timedelta(minutes=200 - 50 * n)
        found.append(_booking(slot, home, "requested", asked, asked, [(kind.things[n], n + 1)]) | {"_why": 0.0})
    return found


def _state(slot: dict[str, Any], draw: float, *, is_answered: bool) -> str:
    if not is_answered:
        return "requested"
    if draw < 0.05:
        return "rejected"
    if draw < 0.11:
        return "cancelled"
    if slot["day"] >= today():
        return "confirmed"
    return "missed" if draw < 0.16 else "done"


def _booking(
    slot: dict[str, Any],
    home: HouseholdAt,
    state: str,
    asked: datetime,
    answered: datetime,
    things: list[tuple[str, int]],
) -> dict[str, Any]:
    pieces = sum(number for _name, number in things)
    return {
        "community_id": slot["community_id"],
        "slot_id": slot["id"],
        "compound_id": home.compound_id,
        "building_id": home.building_id,
        "dwelling_id": home.dwelling_id,
        "account_id": min(home.accounts, default=None),
        "state": state,
        "fee_fen": (slot["fee_fen"] or 0) * pieces,
        "paid_fen": _paid(things) if state == "done" and slot["category"] == "recyclable" else None,
        "requested_at": asked,
        "answered_at": None if state == "requested" else answered,
        "_things": [] if slot["category"] == "recyclable" else things,
        "_weighed": things if slot["category"] == "recyclable" else [],
    }


def _pieces(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "community_id": row["community_id"],
            "booking_id": row["id"],
            "position": n,
            "name": name,
            "pieces": pieces,
        }
        for n, (name, pieces) in enumerate(row["_things"], start=1)
    ]


def _weights(row: dict[str, Any]) -> list[dict[str, Any]]:
    """What people expect, and what was weighed: a tenth less, which is how people guess."""
    expected: dict[str, Decimal] = {}
    for name, number in row["_weighed"]:
        kind, kilos, _fen = _WEIGHTS[name]
        expected[kind] = expected.get(kind, Decimal(0)) + kilos * number
    is_done = row["state"] == "done"
    return [
        {
            "id": new_id(),
            "community_id": row["community_id"],
            "booking_id": row["id"],
            "kind": kind,
            "expected_kg": kilos,
            "taken_kg": _taken(kilos) if is_done else None,
        }
        for kind, kilos in expected.items()
    ]


def _taken(kilos: Decimal) -> Decimal:
    return round(kilos * 9 / 10, 1)


def _paid(things: Sequence[tuple[str, int]]) -> int:
    return sum(int(_taken(kilos * number) * fen) for name, number in things for _kind, kilos, fen in [_WEIGHTS[name]])


def _changes(row: dict[str, Any], slot: dict[str, Any], actor: Actor) -> list[dict[str, Any]]:
    steps: list[tuple[str, datetime, str]] = [("requested", row["requested_at"], "")]
    if row["state"] in ("rejected", "cancelled"):
        reason = _one(_REJECTED, row) if row["state"] == "rejected" else ""
        steps.append((row["state"], row["answered_at"], reason))
    elif row["state"] != "requested":
        steps.append(("confirmed", row["answered_at"], ""))
    if row["state"] in ("done", "missed"):
        at = datetime.combine(slot["day"], slot["closes"], SHANGHAI)
        steps.append((row["state"], at, _one(_MISSED, row) if row["state"] == "missed" else ""))
    return [
        {
            "id": new_id(),
            "community_id": row["community_id"],
            "booking_id": row["id"],
            "state": state,
            "day": slot["day"],
            "opens": slot["opens"],
            "at": at,
            "acted_by": None if state in ("requested", "cancelled") else actor.account_id,
            "acted_by_name": "" if state in ("requested", "cancelled") else actor.display_name,
            "reason": reason,
        }
        for state, at, reason in steps
    ]


def _one(words: tuple[str, ...], row: dict[str, Any]) -> str:
    return words[int(row["_why"] * len(words))]
