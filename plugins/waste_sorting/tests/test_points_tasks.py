"""What happens by itself to points; run twice it happens once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update

from linli.sdk import SYSTEM, now, today
from linli.testing.choices import settle_rule
from linli.testing.jobs import run_task
from linli_waste_sorting.points import ledger, purses, redeeming
from linli_waste_sorting.points.giving import grant
from linli_waste_sorting.points.models import Claim, Entry, Purse, RedemptionDay
from linli_waste_sorting.points.personal import POINT_DATA_CLASSES
from linli_waste_sorting.points.schemas import ReserveBody


@pytest.fixture
def run(house, world):
    def once(name: str):
        return run_task(house, world.here.scope, f"waste_sorting.{name}")

    return once


def unit(house, own):
    return house.database.unit_of_work(own.scope, SYSTEM)


def test_points_of_last_year_end_once(house, own, purse, gain, run) -> None:
    with unit(house, own) as session:
        gain(session, own, 30, day=date(today().year - 1, 6, 1))
        gain(session, own, 7, 1)
    assert [run("end_points")["ended"] for _each in range(2)] == [30, 0]
    with unit(house, own) as session:
        assert [purse(session, own, n).balance for n in (0, 1)] == [0, 7]
        assert session.scalar(select(Entry.points).where(Entry.kind == "expire")) == 30
        assert sum(ledger.sums_of_accounts(session, own.id).values()) == 0


def test_households_are_warned_once_of_each_day(house, world, own, gain, run) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        settle_rule(session, "waste_sorting_points.expiry", "after")
        settle_rule(session, "waste_sorting_points.good_for", "40 days")
    with unit(house, own) as session:
        gain(session, own, 9, day=today() - timedelta(days=10))
        gain(session, own, 5, day=today() - timedelta(days=9))
    assert [run("warn_of_points")["told"] for _each in range(2)] == [1, 0]
    with unit(house, own) as session:
        row = session.execute(
            text("SELECT kind, context FROM core.notification WHERE account_id = :a"), {"a": own.resident_account}
        ).one()
        assert row.kind == "waste_sorting.points_expiring"
        assert "9" in str(row.context)


def test_what_was_not_fetched_comes_back_once(house, own, purse, gain, make_item, make_day, at_home, run) -> None:
    with unit(house, own) as session:
        gain(session, own, 30)
        item, day = make_item(session, own), make_day(session, own)
        wanted = ReserveBody(item_id=item.id, day_id=day.id)
        redeeming.reserve(session, at_home(own), own.id, wanted)
    assert run("return_missed")["returned"] == 0
    with unit(house, own) as session:
        session.execute(update(RedemptionDay).where(RedemptionDay.id == day.id).values(day=today() - timedelta(days=1)))
    assert [run("return_missed")["returned"] for _each in range(2)] == [1, 0]
    with unit(house, own) as session:
        assert purse(session, own).balance == 30


def test_purses_are_kept_and_those_of_households_that_left_are_closed(house, own, gain, run) -> None:
    with unit(house, own) as session:
        gain(session, own, 30)
        gain(session, own, 8, 1)
        session.execute(update(Purse).values(kept_on=today() - timedelta(days=5)))
        session.execute(
            text("UPDATE core.household_member SET moved_in_on = :d WHERE resident_id = :r"),
            {"d": today() - timedelta(days=2), "r": own.residents[1]},
        )
        session.execute(text("DELETE FROM core.ownership WHERE resident_id = :r"), {"r": own.residents[1]})
    assert [run("keep_purses")["closed"] for _each in range(2)] == [1, 0]
    with unit(house, own) as session:
        rows = session.execute(select(Purse.dwelling_id, Purse.balance, Purse.kept_on, Purse.closed_at)).all()
        assert {row.dwelling_id: (row.balance, row.closed_at is None) for row in rows} == {
            own.dwellings[0]: (30, True),
            own.dwellings[1]: (0, False),
        }
        assert next(row.kept_on for row in rows if row.closed_at is None) == today()
        assert purses.purse_at(session, own.id, own.dwellings[1]).balance == 0


def test_old_purses_are_parted_from_their_doors_and_old_acts_from_their_names(
    open_session, own, purse, gain, giver
) -> None:
    [kept] = POINT_DATA_CLASSES
    with open_session(own.scope) as session:
        grant(session, giver(own), own.id, own.dwellings[0], 5, "活动")
        mine = purse(session, own)
        purses.close(session, mine)
        before = now() + timedelta(minutes=1)
        assert kept.purge(session, before, 100, frozenset({own.id})) == []
        gone = kept.purge(session, before, 100, frozenset())
        assert mine.id in gone
        session.expire_all()
        assert (mine.dwelling_id, mine.building_id) == (None, None)
        [claim] = session.scalars(select(Claim)).all()
        assert (claim.acted_by, claim.acted_by_name, claim.note, claim.given) == (None, "", "", 5)
        assert kept.purge(session, before, 100, frozenset()) == []
        assert sum(ledger.sums_of_accounts(session, own.id).values()) == 0
