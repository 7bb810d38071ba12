"""Kept numbers: once a day, whatever runs twice; gaps filled from the records; trends that tell what changed."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from linli.kit.clock import SHANGHAI, frozen
from linli.plugins.informing import Metric, declare_metrics, declared_metrics
from linli.showing.history import fill_gaps, keep_made_up, keep_numbers, street_value, thin_out
from linli.showing.models import MetricValue
from linli.showing.trends import Trend, latest_kept, trends_of, values_on, week_days

DAY = date(2026, 6, 15)


def at(day: date):
    return frozen(datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI))


@pytest.fixture
def one(world):
    return world.here.communities[0].id


@pytest.fixture
def two(world):
    return world.here.communities[1].id


@pytest.fixture
def declare():
    """Puts numbers in place of those of the process, until the test is over."""
    before = declared_metrics()
    yield lambda *metrics: declare_metrics(("core", each) for each in metrics)
    declare_metrics(before)


def number(values, name="core.tried", **more) -> Metric:
    return Metric(name=name, title="试数", measure=lambda _session: dict(values), **more)


def rows_of(session, grain="day"):
    wanted = select(MetricValue.community_id, MetricValue.starts_on, MetricValue.value).where(
        MetricValue.grain == grain
    )
    return {(row[0], row[1]): row[2] for row in session.execute(wanted)}


class TestKeepNumbers:
    def test_keeps_each_community_and_the_street(self, open_session, world, declare, one, two) -> None:
        declare(number({one: 3, two: 5}))
        with at(DAY), open_session(world.here.scope) as session:
            keep_numbers(session)
            assert rows_of(session) == {(one, DAY): 3, (two, DAY): 5, (None, DAY): 8}
            assert rows_of(session, "month")[None, date(2026, 6, 1)] == 8

    def test_a_second_run_changes_nothing(self, open_session, world, declare, one) -> None:
        declare(number({one: 3}))
        with at(DAY), open_session(world.here.scope) as session:
            assert keep_numbers(session).rows > 0
            before = session.scalar(select(func.count()).select_from(MetricValue))
            assert keep_numbers(session).rows == 0
            assert session.scalar(select(func.count()).select_from(MetricValue)) == before

    def test_the_latest_of_the_day_counts(self, open_session, world, declare, one) -> None:
        values = {one: 3}
        declare(number(values))
        with at(DAY), open_session(world.here.scope) as session:
            keep_numbers(session)
            values[one] = 4
            keep_numbers(session)
            assert rows_of(session)[one, DAY] == 4

    def test_a_month_is_that_of_its_last_day(self, open_session, world, declare, one) -> None:
        values = {one: 3}
        declare(number(values, measure_on=lambda _session, day: {one: day.day}))
        with open_session(world.here.scope) as session:
            with at(DAY):
                keep_numbers(session)
                # Filled in later, an earlier day does not take the place of a later one.
                keep_numbers(session, DAY - timedelta(days=3))
            assert rows_of(session, "month")[one, date(2026, 6, 1)] == 3
            assert rows_of(session)[one, DAY - timedelta(days=3)] == 12

    def test_what_does_not_add_up_has_a_median(self, open_session, world, declare, one, two) -> None:
        declare(number({one: Decimal("20.5"), two: Decimal("30.5")}, adds_up=False))
        with at(DAY), open_session(world.here.scope) as session:
            keep_numbers(session)
            assert rows_of(session)[None, DAY] == Decimal("25.5")

    def test_a_rate_that_nobody_knows_is_not_zero(self, open_session, world, declare, one, two) -> None:
        declare(number({one: Decimal(20)}, adds_up=False), number({one: 2}, name="core.counted"))
        with at(DAY), open_session(world.here.scope) as session:
            keep_numbers(session)
            kept = dict(
                session.execute(
                    select(MetricValue.metric, func.count())
                    .where(MetricValue.grain == "day", MetricValue.community_id == two)
                    .group_by(MetricValue.metric)
                ).all()
            )
            assert kept == {"core.counted": 1}

    def test_a_number_that_breaks_costs_itself_alone(self, open_session, world, declare, one) -> None:
        def broken(_session):
            raise ValueError

        declare(Metric(name="core.broken", title="坏", measure=broken), number({one: 3}))
        with at(DAY), open_session(world.here.scope) as session:
            assert keep_numbers(session).numbers == 1

    def test_another_street_sees_none_of_it(self, open_session, world, declare, one) -> None:
        declare(number({one: 3}))
        with at(DAY), open_session(world.here.scope) as session:
            keep_numbers(session)
        with open_session(world.there.scope) as session:
            assert rows_of(session) == {}

    def test_a_community_sees_no_other_communitys(self, open_session, world, declare, one, two) -> None:
        declare(number({one: 3, two: 5}))
        with at(DAY), open_session(world.here.scope) as session:
            keep_numbers(session)
        with open_session(world.here.communities[0].scope) as session:
            assert {community for community, _day in rows_of(session)} == {one, None}


class TestFillGaps:
    def test_fills_the_days_that_were_missed_and_no_other(self, open_session, world, declare, one) -> None:
        asked = []

        def then(_session, day):
            asked.append(day)
            return {one: 7}

        declare(number({one: 3}, measure_on=then))
        with open_session(world.here.scope) as session:
            with at(DAY - timedelta(days=2)):
                keep_numbers(session)
            with at(DAY):
                fill_gaps(session, first=DAY - timedelta(days=3))
                assert asked == [DAY - timedelta(days=3), DAY - timedelta(days=1)]
                assert fill_gaps(session, first=DAY - timedelta(days=3)).rows == 0
            assert rows_of(session)[one, DAY - timedelta(days=2)] == 3

    def test_what_was_measured_on_its_day_stays(self, open_session, world, declare, one) -> None:
        declare(number({one: 3}, measure_on=lambda _session, _day: {one: 99}))
        with open_session(world.here.scope) as session:
            with at(DAY - timedelta(days=1)):
                keep_numbers(session)
            with at(DAY):
                keep_numbers(session, DAY - timedelta(days=1))
            assert rows_of(session)[one, DAY - timedelta(days=1)] == 3

    def test_a_number_of_the_present_alone_has_no_past(self, open_session, world, declare, one) -> None:
        declare(number({one: 3}))
        with at(DAY), open_session(world.here.scope) as session:
            assert fill_gaps(session, first=DAY - timedelta(days=3)).rows == 0


def test_old_days_go_and_their_months_stay(open_session, world, declare, one) -> None:
    declare(number({one: 3}))
    with open_session(world.here.scope) as session:
        for back in (100, 101):
            with at(DAY - timedelta(days=back)):
                keep_numbers(session)
        with at(DAY):
            thin_out(session)
        assert {day for _community, day in rows_of(session)} == {DAY - timedelta(days=100)}
        assert rows_of(session, "month")


def test_what_is_made_up_says_so(open_session, world, declare, one) -> None:
    declare(number({one: 3}))
    with at(DAY), open_session(world.here.scope) as session:
        keep_made_up(session, {DAY - timedelta(days=1): {"core.tried": {one: 2}}})
        assert set(session.scalars(select(MetricValue.origin))) == {"demo"}


class TestTrends:
    def test_a_number_of_now_is_compared_with_four_weeks_ago(self, open_session, world, declare, one) -> None:
        values = {one: 10}
        item = number(values)
        declare(item)
        with open_session(world.here.scope) as session:
            for back, value in ((28, 10), (7, 14), (0, 13)):
                values[one] = value
                with at(DAY - timedelta(days=back)):
                    keep_numbers(session)
            assert latest_kept(session).day == DAY
            trend = trends_of(session, [item], day=DAY)[None, "core.tried"]
        assert (trend.now, trend.before, trend.change) == (13, 10, 3)
        assert trend.points[-2:] == (14, 13)
        assert trend.points[-3] is None

    def test_a_number_of_the_month_is_compared_with_the_same_day(self, open_session, world, declare, one) -> None:
        values = {one: 10}
        item = number(values, period="month")
        declare(item)
        with open_session(world.here.scope) as session:
            for day, value in ((date(2026, 5, 15), 40), (date(2026, 5, 31), 90), (DAY, 50)):
                values[one] = value
                with at(day):
                    keep_numbers(session)
            trend = trends_of(session, [item], day=DAY, communities=[one])[one, "core.tried"]
            month = values_on(session, [item], month=date(2026, 5, 1))
        assert (trend.now, trend.before, trend.change) == (50, 40, 10)
        assert trend.points[-2:] == (90, 50)
        assert month[one, "core.tried"] == 90

    def test_where_nothing_was_kept_nothing_changed(self) -> None:
        assert Trend((), (), 5, None).change is None
        assert Trend((), (), None, 5).change is None

    def test_the_same_day_of_a_shorter_month_is_its_last(self, open_session, world, declare, one) -> None:
        values = {one: 1}
        item = number(values, period="month")
        declare(item)
        with open_session(world.here.scope) as session:
            for day, value in ((date(2026, 2, 28), 20), (date(2026, 3, 31), 25)):
                values[one] = value
                with at(day):
                    keep_numbers(session)
            found = trends_of(session, [item], day=date(2026, 3, 31))
        assert found[None, "core.tried"].before == 20

    def test_points_lie_a_week_apart_and_end_with_the_day(self) -> None:
        days = week_days(DAY)
        assert days[-1] == DAY
        assert {(later - earlier).days for earlier, later in itertools.pairwise(days)} == {7}


@pytest.mark.parametrize(
    ("adds_up", "values", "expected"), [(True, [1, 2], 3), (False, [1, 2, 9], 2), (True, [], None)]
)
def test_a_streets_value(adds_up, values, expected) -> None:
    assert street_value(number({}, adds_up=adds_up), values) == expected
