"""Redeeming: reserved, handed over, cancelled or not fetched; never more points or pieces than there are."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from linli.sdk import SHANGHAI, SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli_waste_sorting.points import catalogue, codes, days, ledger, redeeming
from linli_waste_sorting.points.models import Redemption
from linli_waste_sorting.points.redeeming import period_begins
from linli_waste_sorting.points.schemas import DaysPlan, DayWrite, ItemWrite, RedeemBody, ReserveBody, StockBody


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(each.field, each.message) for each in error.value.errors]


def told(session, account) -> list[str]:
    rows = session.execute(text("SELECT kind FROM core.notification WHERE account_id = :a ORDER BY id"), {"a": account})
    return [each.kind for each in rows]


def stock(session, own, item) -> int:
    return catalogue.get_item(session, own.id, item.id).stock


@pytest.fixture
def reserve(at_home):
    """Reserves something for one of a community's households."""

    def make(session, own, item, day, n: int = 0, **more) -> Redemption:
        wanted = ReserveBody(item_id=item.id, day_id=day.id, **more)
        return redeeming.reserve(session, at_home(own, n), own.id, wanted)

    return make


class TestReserving:
    def test_points_and_stock_go_at_once_and_all_are_told(
        self, open_session, own, purse, gain, make_item, make_day, reserve
    ) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 25)
            item, day = make_item(session, own), make_day(session, own)
            row = reserve(session, own, item, day, pieces=2)
            assert (row.state, row.points, row.account_id) == ("reserved", 20, own.resident_account)
            assert (purse(session, own).balance, stock(session, own, item)) == (5, 3)
            assert told(session, own.resident_account) == ["waste_sorting.redemption_reserved"]
            assert sum(ledger.sums_of_accounts(session, own.id).values()) == 0

    def test_the_same_again_is_the_same(self, open_session, own, purse, gain, make_item, make_day, reserve) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 50)
            item, day = make_item(session, own), make_day(session, own)
            ids = {reserve(session, own, item, day).id for _each in range(2)}
            assert len(ids) == 1
            assert purse(session, own).balance == 40
            with pytest.raises(Invalid) as error:
                reserve(session, own, item, day, pieces=2)
            assert fields(error) == [("pieces", "您家已经预约了这件物品")]

    @pytest.mark.parametrize(("held", "is_enough"), [(9, False), (10, True), (11, True)])
    def test_with_as_many_points_as_it_takes(
        self, open_session, own, gain, make_item, make_day, reserve, held, is_enough
    ) -> None:
        with open_session(own.scope) as session:
            gain(session, own, held)
            item, day = make_item(session, own), make_day(session, own)
            if is_enough:
                assert reserve(session, own, item, day).points == 10
                return
            with pytest.raises(Invalid) as error, session.begin_nested():
                reserve(session, own, item, day)
            assert fields(error) == [("pieces", "积分不够")]
            assert stock(session, own, item) == 5

    @pytest.mark.parametrize(("pieces", "is_there"), [(4, True), (5, True), (6, False)])
    def test_as_many_as_there_are(
        self, open_session, own, purse, gain, make_item, make_day, reserve, pieces, is_there
    ) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 100)
            item, day = make_item(session, own), make_day(session, own)
            if is_there:
                reserve(session, own, item, day, pieces=pieces)
                assert stock(session, own, item) == 5 - pieces
                return
            with pytest.raises(Invalid) as error, session.begin_nested():
                reserve(session, own, item, day, pieces=pieces)
            assert fields(error) == [("pieces", "库存不够")]
            assert purse(session, own).balance == 100

    def test_each_household_has_its_share_of_a_period(
        self, open_session, own, gain, make_item, make_day, reserve
    ) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 100)
            gain(session, own, 100, 1)
            item = make_item(session, own, most=2)
            first, second = make_day(session, own), make_day(session, own, day=today() + timedelta(days=30))
            row = reserve(session, own, item, first, pieces=2)
            with pytest.raises(Invalid) as error, session.begin_nested():
                reserve(session, own, item, second)
            assert fields(error) == [("pieces", "超过每户的限量")]
            reserve(session, own, item, first, 1)
            redeeming.cancel_as_staff(session, SYSTEM, own.id, row.id, "缺货")
            reserve(session, own, item, second)

    @pytest.mark.parametrize(
        ("period", "first"), [("month", date(2026, 8, 1)), ("quarter", date(2026, 7, 1)), ("year", date(2026, 1, 1))]
    )
    def test_periods_begin(self, period, first) -> None:
        assert period_begins(date(2026, 8, 20), period) == first

    @pytest.mark.parametrize(("seconds", "is_open"), [(-1, True), (0, False), (1, False)])
    def test_until_the_day_begins(
        self, open_session, own, gain, make_item, make_day, reserve, seconds, is_open
    ) -> None:
        with open_session(own.scope) as session:
            item, day = make_item(session, own), make_day(session, own)
            gain(session, own, 100, day=day.day)
            begins = datetime.combine(day.day, day.opens, SHANGHAI)
            with frozen(begins + timedelta(seconds=seconds)):
                if is_open:
                    assert reserve(session, own, item, day).state == "reserved"
                    return
                with pytest.raises(Invalid) as error:
                    reserve(session, own, item, day)
            assert error.value.errors[0].field == "day_id"

    def test_not_for_others_days_nor_things_that_are_gone(
        self, open_session, world, own, gain, make_item, make_day, reserve
    ) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 100)
            session.execute(text("INSERT INTO core.compound (community_id, name) VALUES (:c, '另一个')"), {"c": own.id})
            other = session.scalar(text("SELECT id FROM core.compound WHERE name = '另一个'"))
            item, far = make_item(session, own), make_day(session, own, compound_id=other)
            with pytest.raises(Invalid) as error:
                reserve(session, own, item, far)
            assert error.value.errors[0].field == "day_id"
            day = make_day(session, own)
            catalogue.close_item(session, SYSTEM, own.id, item.id)
            with pytest.raises(Invalid), session.begin_nested():
                reserve(session, own, item, day)

    def test_who_is_no_resident_cannot(self, open_session, own, giver, make_item, make_day) -> None:
        with open_session(own.scope) as session:
            wanted = ReserveBody(item_id=make_item(session, own).id, day_id=make_day(session, own).id)
            for actor in (SYSTEM, giver(own)):
                with pytest.raises(Forbidden):
                    redeeming.reserve(session, actor, own.id, wanted)


