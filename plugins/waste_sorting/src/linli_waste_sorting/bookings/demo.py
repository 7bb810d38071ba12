"""What the demo shows of pick-ups and full bins: three months back, four weeks ahead, the same each time."""

# i18n: data, shown to demo visitors as written
# The Chinese here is data, not interface.
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
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
from linli_waste_sorting.bookings.models import (
    OPEN,
    Booking,
    BookingChange,
    BookingPiece,
    FullReport,
    FullReportVoice,
    Slot,
)
from linli_waste_sorting.models import Station

_BACK, _AHEAD = timedelta(days=91), timedelta(days=28)
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
_MISSED = ("敲门没有人", "物品太多，车装不下，请再约", "没有提前放到单元门口")
_REJECTED = ("不收油漆桶，请投到有害垃圾", "这一天车辆检修，请换一个时段", "物品需要先拆开")
_ANSWERS = ("已清运，换了空桶", "已联系清运单位加收一次", "已清运，地面已冲洗", "已把旁边的空桶调过来")
_WORDS = ("", "", "旁边也堆满了", "盖子盖不上", "味道很大")


def fill_bookings(session: ScopedSession, actor: Actor, community_id: UUID) -> None:
    """Slots, bookings and reports of a community, unless it has some, or nobody lives there yet."""
    if session.scalar(select(Slot.id).where(Slot.community_id == community_id).limit(1)) is not None:
        return
    homes = households_at(session, dwellings_in(community_id), limit=_MOST_HOMES)
    if not homes:
        return
    chance = Random(407)  # noqa: S311 nothing is secret here
    slots = _slots(community_id)
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
    plain = [{key: value for key, value in row.items() if not key.startswith("_")} for row in bookings]
    for model, rows in ((Booking, plain), (BookingPiece, pieces), (BookingChange, changes)):
        if rows:
            session.execute(insert(model), rows)
    _reports(session, chance, actor, community_id, homes)
    record(session, "waste_sorting.booking.fill", ("community", community_id), community_id=community_id)


def _slots(community_id: UUID) -> list[dict[str, Any]]:
    first, last = today() - _BACK, today() + _AHEAD
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [_slot(community_id, each, day) for day in days for each in _ROUNDS if day.weekday() == each.weekday]


def _slot(community_id: UUID, kind: _Round, day: date) -> dict[str, Any]:
    decided = {"fee_decided_on": today() - timedelta(days=120)} if kind.fee else {"fee_decided_on": None}
    fee = {"fee_fen": None, "fee_per": "", "fee_decision": "", **kind.fee, **decided}
    return {
        "id": new_id(),
        "community_id": community_id,
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
        "requested_at": asked,
        "answered_at": None if state == "requested" else answered,
        "_things": things,
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


def _reports(
    session: ScopedSession, chance: Random, actor: Actor, community_id: UUID, homes: Sequence[HouseholdAt]
) -> None:
    stations = session.execute(
        select(Station.id, Station.compound_id)
        .where(Station.community_id == community_id, Station.kind.in_(("staffed", "point")))
        .order_by(Station.name, Station.id)
    ).all()
    reports: list[dict[str, Any]] = []
    voices: list[dict[str, Any]] = []
    for n in range(_BACK.days, -1, -1):
        day = today() - timedelta(days=n)
        # Sundays and Mondays the bins hold a weekend's waste.
        if not stations or chance.random() > (0.6 if day.weekday() in (6, 0) else 0.2):
            continue
        station = chance.choice(stations)
        first = datetime.combine(day, time(chance.randint(7, 20), chance.randint(0, 59)), SHANGHAI)
        if first > now():
            continue
        handled = first + timedelta(hours=chance.uniform(1.5, 20))
        report = _report(actor, community_id, station, chance, first, handled)
        if not report["handled_at"] and any(_is_same(each, report) for each in reports):
            continue
        told = [home for home in homes if home.compound_id == station.compound_id] or list(homes)
        who = chance.sample(told, min(report["voices"], len(told)))
        report["voices"] = len(who)
        reports.append(report)
        voices += [_voice(report, home, chance, k) for k, home in enumerate(who)]
    for n, category in enumerate(("kitchen", "other") if stations else ()):
        first = now() - timedelta(hours=2 + n)
        report = _report(actor, community_id, stations[0], chance, first, now()) | {"category": category}
        if any(_is_same(each, report) for each in reports):
            continue
        report |= {"voices": 1, "last_at": first}
        reports.append(report)
        voices.append(_voice(report, homes[n % len(homes)], chance, 0))
    for model, rows in ((FullReport, reports), (FullReportVoice, voices)):
        if rows:
            session.execute(insert(model), rows)


def _report(
    actor: Actor, community_id: UUID, station: Any, chance: Random, first: datetime, handled: datetime
) -> dict[str, Any]:
    category, answer, number = (
        chance.choice(("kitchen", "other", "other")),
        chance.choice(_ANSWERS),
        chance.randint(1, 4),
    )
    is_handled = handled <= now() and first < now() - timedelta(hours=20)
    return {
        "id": new_id(),
        "community_id": community_id,
        "station_id": station.id,
        "compound_id": station.compound_id,
        "category": category,
        "voices": number,
        "first_at": first,
        "last_at": first + timedelta(minutes=20 * (number - 1)),
        "handled_at": handled if is_handled else None,
        "handled_by": actor.account_id if is_handled else None,
        "handled_by_name": actor.display_name if is_handled else "",
        "answer": answer if is_handled else "",
    }


def _voice(report: dict[str, Any], home: HouseholdAt, chance: Random, n: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "community_id": report["community_id"],
        "full_report_id": report["id"],
        "account_id": min(home.accounts, default=None),
        "words": chance.choice(_WORDS),
        "at": report["first_at"] + timedelta(minutes=20 * n),
    }


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same = one["station_id"] == other["station_id"] and one["category"] == other["category"]
    return same and one["handled_at"] is None
