"""What shows that duties were done, and for whom they exist; numbers on the street's board."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from linli.sdk import SYSTEM, Span, rule_value, today
from linli_waste_sorting.stations.schemas import Bins
from linli_waste_sorting.weights import obligations, reports, service
from linli_waste_sorting.weights.ledger import month_of
from linli_waste_sorting.weights.metrics import WEIGHT_METRICS
from linli_waste_sorting.weights.rule_keys import KITCHEN_EVERY, LEDGER_EVERY, LEDGER_WITHIN
from linli_waste_sorting.weights.schemas import CollectionVoid, ReportReopen

BOTH = [Bins(category="kitchen", pieces=1), Bins(category="other", pieces=1)]


def last_days(days: int) -> Span:
    return Span(today() - timedelta(days=days), today())


class TestKitchen:
    def test_each_day_with_a_record_counts_whenever_it_was_noted(
        self, open_session, world, own, note, days_ago
    ) -> None:
        with open_session(own.scope) as session:
            for ago in (1, 2, 5):
                note(session, own, day=days_ago(ago))
            note(session, own, day=days_ago(1), confirmed=True)
            note(session, own, day=days_ago(3), category="other")
            void = note(session, own, day=days_ago(4))
            service.void_collection(session, SYSTEM, own.id, void.id, CollectionVoid(reason="错"))
            found = list(obligations.kitchen_collected(session, [own.compound], last_days(4)))
            assert sorted(each.day for each in found) == [days_ago(2), days_ago(1)]
            assert all(each.path.startswith("collections/") for each in found)
            assert not list(obligations.kitchen_collected(session, [world.here.communities[1].compound], last_days(9)))

    def test_compounds_with_containers_for_it_owe_it(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            make_station(session, own, containers=[Bins(category="other", pieces=1)])
            assert obligations.with_kitchen_containers(session, [own.compound]) == set()
            station = make_station(session, own, name="2号站", containers=BOTH)
            assert obligations.with_kitchen_containers(session, [own.compound]) == {own.compound}
            session.execute(
                text("UPDATE plugin_waste_sorting.station SET closed_at = now() WHERE id = :id"), {"id": station.id}
            )
            assert obligations.with_kitchen_containers(session, [own.compound]) == set()

    def test_noting_and_striking_out_have_the_duties_judged(self, open_session, own, note) -> None:
        with open_session(own.scope) as session:
            note(session, own, category="other")
        with open_session(own.scope) as session:
            waiting = text("SELECT count(*) FROM core.job WHERE task = 'core.judge_obligations'")
            assert session.scalar(waiting) == 0
            note(session, own)
        with open_session(own.scope) as session:
            assert session.scalar(waiting) == 1


class TestContracts:
    def test_the_days_on_which_all_that_must_be_is_covered(
        self, open_session, own, make_station, make_carrier, make_contract, days_ago
    ) -> None:
        with open_session(own.scope) as session:
            assert obligations.with_contracted_kinds(session, [own.compound]) == set()
            make_station(session, own, containers=BOTH)
            assert obligations.with_contracted_kinds(session, [own.compound]) == {own.compound}
            carrier = make_carrier(session, own)
            make_contract(session, own, carrier, categories=["kitchen"], ends_on=days_ago(1))
            assert not list(obligations.contracted(session, [own.compound], last_days(6)))
            make_contract(session, own, carrier, categories=["other"], starts_on=days_ago(3), number="2号")
            found = list(obligations.contracted(session, [own.compound], last_days(6)))
            assert [each.day for each in found] == [days_ago(3), days_ago(2), days_ago(1)]
            assert {each.title for each in found} == {"收运合同 清运1号"}, "the one that ends first"


class TestReports:
    def test_a_reported_month_counts_for_its_last_day_until_it_is_taken_back(self, open_session, own) -> None:
        month = month_of(today()).before
        with open_session(own.scope) as session:
            row = reports.report_ledger(session, SYSTEM, own.id, month)
            [found] = obligations.reported(session, [own.id], Span(month.first, month.last))
            assert (found.place, found.about, found.day) == (own.id, month.last, today())
            before = month.before
            assert not list(obligations.reported(session, [own.id], Span(before.first, before.last)))
            reports.reopen_ledger(session, SYSTEM, own.id, row.id, ReportReopen(reason="漏记"))
            assert not list(obligations.reported(session, [own.id], Span(month.first, month.last)))


def test_their_cadence_is_known_everywhere(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        known = {key: str(rule_value(session, key).required()) for key in (KITCHEN_EVERY, LEDGER_EVERY, LEDGER_WITHIN)}
    assert list(known.values()) == ["1 days", "1 months", "10 days"]


@pytest.mark.usefixtures("clock")
@pytest.mark.today("2026-06-15")
def test_the_numbers_of_the_board_are_of_this_month_and_each_community(open_session, world, own, note) -> None:
    other, there = world.here.communities[1], world.there.communities[0]
    first = today().replace(day=1)
    for place, kitchen, rest in ((own, "10", "30"), (other, None, "5.5"), (there, "99", "1")):
        with open_session(place.scope) as session:
            if kitchen:
                note(session, place, kitchen, day=first)
                note(session, place, "50", day=first - timedelta(days=1), confirmed=True)
            note(session, place, rest, category="other")
    with open_session(world.here.scope) as session:
        kg, rate = (each.measure(session) for each in WEIGHT_METRICS)
        assert kg == {own.id: Decimal(40), other.id: Decimal("5.5")}
        assert rate == {own.id: Decimal("25.0"), other.id: Decimal("0.0")}
    assert [each.adds_up for each in WEIGHT_METRICS] == [True, False]