class TestEnds:
    @pytest.fixture
    def row(self, open_session, own, gain, make_item, make_day, reserve) -> Redemption:
        with open_session(own.scope) as session:
            gain(session, own, 30)
            return reserve(session, own, make_item(session, own), make_day(session, own), pieces=2)

    def test_handed_over(self, open_session, own, row, purse, giver) -> None:
        with open_session(own.scope) as session:
            for _each in range(2):
                done = redeeming.hand_over(session, giver(own), own.id, row.id)
            assert (done.state, done.acted_by_name) == ("handed", "经手人1")
            assert purse(session, own).balance == 10
            assert not redeeming.miss(session, own.id, row.id)

    def test_cancelled_by_the_household(self, open_session, own, row, purse, at_home) -> None:
        with open_session(own.scope) as session:
            for _each in range(2):
                redeeming.cancel_own(session, at_home(own), own.id, row.id)
            assert purse(session, own).balance == 30
            assert catalogue.get_item(session, own.id, row.item_id).stock == 5
            with pytest.raises(Conflict):
                redeeming.hand_over(session, SYSTEM, own.id, row.id)

    def test_not_by_another_household_nor_in_another_community(self, open_session, world, own, row, at_home) -> None:
        other = world.here.communities[1]
        with open_session(own.scope) as session, pytest.raises(NotFound):
            redeeming.cancel_own(session, at_home(own, 1), own.id, row.id)
        with open_session(other.scope) as session:
            for act in (
                lambda: redeeming.cancel_own(session, at_home(other), other.id, row.id),
                lambda: redeeming.hand_over(session, SYSTEM, other.id, row.id),
            ):
                with pytest.raises(NotFound):
                    act()

    def test_not_once_the_day_has_begun(self, open_session, own, row, at_home) -> None:
        with open_session(own.scope) as session:
            day = days.get_day(session, own.id, row.day_id)
            with frozen(datetime.combine(day.day, day.opens, SHANGHAI)), pytest.raises(Conflict):
                redeeming.cancel_own(session, at_home(own), own.id, row.id)

    def test_cancelled_by_staff_it_is_good_for_a_while_though_it_would_have_ended(
        self, open_session, own, row, purse
    ) -> None:
        with open_session(own.scope) as session:
            first = date(today().year + 1, 1, 1)
            with frozen(datetime.combine(first, time(10), SHANGHAI)):
                with pytest.raises(Invalid):
                    redeeming.cancel_as_staff(session, SYSTEM, own.id, row.id, " ")
                redeeming.cancel_as_staff(session, SYSTEM, own.id, row.id, "缺货")
                mine = purse(session, own)
                ledger.end_points(session, mine, first)
                assert [(each.ends_on, each.points) for each in ledger.lots_of(session, mine.id)] == [
                    (first + timedelta(days=30), 20)
                ]
            assert told(session, own.resident_account)[-1] == "waste_sorting.redemption_cancelled"

    @pytest.mark.parametrize(("days_after", "is_missed"), [(0, False), (1, True)])
    def test_not_fetched_it_comes_back_after_the_day(
        self, open_session, own, row, purse, days_after, is_missed
    ) -> None:
        with open_session(own.scope) as session:
            day = days.get_day(session, own.id, row.day_id).day + timedelta(days=days_after)
            with frozen(datetime.combine(day, time(1), SHANGHAI)):
                seen = [redeeming.miss(session, own.id, row.id) for _each in range(2)]
            assert seen == [is_missed, False]
            state = session.scalar(select(Redemption.state).where(Redemption.id == row.id))
            assert state == ("missed" if is_missed else "reserved")
            assert catalogue.get_item(session, own.id, row.item_id).stock == (5 if is_missed else 3)

    def test_not_fetched_after_they_ended_they_are_lost(self, open_session, own, row, purse) -> None:
        with open_session(own.scope) as session:
            first = date(today().year + 1, 1, 1)
            with frozen(datetime.combine(first, time(1), SHANGHAI)):
                assert redeeming.miss(session, own.id, row.id)
                mine = purse(session, own)
                assert ledger.end_points(session, mine, first) == 30, "ten that were left and twenty that came back"
                assert mine.balance == 0

    def test_a_cancelled_day_gives_all_back(
        self, open_session, own, row, purse, gain, make_item, reserve, giver
    ) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 10, 1)
            day = days.get_day(session, own.id, row.day_id)
            reserve(session, own, make_item(session, own, name="垃圾袋", points=5), day, 1)
            with pytest.raises(Forbidden):
                redeeming.cancel_day(session, giver(own, "property_staff"), own.id, day.id, "下雨")
            for _each in range(2):
                redeeming.cancel_day(session, giver(own), own.id, day.id, "下雨")
            assert [purse(session, own, n).balance for n in (0, 1)] == [30, 10]
            assert redeeming.reserved_for(session, day) == []
            with pytest.raises(Invalid):
                reserve(session, own, catalogue.get_item(session, own.id, row.item_id), day)


