"""The ledger of points: balanced, growing only, kept by the database whatever the code above does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from linli.sdk import SHANGHAI, SYSTEM, Invalid, today
from linli.testing.clock import frozen
from linli_waste_sorting.points import codes, earning, ledger, redeeming
from linli_waste_sorting.points.ledger import Lot
from linli_waste_sorting.points.models import Entry, Item, Purse
from linli_waste_sorting.points.schemas import RedeemBody


def entry_of(session, claim) -> Entry:
    found = earning.entry_of(session, claim)
    assert found is not None
    return found


class TestBalance:
    def test_what_comes_in_and_goes_out(self, open_session, own, purse, gain) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 30)
            gain(session, own, 12)
            mine = purse(session, own)
            assert mine.balance == ledger.balance_of(session, mine.id) == 42
            assert ledger.sums_of_accounts(session, own.id) == {
                "issued": -42,
                "household": 42,
                "redeemed": 0,
                "expired": 0,
                "reversed": 0,
            }

    def test_another_household_has_another_purse(self, open_session, own, purse, gain) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 30)
            assert purse(session, own, 1).balance == 0
            assert purse(session, own).id != purse(session, own, 1).id


class TestTheDatabase:
    @pytest.fixture
    def entry(self, house, own, gain) -> Entry:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            return entry_of(session, gain(session, own, 30))

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE plugin_waste_sorting.points_entry SET points = 31 WHERE id = :id",
            "DELETE FROM plugin_waste_sorting.points_entry WHERE id = :id",
            "UPDATE plugin_waste_sorting.points_purse SET balance = 99",
        ],
    )
    @pytest.mark.parametrize("door", ["database", "owner"])
    def test_refuses_to_change_what_is_written(self, house, own, entry, statement, door) -> None:
        with getattr(house, door).unit_of_work(own.scope) as session:
            assert session.scalar(select(Entry.points).where(Entry.id == entry.id)) == 30
            with pytest.raises(DBAPIError), session.begin_nested():
                session.execute(text(statement), {"id": entry.id} if ":id" in statement else {})

    def _insert(self, session, entry: Entry, **fields: object) -> None:
        given = {"kind": "expire", "debit": "household", "credit": "expired", "points": 1, "reverses": None, **fields}
        session.execute(
            text(
                "INSERT INTO plugin_waste_sorting.points_entry (community_id, purse_id, kind, debit, credit, points, "
                "day, claim_id, reverses_id) VALUES (:community, :purse, :kind, :debit, :credit, :points, "
                "current_date, :claim, :reverses)"
            ),
            {"community": entry.community_id, "purse": entry.purse_id, "claim": None, **given},
        )

    @pytest.mark.parametrize(
        "fields",
        [
            {"points": 0},
            {"points": -5},
            {"points": 31},
            {"credit": "household"},
            {"debit": "issued"},
            {"kind": "earn"},
        ],
    )
    def test_refuses_what_does_not_balance(self, house, own, entry, fields) -> None:
        with pytest.raises(DBAPIError), house.database.unit_of_work(own.scope) as session:
            self._insert(session, entry, **fields)

    def test_lets_the_last_point_go_and_not_one_more(self, house, own, entry) -> None:
        with house.database.unit_of_work(own.scope) as session:
            self._insert(session, entry, points=30)
            assert session.scalar(select(Purse.balance)) == 0
        with pytest.raises(DBAPIError), house.database.unit_of_work(own.scope) as session:
            self._insert(session, entry, points=1)

    def test_takes_back_only_what_was_given_and_whole(self, house, own, entry, gain) -> None:
        with house.database.unit_of_work(own.scope) as session:
            claim = gain(session, own, 1)
        for points, reverses in ((29, entry.id), (1, entry.id)):
            with pytest.raises(DBAPIError), house.database.unit_of_work(own.scope) as session:
                self._insert(
                    session,
                    entry,
                    kind="reverse",
                    credit="reversed",
                    points=points,
                    reverses=reverses,
                    claim=claim.id,
                )

    def test_a_purse_begins_empty(self, house, own, entry) -> None:
        with house.database.unit_of_work(own.scope) as session:
            row = {
                "community_id": own.id,
                "compound_id": own.compound,
                "dwelling_id": own.dwellings[2],
                "code": "aaaaaaaaaaaa",
                "key": bytes(32),
                "kept_on": today(),
                "balance": 5,
            }
            with pytest.raises(DBAPIError, match="begins empty"), session.begin_nested():
                session.execute(insert(Purse), [row])


class TestEnds:
    def test_a_year_ends_on_its_last_day(self, open_session, own, purse, gain) -> None:
        with open_session(own.scope) as session:
            year = today().year
            gain(session, own, 30, day=date(year, 3, 1))
            mine = purse(session, own)
            assert ledger.lots_of(session, mine.id) == [Lot(date(year, 12, 31), 30)]
            last = date(year, 12, 31)
            assert ledger.end_points(session, mine, last) == 0, "still good on its last day"
            assert ledger.end_points(session, mine, last + timedelta(days=1)) == 30
            assert ledger.end_points(session, mine, last + timedelta(days=1)) == 0, "once"
            assert mine.balance == 0
            assert ledger.sums_of_accounts(session, own.id)["expired"] == 30

    def test_those_that_end_first_are_used_first(self, open_session, own, purse, gain, giver, make_item) -> None:
        with open_session(own.scope) as session:
            year = today().year
            gain(session, own, 20, day=date(year + 1, 1, 2))
            gain(session, own, 8, day=date(year, 1, 2))
            mine, item = purse(session, own), make_item(session, own, points=10)
            body = RedeemBody(code=codes.phone_code(mine).code, item_id=item.id)
            redeeming.redeem_at_desk(session, giver(own), own.id, body)
            assert ledger.lots_of(session, mine.id) == [Lot(date(year + 1, 12, 31), 18)]
            assert ledger.end_points(session, mine, date(year + 1, 1, 1)) == 0

    def test_what_has_ended_is_not_spent_though_no_run_has_noted_it(
        self, open_session, own, purse, gain, giver, make_item
    ) -> None:
        with open_session(own.scope) as session:
            year = today().year
            gain(session, own, 30, day=date(year, 1, 2))
            mine, item = purse(session, own), make_item(session, own, points=10)
            with frozen(datetime(year + 1, 1, 1, 0, 0, 1, tzinfo=SHANGHAI)):
                body = RedeemBody(code=codes.phone_code(mine).code, item_id=item.id)
                with pytest.raises(Invalid) as error:
                    redeeming.redeem_at_desk(session, giver(own), own.id, body)
            assert error.value.errors[0].message == "积分不够"

    @pytest.mark.parametrize(
        ("spent", "left"),
        [(0, [5, 7]), (4, [1, 7]), (5, [7]), (6, [6]), (12, []), (13, [])],
    )
    def test_what_is_left_of_lots(self, spent, left) -> None:
        lots = [Lot(date(2026, 1, 1), 5), Lot(None, 7)]
        assert [each.points for each in ledger.left_of(lots, spent)] == left


class TestDebt:
    def test_points_taken_back_after_they_were_spent_are_a_debt_that_the_next_ones_cover(
        self, open_session, own, purse, gain, giver, make_item
    ) -> None:
        with open_session(own.scope) as session:
            claim = gain(session, own, 10)
            mine, item = purse(session, own), make_item(session, own, points=10)
            redeeming.redeem_at_desk(
                session, giver(own), own.id, RedeemBody(code=codes.phone_code(mine).code, item_id=item.id)
            )
            earning.take_back(session, mine, entry_of(session, claim), "错发")
            assert (mine.balance, ledger.lots_of(session, mine.id)) == (-10, [])
            gain(session, own, 7)
            assert (purse(session, own).balance, ledger.lots_of(session, mine.id)) == (-3, [])
            gain(session, own, 5)
            assert [each.points for each in ledger.lots_of(session, mine.id)] == [2]
            assert ledger.end_points(session, purse(session, own), date(today().year + 2, 1, 1)) == 2
            assert sum(ledger.sums_of_accounts(session, own.id).values()) == 0

    def test_a_second_call_takes_nothing_more(self, open_session, own, purse, gain) -> None:
        with open_session(own.scope) as session:
            claim = gain(session, own, 10)
            mine = purse(session, own)
            first = earning.take_back(session, mine, entry_of(session, claim), "错发")
            assert earning.take_back(session, mine, entry_of(session, claim), "又一次").id == first.id
            assert mine.balance == 0


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "redeem", "return", "reverse", "end", "earn", "redeem"]),
        st.integers(min_value=1, max_value=20),
        st.integers(min_value=0, max_value=800),
    ),
    min_size=1,
    max_size=25,
)


@given(steps=_STEPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_happens_it_balances(open_session, own, purse, gain, giver, make_item, steps) -> None:
    """Any sequence of earning, redeeming, giving back, taking back and ending leaves a ledger that sums to nothing."""
    with open_session(own.scope) as session, session.begin_nested() as savepoint:
        item: Item = make_item(session, own, points=1, stock=1000)
        clerk, mine = giver(own), purse(session, own)
        claims, redemptions, stock, debt = [], [], 1000, 0
        for kind, points, days in steps:
            day = today() + timedelta(days=days)
            if kind == "earn":
                claims.append(gain(session, own, points, day=day))
            elif kind == "redeem":
                body = RedeemBody(code=codes.phone_code(mine).code, item_id=item.id, pieces=points)
                before = sum(each.points for each in ledger.lots_of(session, mine.id))
                try:
                    redemptions.append(redeeming.redeem_at_desk(session, clerk, own.id, body))
                    assert before >= points
                    stock -= points
                except Invalid:
                    assert before < points
            elif kind == "return" and redemptions:
                row = redemptions.pop()
                redeeming.cancel_as_staff(session, clerk, own.id, row.id, "错了")
                stock += row.pieces
            elif kind == "reverse" and claims:
                earning.take_back(session, purse(session, own), entry_of(session, claims.pop()), "错发")
            elif kind == "end":
                ledger.end_points(session, purse(session, own), day)
            session.refresh(mine)
            session.refresh(item)
            sums, lots = ledger.sums_of_accounts(session, own.id), ledger.lots_of(session, mine.id)
            debt = max(-mine.balance, 0)
            assert sum(sums.values()) == 0
            assert sums["household"] == mine.balance == ledger.balance_of(session, mine.id)
            assert sum(each.points for each in lots) - debt == mine.balance
            assert item.stock == stock >= 0
        savepoint.rollback()
