"""What the demo street shows of points: three months of bags, a catalogue, redemption days and what was fetched."""

# The Chinese here is data, not interface.
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import and_, insert, select

from linli.sdk import SHANGHAI, Actor, HouseholdAt, ScopedSession, dwellings_in, households_at, new_id, today
from linli_waste_sorting.bookings.models import Booking, Slot
from linli_waste_sorting.inspections.models import Finding
from linli_waste_sorting.points import ledger
from linli_waste_sorting.points.models import MOVES, Claim, Entry, Flag, Item, Purse, Redemption, RedemptionDay

_DAYS = 90
#: Households that take part, and the chance that one of them comes on a working day and on a day off.
_MOST, _WEEKDAY, _WEEKEND = 40, 0.16, 0.3
_BAG, _PICKUP, _CAP = 2, 3, 5
_STAFF = ("示范值守员", "示范指导员", "示范网格员")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
#: Name, points, pieces at first, pieces for a household in a month.
_ITEMS = (
    ("垃圾袋一卷", 10, 120, 4),
    ("肥皂一块", 15, 80, 2),
    ("抽纸一包", 20, 100, 2),
    ("洗洁精一瓶", 30, 40, 1),
    ("洗衣液一袋", 45, 24, 1),
    ("大米五斤", 80, 10, 1),
)


@dataclass(slots=True)
class _Book:
    """What is written at the end, in the order in which it happened."""

    purses: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    redemptions: list[dict[str, Any]] = field(default_factory=list)
    held: dict[UUID, int] = field(default_factory=dict)
    earned: dict[tuple[UUID, date], int] = field(default_factory=dict)

    def earn(
        self, purse: dict[str, Any], source: str, source_id: UUID, at: datetime, points: int, by: str = ""
    ) -> UUID:
        """Note points as far as the day's cap leaves them; returns the entry, or the claim where none was given."""
        day, key = at.date(), (purse["id"], at.date())
        given = min(points, max(_CAP - self.earned.get(key, 0), 0))
        self.earned[key] = self.earned.get(key, 0) + given
        claim = {
            "id": new_id(),
            "community_id": purse["community_id"],
            "purse_id": purse["id"],
            "source": source,
            "source_id": source_id,
            "day": day,
            "at": at,
            "asked": points,
            "given": given,
            "why": "" if given == points else "household_cap",
            "acted_by_name": by,
        }
        self.claims.append(claim)
        return self.move(purse, "earn", given, at, claim_id=claim["id"]) if given else claim["id"]

    def move(self, purse: dict[str, Any], kind: str, points: int, at: datetime, **more: Any) -> UUID:
        """Note an entry."""
        debit, credit = MOVES[kind]
        day = at.date()
        ends_on = day.replace(month=12, day=31) if kind in ("earn", "redeem") else None
        row = {
            "id": new_id(),
            "community_id": purse["community_id"],
            "purse_id": purse["id"],
            "kind": kind,
            "debit": debit,
            "credit": credit,
            "points": points,
            "day": day,
            "at": at,
            "expires_on": ends_on,
            "claim_id": None,
            "redemption_id": None,
            "reverses_id": None,
            **more,
        }
        self.entries.append(row)
        self.held[purse["id"]] = self.held.get(purse["id"], 0) + (points if credit == "household" else -points)
        return row["id"]


