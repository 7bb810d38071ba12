"""The ledger of a month: sums, what is missing, reporting, taking back, and files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, ScopedSession, today
from linli_waste_sorting.stations.schemas import Bins
from linli_waste_sorting.weights import reports, repository, service
from linli_waste_sorting.weights.files import Names, day_rows, month_rows
from linli_waste_sorting.weights.ledger import ledger_lines, missing_days, month_of, read_month, trend, weights_of
from linli_waste_sorting.weights.repository import separation_rate, weights_by_category
from linli_waste_sorting.weights.schemas import CollectionVoid, ReportReopen

KITCHEN = [Bins(category="kitchen", pieces=1)]


@pytest.fixture
def last_month() -> Callable[[int], date]:
    """A day of the month before this one."""
    month = month_of(today()).before
    return lambda n: month.first.replace(day=n)


def age(session: ScopedSession, days: int) -> None:
    """Have every station stand for so many days."""
    session.execute(
        text("UPDATE plugin_waste_sorting.station SET created_at = now() - make_interval(days => :d)"), {"d": days}
    )


class TestSums:
    def test_by_compound_and_kind_without_what_was_struck_out(self, open_session, own, note, days_ago) -> None:
        with open_session(own.scope) as session:
            note(session, own, "10.5", day=days_ago(2))
            note(session, own, "10.4", day=days_ago(1))
            note(session, own, "60", day=days_ago(1), category="other")
            note(session, own, None, pieces=2, day=days_ago(1), category="recyclable")
            void = note(session, own, "7", day=days_ago(1), category="garden")
            service.void_collection(session, SYSTEM, own.id, void.id, CollectionVoid(reason="错"))
            found = weights_by_category(session, days_ago(2), days_ago(1), community_id=own.id)
            kinds = {"kitchen": Decimal("20.9"), "other": Decimal(60), "recyclable": Decimal(0)}
            assert found == {own.compound: kinds}
            assert weights_by_category(session, days_ago(1), days_ago(1))[own.compound]["kitchen"] == Decimal("10.4")
            assert weights_by_category(session, days_ago(9), days_ago(3)) == {}

    def test_of_the_street_or_of_one_community_and_never_of_another_street(
        self, open_session, world, own, note
    ) -> None:
        other, there = world.here.communities[1], world.there.communities[0]
        for place, kg in ((own, "1"), (other, "2"), (there, "4")):
            with open_session(place.scope) as session:
                note(session, place, kg)
        with open_session(world.here.scope) as session:
            found = weights_by_category(session, today(), today())
            assert {key: kinds["kitchen"] for key, kinds in found.items()} == {own.compound: 1, other.compound: 2}
            assert list(weights_by_category(session, today(), today(), community_id=other.id)) == [other.compound]

    def test_one_query(self, open_session, own, note, assert_queries, days_ago) -> None:
        with open_session(own.scope) as session:
            for n in range(5):
                note(session, own, day=days_ago(n))
            with assert_queries(session, 1):
                weights_by_category(session, days_ago(30), today())

    @pytest.mark.parametrize(
        ("weights", "rate"),
        [
            ({"kitchen": Decimal(25), "other": Decimal(75), "recyclable": Decimal(99)}, Decimal("25.0")),
            ({"kitchen": Decimal(1), "other": Decimal(2)}, Decimal("33.3")),
            ({"kitchen": Decimal(5)}, Decimal("100.0")),
            ({"other": Decimal(5)}, Decimal("0.0")),
            ({"recyclable": Decimal(5)}, None),
        ],
    )
    def test_the_separation_rate_is_kitchen_of_kitchen_and_other(self, weights, rate) -> None:
        assert separation_rate(weights) == rate

    def test_lines_put_carriers_and_destinations_together(
        self, open_session, own, note, make_carrier, days_ago
    ) -> None:
        with open_session(own.scope) as session:
            first, second = make_carrier(session, own), make_carrier(session, own, name="乙公司")
            note(session, own, "10", carrier_id=first.id, pieces=1)
            note(session, own, "11.5", carrier_id=second.id, destination="乙厂", pieces=2)
            note(session, own, None, carrier_id=second.id, destination="乙厂", pieces=4, day=days_ago(1))
            sums = repository.month_sums(session, days_ago(1), today(), own.id)
            [line] = ledger_lines(sums, repository.carrier_names(session, own.id))
            assert (line.times, line.pieces, line.kg, line.unweighed) == (3, 7, Decimal("21.5"), 1)
            assert (sorted(line.carriers), sorted(line.destinations)) == (["乙公司", "环卫中心"], ["乙厂", "处理厂"])
            assert weights_of([line]) == {"kitchen": Decimal("21.5")}

    def test_six_months_up_to_this_one(self, open_session, own, note, last_month) -> None:
        with open_session(own.scope) as session:
            note(session, own, "8", day=last_month(1))
            note(session, own, "9", day=month_of(today()).first, confirmed=True)
            found = [weights.get("kitchen") for _month, weights in trend(session, own.id, month_of(today()))]
            assert found == [None, None, None, None, 8, 9]


class TestMonths:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
            ("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
            ("2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        ],
    )
    def test_a_month_is_whole(self, text, first, last) -> None:
        month = read_month(text)
        assert (month.first, month.last, month.key) == (first, last, text)
        assert (month.after.before, month.before.after) == (month, month)
        assert len(month.days) == (last - first).days + 1

    def test_others_are_slips(self) -> None:
        assert read_month("") == month_of(today())
        for slip in ("1999-12", "2100-01", "0000-01"):
            with pytest.raises(Invalid):
                read_month(slip)


class TestMissing:
    def test_days_without_kitchen_waste_up_to_yesterday(
        self, open_session, own, note, make_station, last_month
    ) -> None:
        month = month_of(last_month(1))
        with open_session(own.scope) as session:
            make_station(session, own, containers=KITCHEN)
            age(session, 200)
            for day in month.days:
                if day.day not in (3, month.last.day):
                    note(session, own, day=day)
            note(session, own, day=last_month(3), category="other")
            found = [(each.compound_id, each.day.day) for each in missing_days(session, own.id, month)]
            assert found == [(own.compound, 3), (own.compound, month.last.day)]
            assert [each.day for each in missing_days(session, own.id, month_of(today()))] == [
                each for each in month_of(today()).days if each < today()
            ]
            assert missing_days(session, own.id, month_of(today()).after) == []

    def test_nothing_is_owed_without_containers_or_before_they_stood(
        self, open_session, own, note, make_station
    ) -> None:
        month = month_of(today() - timedelta(days=10))
        with open_session(own.scope) as session:
            assert missing_days(session, own.id, month) == []
            make_station(session, own, containers=[Bins(category="other", pieces=1)])
            age(session, 200)
            assert missing_days(session, own.id, month) == []
            make_station(session, own, name="2号站", containers=KITCHEN)
            assert missing_days(session, own.id, month) == []


class TestReporting:
    def test_who_when_and_the_sums_of_that_moment(self, open_session, own, note, last_month) -> None:
        with open_session(own.scope) as session:
            note(session, own, "10.5", day=last_month(1), pieces=1)
            note(session, own, "20", day=last_month(2), category="other")
            row = reports.report_ledger(session, SYSTEM, own.id, month_of(last_month(1)))
            session.expire_all()
            assert (row.times, row.kg, row.reopened_at) == (2, Decimal("30.5"), None)
            assert row.totals == {
                str(own.compound): {
                    "kitchen": {"kg": "10.5", "times": 1, "pieces": 1},
                    "other": {"kg": "20.0", "times": 1, "pieces": 0},
                }
            }
            with pytest.raises(Conflict):
                reports.report_ledger(session, SYSTEM, own.id, month_of(last_month(1)))

    def test_its_records_are_closed_until_it_is_taken_back(self, open_session, own, note, last_month) -> None:
        with open_session(own.scope) as session:
            row = note(session, own, day=last_month(5))
            report = reports.report_ledger(session, SYSTEM, own.id, month_of(last_month(1)))
            with pytest.raises(Conflict, match="已经上报"):
                note(session, own, day=last_month(6))
            with pytest.raises(Conflict, match="已经上报"):
                service.void_collection(session, SYSTEM, own.id, row.id, CollectionVoid(reason="错"))
            note(session, own)
            with pytest.raises(Invalid):
                reports.reopen_ledger(session, SYSTEM, own.id, report.id, ReportReopen(reason=" "))
            reports.reopen_ledger(session, SYSTEM, own.id, report.id, ReportReopen(reason="漏记一天"))
            note(session, own, day=last_month(6))
            with pytest.raises(Conflict):
                reports.reopen_ledger(session, SYSTEM, own.id, report.id, ReportReopen(reason="再来"))
            again = reports.report_ledger(session, SYSTEM, own.id, month_of(last_month(1)))
            assert (report.kg, again.kg) == (10, 20), "what was reported first stays as it was"
            assert len(repository.reports_of(session, own.id, month_of(last_month(1)).first)) == 2

    def test_a_month_is_reported_when_it_is_over(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                reports.report_ledger(session, SYSTEM, own.id, month_of(today()))
            assert [each.field for each in error.value.errors] == ["month"]

    @pytest.mark.usefixtures("clock")
    @pytest.mark.today("2026-06-30")
    def test_not_on_its_last_day(self, open_session, own) -> None:
        with open_session(own.scope) as session, pytest.raises(Invalid):
            reports.report_ledger(session, SYSTEM, own.id, read_month("2026-06"))

    @pytest.mark.usefixtures("clock")
    @pytest.mark.today("2026-07-01")
    def test_but_on_the_first_of_the_next(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert reports.report_ledger(session, SYSTEM, own.id, read_month("2026-06")).month == date(2026, 6, 1)

    @pytest.mark.actor("building_steward")
    def test_who_may_only_read_reports_nothing(self, open_session, own, actor, last_month) -> None:
        with open_session(own.scope) as session:
            month = month_of(last_month(1))
            row = reports.report_ledger(session, SYSTEM, own.id, month)
            with pytest.raises(Forbidden):
                reports.report_ledger(session, actor, own.id, month)
            with pytest.raises(Forbidden):
                reports.reopen_ledger(session, actor, own.id, row.id, ReportReopen(reason="x"))

    def test_neighbours_see_none_of_it(self, open_session, world, own, last_month) -> None:
        with open_session(own.scope) as session:
            row = reports.report_ledger(session, SYSTEM, own.id, month_of(last_month(1)))
        for stranger in (world.here.communities[1], world.there.communities[0]):
            with open_session(stranger.scope) as session:
                assert not repository.reports_of(session, None)
                with pytest.raises(NotFound):
                    reports.reopen_ledger(session, SYSTEM, stranger.id, row.id, ReportReopen(reason="x"))


class TestFiles:
    @pytest.mark.requirement("ENV-001")
    def test_one_row_for_each_day_compound_kind_and_carrier_and_the_sums(
        self, open_session, own, note, last_month
    ) -> None:
        with open_session(own.scope) as session:
            carrier = note(session, own, "10.5", day=last_month(1), pieces=1).carrier_id
            note(session, own, "1.5", day=last_month(1), confirmed=True)
            note(session, own, "15", day=last_month(2))
            note(session, own, "30", day=last_month(2), category="other")
            month = month_of(last_month(1))
            names = Names(
                {own.id: "社区"}, {own.compound: "小区"}, {"kitchen": "厨余", "other": "其他"}, {carrier: "甲"}
            )
            header, rows = day_rows(repository.day_sums(session, month.first, month.last, own.id), month, names)
            first = [last_month(1), "社区", "小区", "厨余", "甲", 2, 1, Decimal("12.0"), "公斤", 0, "处理厂"]
            assert rows[0] == first
            assert [(each[0], each[3], each[7]) for each in rows[1:]] == [
                (last_month(2), "厨余", 15),
                (last_month(2), "其他", 30),
            ]
            assert (len(header), header[0], header[7:9], header[-1]) == (11, "日期", ["重量", "单位"], "去向")
            _header, rows = month_rows(repository.month_sums(session, month.first, month.last, own.id), month, names)
            assert [(each[1], each[3], each[5], each[7]) for each in rows] == [
                ("社区", "厨余", 3, 27),
                ("社区", "其他", 1, 30),
                ("合计", "厨余", 3, 27),
                ("合计", "其他", 1, 30),
                ("合计", "全部", 4, 57),
            ]
