"""The rows of the demo: they balance, they look like life, and they are the same each time."""

from __future__ import annotations

import time

from sqlalchemy import func, select

from linli.sdk import SYSTEM, today
from linli_waste_sorting.demo import fill
from linli_waste_sorting.points import ledger
from linli_waste_sorting.points.demo import fill_points
from linli_waste_sorting.points.models import Claim, Entry, Flag, Item, Purse, Redemption, RedemptionDay


def test_the_ledger_balances_and_nobody_holds_less_than_nothing(open_session, own) -> None:
    with open_session(own.scope) as session:
        fill(session, SYSTEM, own.id)
        sums = ledger.sums_of_accounts(session, own.id)
        assert sum(sums.values()) == 0
        assert -sums["issued"] > 100
        assert sums["redeemed"] > 0
        purses = session.scalars(select(Purse)).all()
        assert len(purses) == 3
        assert [each.balance for each in purses] == [ledger.balance_of(session, each.id) for each in purses]
        assert all(each.balance >= 0 for each in purses)


def test_caps_of_the_day_hold_and_days_off_are_busier(open_session, own) -> None:
    with open_session(own.scope) as session:
        fill_points(session, SYSTEM, own.id)
        days = session.execute(select(Claim.day, func.sum(Claim.given)).group_by(Claim.purse_id, Claim.day)).all()
        assert max(total for _day, total in days) <= 5
        assert max(day for day, _total in days) < today()
        off = sum(total for day, total in days if day.weekday() >= 5) / 2
        on = sum(total for day, total in days if day.weekday() < 5) / 5
        assert off > on


def test_what_was_redeemed_fits_stock_points_and_days(open_session, own) -> None:
    with open_session(own.scope) as session:
        fill_points(session, SYSTEM, own.id)
        rows = session.execute(
            select(Redemption, RedemptionDay.day).join(RedemptionDay, RedemptionDay.id == Redemption.day_id)
        ).all()
        assert rows
        assert all((row.state == "reserved") == (day >= today()) for row, day in rows)
        moved = dict(session.execute(select(Entry.kind, func.sum(Entry.points)).group_by(Entry.kind)).all())
        kept = sum(row.points for row, _day in rows if row.state in ("reserved", "handed"))
        assert moved["redeem"] - moved.get("return", 0) == kept
        assert all(each.day == 15 for each in session.scalars(select(RedemptionDay.day)))
        assert session.scalar(select(func.count()).where(Flag.decision == "")) == 1


def test_the_same_each_time_once_and_quickly(open_session, own) -> None:
    seen = []
    for _each in range(2):
        with open_session(own.scope) as session, session.begin_nested() as savepoint:
            begin = time.perf_counter()
            fill_points(session, SYSTEM, own.id)
            assert time.perf_counter() - begin < 1.5
            fill_points(session, SYSTEM, own.id)
            entries = select(Entry.kind, Entry.points, Entry.day).order_by(Entry.id)
            seen.append([tuple(each) for each in session.execute(entries)])
            assert session.scalar(select(func.count()).select_from(Item)) == 6
            savepoint.rollback()
    assert seen[0] == seen[1]