def fill_points(session: ScopedSession, actor: Actor, community_id: UUID) -> None:  # noqa: ARG001 as the others are called
    """Three months of points, unless the community has a catalogue; the same each time."""
    if session.scalar(select(Item.id).where(Item.community_id == community_id).limit(1)) is not None:
        return
    rng, book = Random(f"points/{community_id}"), _Book()  # noqa: S311 the same demo each time
    taking_part = _households(session, community_id, rng)
    known = session.scalars(select(Purse.dwelling_id).where(Purse.community_id == community_id)).all()
    for each in taking_part:
        if each.dwelling_id not in known:
            book.purses.append(_purse(community_id, each, rng))
    items, days = _items(community_id), _days(community_id)
    _live(session, community_id, rng, book, items, days)
    for model, rows in (
        (Purse, book.purses),
        (Claim, book.claims),
        (Item, items),
        (RedemptionDay, days),
        (Redemption, book.redemptions),
        (Entry, book.entries),
    ):
        if rows:
            session.execute(insert(model), rows)
    _flag(session, community_id, book, rng)
    for purse_id in ledger.ended_by_purse(session, community_id, today()):
        purse = session.scalars(select(Purse).where(Purse.id == purse_id)).one()
        ledger.end_points(session, purse, today())


def _households(session: ScopedSession, community_id: UUID, rng: Random) -> list[HouseholdAt]:
    found = households_at(session, dwellings_in(community_id), limit=300)
    # Whoever can sign in takes part, so that the demo's residents have something to see.
    with_account = [each for each in found if each.accounts]
    others = [each for each in found if not each.accounts]
    rng.shuffle(others)
    return [*with_account, *others][:_MOST]


def _purse(community_id: UUID, each: HouseholdAt, rng: Random) -> dict[str, Any]:
    return {
        "id": new_id(),
        "community_id": community_id,
        "compound_id": each.compound_id,
        "building_id": each.building_id,
        "dwelling_id": each.dwelling_id,
        "code": "".join(rng.choice(_LETTERS) for _n in range(12)),
        "key": rng.randbytes(32),
        "opened_at": datetime.combine(today() - timedelta(days=_DAYS), time(8), SHANGHAI),
        "kept_on": today(),
    }


def _items(community_id: UUID) -> list[dict[str, Any]]:
    return [
        {"id": new_id(), "community_id": community_id, "name": name, "points": points, "stock": stock, "most": most}
        for name, points, stock, most in _ITEMS
    ]


def _days(community_id: UUID) -> list[dict[str, Any]]:
    """The fifteenth of the months behind and of the three to come."""
    first = (today() - timedelta(days=_DAYS)).replace(day=1)
    months = [first]
    while len(months) < 7:
        months.append((months[-1] + timedelta(days=32)).replace(day=1))
    return [
        {
            "id": new_id(),
            "community_id": community_id,
            "day": month.replace(day=15),
            "opens": time(9),
            "closes": time(11),
            "place": "居委会一楼",
        }
        for month in months
    ]


def _live(
    session: ScopedSession,
    community_id: UUID,
    rng: Random,
    book: _Book,
    items: list[dict[str, Any]],
    days: list[dict[str, Any]],
) -> None:
    recorded = _recorded(session, community_id)
    by_day = {each["day"]: each for each in days}
    by_door = {each["dwelling_id"]: each for each in book.purses}
    eager = {each["id"]: rng.uniform(0.5, 2.0) for each in book.purses}
    for back in range(_DAYS, 0, -1):
        day = today() - timedelta(days=back)
        for source, source_id, door, at in recorded.get(day, ()):
            if door in by_door:
                book.earn(by_door[door], source, source_id, at, _PICKUP if source == "pickup" else _BAG)
        chance = _WEEKEND if day.weekday() >= 5 else _WEEKDAY
        for purse in book.purses:
            if rng.random() < chance * eager[purse["id"]]:
                at = _moment(day, rng)
                once = uuid5(NAMESPACE_URL, f"points/{purse['id']}/{day}")
                book.earn(purse, "award", once, at, _BAG, rng.choice(_STAFF))
        if day in by_day:
            _fetch(rng, book, items, by_day[day])
    coming = next(each for each in days if each["day"] >= today())
    for purse in book.purses[:6]:
        _redeem(book, purse, items[0], coming, "reserved")


def _fetch(rng: Random, book: _Book, items: list[dict[str, Any]], day: dict[str, Any]) -> None:
    """About half of the households fetch what they can pay for; one of them does not come."""
    for n, purse in enumerate(book.purses):
        if rng.random() < 0.5:
            continue
        held = book.held.get(purse["id"], 0)
        paid = [each for each in items if each["points"] <= held and each["stock"]]
        if paid:
            _redeem(book, purse, rng.choice(paid), day, "missed" if n == 3 else "handed")


