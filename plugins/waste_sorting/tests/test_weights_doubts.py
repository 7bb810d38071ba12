"""What is questioned before it is noted: just below, at, and just above each threshold."""

from __future__ import annotations

from decimal import Decimal

import pytest

from linli.sdk import SYSTEM, Invalid
from linli.testing.choices import settle_rule
from linli_waste_sorting.stations.schemas import Bins
from linli_waste_sorting.weights import service
from linli_waste_sorting.weights.schemas import CollectionVoid

BINS = [Bins(category="kitchen", pieces=2, litres=120), Bins(category="other", pieces=1)]


@pytest.fixture
def doubts(note):
    """Notes something that may be questioned: the fields in question, and what is marked once it is confirmed."""

    def ask(session, own, kg="10", **fields) -> list[str]:
        try:
            with session.begin_nested():
                return note(session, own, kg, **fields).doubts
        except Invalid as error:
            asked = [each.field for each in error.errors]
            assert asked[-1] == "confirmed"
            marked = note(session, own, kg, **fields, confirmed=True).doubts
            assert marked
            return marked

    return ask


class TestWeight:
    @pytest.mark.parametrize(("kg", "questioned"), [("29.9", False), ("30", False), ("30.1", True)])
    def test_more_than_three_times_the_median(self, open_session, own, note, doubts, days_ago, kg, questioned) -> None:
        with open_session(own.scope) as session:
            for ago, weight in ((1, "10"), (2, "5"), (3, "90")):
                note(session, own, weight, day=days_ago(ago), confirmed=True)
            assert doubts(session, own, kg) == (["heavy"] if questioned else [])

    @pytest.mark.parametrize(("ago", "counts"), [(0, False), (1, True), (30, True), (31, False)])
    def test_of_the_thirty_days_before(
        self, open_session, own, note, doubts, days_ago, make_carrier, ago, counts
    ) -> None:
        with open_session(own.scope) as session:
            note(session, own, "1", day=days_ago(ago), carrier_id=make_carrier(session, own, name="另一家").id)
            this = make_carrier(session, own)
            assert doubts(session, own, "100", carrier_id=this.id) == (["heavy"] if counts else [])

    def test_between_two_in_the_middle_it_is_exact(self, open_session, own, note, doubts, days_ago) -> None:
        with open_session(own.scope) as session:
            note(session, own, "10", day=days_ago(1))
            note(session, own, "10.1", day=days_ago(2))
            # The median is 10.05, three times of which are 30.15.
            assert doubts(session, own, "30.1") == []
            assert doubts(session, own, "30.2") == ["duplicate", "heavy"]

    def test_only_the_same_kind_counts_and_nothing_that_was_struck_out(
        self, open_session, own, note, doubts, days_ago
    ) -> None:
        with open_session(own.scope) as session:
            note(session, own, "1", day=days_ago(1), category="other")
            void = note(session, own, "1", day=days_ago(1))
            service.void_collection(session, SYSTEM, own.id, void.id, CollectionVoid(reason="错"))
            assert doubts(session, own, "100") == []

    def test_how_many_times_is_a_rule(self, open_session, world, own, note, doubts, days_ago) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_weights.median_times", 5)
            settle_rule(session, "waste_sorting_weights.median_days", "7 days")
            note(session, own, "1", day=days_ago(8))
            note(session, own, "10", day=days_ago(7), confirmed=True)
            assert doubts(session, own, "50") == []
            assert doubts(session, own, "50.1", day=days_ago(1)) == ["heavy"]


class TestContainers:
    @pytest.mark.parametrize(("kg", "questioned"), [("215.9", False), ("216", False), ("216.1", True)])
    def test_heavier_than_they_can_hold(self, open_session, own, doubts, make_station, kg, questioned) -> None:
        with open_session(own.scope) as session:
            make_station(session, own, containers=BINS)
            assert doubts(session, own, kg) == (["full"] if questioned else [])

    @pytest.mark.parametrize(("kg", "questioned"), [("108", False), ("108.1", True)])
    def test_those_that_were_counted(self, open_session, own, doubts, make_station, kg, questioned) -> None:
        with open_session(own.scope) as session:
            make_station(session, own, containers=BINS)
            assert doubts(session, own, kg, pieces=1) == (["full"] if questioned else [])

    def test_of_one_station_or_of_all(self, open_session, own, doubts, make_station, days_ago) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own, containers=BINS)
            make_station(session, own, name="2号站", containers=BINS)
            assert doubts(session, own, "300") == []
            assert doubts(session, own, "300", day=days_ago(1), station_id=station.id) == ["full"]

    def test_where_nobody_has_measured_nothing_is_questioned(self, open_session, own, doubts, make_station) -> None:
        with open_session(own.scope) as session:
            make_station(session, own, containers=BINS)
            assert doubts(session, own, "9000", category="other") == []
            assert doubts(session, own, "9000", category="garden") == []

    def test_how_much_a_litre_weighs_is_a_rule(self, open_session, world, own, doubts, make_station) -> None:
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_weights.kitchen_grams_per_litre", 500)
            make_station(session, own, containers=BINS)
            assert doubts(session, own, "120.1") == ["full"]


class TestDays:
    @pytest.mark.parametrize(("ago", "questioned"), [(1, False), (0, False), (-1, True)])
    def test_a_day_in_the_future(self, open_session, own, doubts, days_ago, ago, questioned) -> None:
        with open_session(own.scope) as session:
            assert doubts(session, own, day=days_ago(ago)) == (["future"] if questioned else [])

    def test_the_same_compound_kind_day_and_carrier(
        self, open_session, own, note, doubts, make_carrier, days_ago
    ) -> None:
        with open_session(own.scope) as session:
            row = note(session, own)
            assert doubts(session, own) == ["duplicate"]
            assert doubts(session, own, day=days_ago(1)) == []
            assert doubts(session, own, category="other") == []
            other = make_carrier(session, own, name="另一家")
            assert doubts(session, own, carrier_id=other.id) == []
            assert row.doubts == []


def test_what_is_confirmed_without_a_question_is_not_marked(open_session, own, note) -> None:
    with open_session(own.scope) as session:
        assert note(session, own, confirmed=True).doubts == []


def test_all_questions_of_a_field_are_asked_at_once(open_session, own, note, make_station, days_ago) -> None:
    with open_session(own.scope) as session:
        make_station(session, own, containers=BINS)
        note(session, own, "10", day=days_ago(1))
        with pytest.raises(Invalid) as error:
            note(session, own, "216.1", day=days_ago(-1))
        said = {each.field: each.message for each in error.value.errors}
        assert list(said) == ["day", "kg", "confirmed"]
        assert "中位数（10 公斤）" in said["kg"]
        assert "240 升" in said["kg"]
        assert "216 公斤" in said["kg"]
        made = note(session, own, "216.1", day=days_ago(-1), confirmed=True)
        assert made.doubts == ["future", "heavy", "full"]
        assert made.kg == Decimal("216.1")