class TestDesk:
    def test_handed_over_at_once_and_once(self, open_session, own, purse, gain, giver, make_item) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 30)
            item, once = make_item(session, own), uuid4()
            body = RedeemBody(code=codes.phone_code(purse(session, own)).code, item_id=item.id, once=once)
            rows = {redeeming.redeem_at_desk(session, giver(own, "property_staff"), own.id, body).id for _ in range(2)}
            assert len(rows) == 1
            assert (purse(session, own).balance, stock(session, own, item)) == (20, 4)
            again = RedeemBody(code=body.code, item_id=item.id, pieces=2, once=once)
            with pytest.raises(Conflict):
                redeeming.redeem_at_desk(session, giver(own), own.id, again)

    @pytest.mark.parametrize("role", ["building_steward", "resident", "auditor"])
    def test_only_by_those_who_hand_over(self, open_session, own, purse, gain, giver, make_item, role) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 30)
            body = RedeemBody(code=codes.phone_code(purse(session, own)).code, item_id=make_item(session, own).id)
            with pytest.raises(Forbidden):
                redeeming.redeem_at_desk(session, giver(own, role), own.id, body)

    def test_handed_over_by_mistake_it_comes_back(self, open_session, own, purse, gain, giver, make_item) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 30)
            item = make_item(session, own)
            row = redeeming.redeem_at_desk(
                session,
                giver(own),
                own.id,
                RedeemBody(code=codes.phone_code(purse(session, own)).code, item_id=item.id),
            )
            redeeming.cancel_as_staff(session, giver(own), own.id, row.id, "点错了")
            assert (purse(session, own).balance, stock(session, own, item)) == (30, 5)