def _redeem(book: _Book, purse: dict[str, Any], item: dict[str, Any], day: dict[str, Any], state: str) -> None:
    if book.held.get(purse["id"], 0) < item["points"] or not item["stock"]:
        return
    at = datetime.combine(min(day["day"], today()) - timedelta(days=1), time(20), SHANGHAI)
    ended = datetime.combine(day["day"], time(10), SHANGHAI)
    row = {
        "id": new_id(),
        "community_id": purse["community_id"],
        "purse_id": purse["id"],
        "item_id": item["id"],
        "day_id": day["id"],
        "pieces": 1,
        "points": item["points"],
        "state": state,
        "at": at,
        "ended_at": None if state == "reserved" else ended,
        "acted_by_name": _STAFF[0] if state == "handed" else "",
    }
    book.redemptions.append(row)
    book.move(purse, "redeem", item["points"], at, redemption_id=row["id"])
    if state == "missed":
        more = {"redemption_id": row["id"], "expires_on": at.date().replace(month=12, day=31)}
        book.move(purse, "return", item["points"], ended + timedelta(hours=15), **more)
    else:
        item["stock"] -= 1


def _recorded(session: ScopedSession, community_id: UUID) -> dict[date, list[tuple[str, UUID, UUID, datetime]]]:
    """Day to what the plugin's own records of the demo earn: correct bags, and recyclables that were fetched."""
    found: dict[date, list[tuple[str, UUID, UUID, datetime]]] = {}
    bags = select(Finding.id, Finding.dwelling_id, Finding.day).where(
        Finding.community_id == community_id,
        Finding.dwelling_id.is_not(None),
        Finding.result == "correct",
        Finding.is_final,
        Finding.struck_at.is_(None),
    )
    for row in session.execute(bags.order_by(Finding.id)):
        found.setdefault(row.day, []).append(("bag", row.id, row.dwelling_id, _at(row.day, time(8, 30))))
    fetched = (
        select(Booking.id, Booking.dwelling_id, Slot.day)
        .join(Slot, and_(Slot.tenant_id == Booking.tenant_id, Slot.id == Booking.slot_id))
        .where(Booking.community_id == community_id, Booking.state == "done", Slot.category == "recyclable")
    )
    for row in session.execute(fetched.order_by(Booking.id)):
        if row.dwelling_id is not None:
            found.setdefault(row.day, []).append(("pickup", row.id, row.dwelling_id, _at(row.day, time(10))))
    return found


def _flag(session: ScopedSession, community_id: UUID, book: _Book, rng: Random) -> None:
    """Three awards look odd: two were looked at, one waits."""
    awards = {each["id"]: each for each in book.claims if each["source"] == "award"}
    given = [each for each in book.entries if each["claim_id"] in awards]
    compounds = {each["id"]: each["compound_id"] for each in book.purses}
    for entry, (reason, decision) in zip(
        rng.sample(given, min(len(given), 3)), (("often", "kept"), ("burst", "kept"), ("often", "")), strict=False
    ):
        session.add(
            Flag(
                id=new_id(),
                community_id=community_id,
                compound_id=compounds[entry["purse_id"]],
                entry_id=entry["id"],
                reason=reason,
                raised_at=entry["at"] if decision else datetime.combine(today(), time(8), SHANGHAI),
                decision=decision,
                decided_at=entry["at"] + timedelta(days=1) if decision else None,
                decided_by_name="示范社区管理员" if decision else "",
                note="当面核实过" if decision else "",
            )
        )
    session.flush()


def _moment(day: date, rng: Random) -> datetime:
    """In one of the two peaks."""
    return _at(day, time(rng.choice((7, 8, 18, 19)), rng.randrange(60)))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI)