class TestAtOnce:
    """Two connections to the database, at the same moment."""

    def race(self, house, own, acts) -> list[str]:
        held, faults = threading.Event(), []

        def second() -> None:
            held.wait(10)
            try:
                with house.database.unit_of_work(own.scope, SYSTEM) as session:
                    acts[1](session)
            except Invalid as error:
                faults.append(error.errors[0].message)

        late = threading.Thread(target=second)
        late.start()
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            acts[0](session)
            held.set()
            late.join(0.5)
            assert late.is_alive(), "it waits for the one that came first"
        late.join(20)
        return faults

    def test_the_last_piece_is_had_by_one_household(
        self, house, own, purse, gain, make_item, make_day, reserve
    ) -> None:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            gain(session, own, 100)
            gain(session, own, 100, 1)
            item, day = make_item(session, own, stock=1), make_day(session, own)
        acts = [lambda session, n=n: reserve(session, own, item, day, n) for n in (0, 1)]
        assert self.race(house, own, acts) == ["库存不够"]
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert stock(session, own, item) == 0
            assert sorted(purse(session, own, n).balance for n in (0, 1)) == [90, 100]

    def test_the_same_points_are_spent_once(self, house, own, purse, gain, giver, make_item) -> None:
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            gain(session, own, 15)
            item, other = make_item(session, own), make_item(session, own, name="垃圾袋")
            code = codes.phone_code(purse(session, own)).code
        acts = [
            lambda session, each=each: redeeming.redeem_at_desk(
                session, giver(own), own.id, RedeemBody(code=code, item_id=each.id)
            )
            for each in (item, other)
        ]
        assert self.race(house, own, acts) == ["积分不够"]
        with house.database.unit_of_work(own.scope, SYSTEM) as session:
            assert purse(session, own).balance == 5
            assert stock(session, own, item) + stock(session, own, other) == 9


class TestCatalogue:
    def test_every_act_and_its_faults(self, open_session, own, giver, make_item) -> None:
        clerk = giver(own)
        with open_session(own.scope) as session:
            item = make_item(session, own)
            with pytest.raises(Invalid) as error:
                make_item(session, own)
            assert fields(error) == [("name", "已经有同名的物品")]
            changed = ItemWrite(name="洗洁精", points=8, most=1, period="quarter", version=item.version)
            row = catalogue.update_item(session, clerk, own.id, item.id, changed)
            assert (row.name, row.points, row.most) == ("洗洁精", 8, 1)
            with pytest.raises(Conflict):
                catalogue.update_item(session, clerk, own.id, item.id, changed)
            for change, reason, field in ((0, "清点", "change"), (-6, "清点", "change"), (1, " ", "reason")):
                with pytest.raises(Invalid) as error:
                    catalogue.change_stock(session, clerk, own.id, item.id, StockBody(change=change, reason=reason))
                assert error.value.errors[0].field == field
            assert (
                catalogue.change_stock(session, clerk, own.id, item.id, StockBody(change=-5, reason="清点")).stock == 0
            )
            catalogue.close_item(session, clerk, own.id, item.id)
            other = make_item(session, own, name="洗洁精")
            with pytest.raises(Conflict):
                catalogue.reopen_item(session, clerk, own.id, item.id)
            catalogue.close_item(session, clerk, own.id, other.id)
            assert catalogue.reopen_item(session, clerk, own.id, item.id).closed_at is None
            assert [each.id for each in catalogue.offered(session, own.id)] == [item.id]

    @pytest.mark.parametrize("role", ["property_staff", "building_steward", "resident"])
    def test_only_by_those_who_set_it_up(self, open_session, own, giver, make_item, role) -> None:
        with open_session(own.scope) as session:
            item = make_item(session, own)
            with pytest.raises(Forbidden):
                catalogue.close_item(session, giver(own, role), own.id, item.id)


class TestDays:
    @pytest.mark.usefixtures("clock")
    @pytest.mark.today("2026-06-16")
    def test_planned_on_the_day_of_the_rule(self, open_session, own, giver) -> None:
        plan = DaysPlan(months=3, opens=time(9), closes=time(11), place="居委会")
        with open_session(own.scope) as session:
            made = days.plan_days(session, giver(own), own.id, plan)
            assert [each.day for each in made] == [date(2026, 7, 15), date(2026, 8, 15), date(2026, 9, 15)]
            assert days.plan_days(session, giver(own), own.id, plan) == [], "those that stand stay"

    @pytest.mark.usefixtures("clock")
    @pytest.mark.today("2026-12-10")
    def test_the_rule_may_name_another_day_and_the_year_ends(self, open_session, world, own, giver) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_points.redemption_day", 10)
        with open_session(own.scope) as session:
            plan = DaysPlan(months=2, opens=time(9), closes=time(11), place="居委会")
            made = days.plan_days(session, giver(own), own.id, plan)
            assert [each.day for each in made] == [date(2026, 12, 10), date(2027, 1, 10)]

    def test_faults_name_their_fields(self, open_session, own, giver, make_day) -> None:
        with open_session(own.scope) as session:
            for change, field in (
                ({"day": today() - timedelta(days=1)}, "day"),
                ({"closes": time(9)}, "closes"),
                ({"place": " "}, "place"),
                ({"compound_id": uuid4()}, "compound_id"),
            ):
                with pytest.raises(Invalid) as error:
                    make_day(session, own, **change)
                assert [each.field for each in error.value.errors] == [field]
            make_day(session, own)
            with pytest.raises(Invalid) as error:
                make_day(session, own)
            assert error.value.errors[0].field == "day"

    def test_once_reserved_its_date_stays(self, open_session, own, gain, giver, make_item, make_day, reserve) -> None:
        with open_session(own.scope) as session:
            gain(session, own, 30)
            day = make_day(session, own)
            reserve(session, own, make_item(session, own), day)
            same = {"opens": time(10), "closes": time(12), "place": "广场"}
            moved = DayWrite(day=day.day + timedelta(days=1), **same)
            with pytest.raises(Invalid) as error:
                redeeming.update_day(session, giver(own), own.id, day.id, moved)
            assert error.value.errors[0].field == "day"
            row = redeeming.update_day(session, giver(own), own.id, day.id, DayWrite(day=day.day, **same))
            assert (row.opens, row.place) == (time(10), "广场")
