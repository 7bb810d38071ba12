"""What others build on: figures, the duty to walk rounds, people's data and how long it is kept, the demo."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from linli.sdk import SHANGHAI, SYSTEM, Person, ScopedSession, Span, today
from linli.testing.choices import settle_rule
from linli.testing.clock import frozen
from linli_waste_sorting import demo
from linli_waste_sorting.inspections import appeals, followup, repository, service
from linli_waste_sorting.inspections.duties import INSPECTION_METRICS, enough_rounds, percent
from linli_waste_sorting.inspections.models import Appeal, Finding, Point, Round, Step
from linli_waste_sorting.inspections.personal import INSPECTION_PERSONAL, INSPECTION_RETENTION
from linli_waste_sorting.inspections.schemas import AppealCreate, StepCreate

FIRST = date(2026, 9, 1)
SPAN = Span(FIRST, date(2026, 9, 30))
MEASURES = {each.name: each.measure for each in INSPECTION_METRICS}


class TestFigures:
    def test_the_first_and_the_last_day_count(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            for day, result in ((1, "correct"), (15, "wrong"), (30, "contaminated")):
                walk(session, own, date(2026, 9, day), (result, None), met=(True, False))
            assert repository.accuracy(session, SPAN.first, SPAN.last) == {own.compound: (1, 3)}
            assert repository.accuracy(session, FIRST + timedelta(days=1), SPAN.last) == {own.compound: (0, 2)}
            assert repository.accuracy(session, SPAN.first, date(2026, 9, 29)) == {own.compound: (1, 2)}
            assert repository.compliance(session, SPAN.first, SPAN.last) == {own.compound: (3, 6)}
            assert repository.accuracy_by_community(session, SPAN.first, SPAN.last) == {own.id: (1, 3)}
            weeks = repository.weekly_accuracy(session, own.id, SPAN.first, SPAN.last)
            assert weeks == {date(2026, 8, 31): (1, 1), date(2026, 9, 14): (0, 1), date(2026, 9, 28): (0, 1)}

    def test_the_street_has_those_of_its_communities_apart(self, open_session, world, walk) -> None:
        first, second = world.here.communities
        for community, result in ((first, "correct"), (second, "wrong")):
            with open_session(community.scope) as session:
                walk(session, community, FIRST, (result, None))
        with open_session(world.here.scope) as session:
            both = {first.compound: (1, 1), second.compound: (0, 1)}
            assert repository.accuracy(session, FIRST, FIRST) == both
            assert repository.accuracy(session, FIRST, FIRST, community_id=second.id) == {second.compound: (0, 1)}
        with open_session(world.there.scope) as session:
            assert repository.accuracy(session, FIRST, FIRST) == {}

    def test_a_station_complies_when_its_last_check_met_everything(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            walk(session, own, date(2026, 9, 3), met=(True, False))
            assert repository.compliant_stations(session, SPAN.first, SPAN.last) == {own.id: (0, 1)}
            walk(session, own, date(2026, 9, 10), met=(True, True))
            assert repository.compliant_stations(session, SPAN.first, SPAN.last) == {own.id: (1, 1)}
            walk(session, own, date(2026, 9, 17), met=(True, False))
            assert repository.compliant_stations(session, SPAN.first, SPAN.last) == {own.id: (0, 1)}

    def test_each_figure_costs_one_query(self, open_session, own, walk, assert_queries) -> None:
        with open_session(own.scope) as session:
            walk(session, own, FIRST, ("correct", None), met=(True,))
            for figure in (repository.accuracy, repository.compliance, repository.compliant_stations):
                with assert_queries(session, 1):
                    figure(session, SPAN.first, SPAN.last)

    def test_the_numbers_of_the_board_are_of_this_month(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            first = today().replace(day=1)
            walk(session, own, first - timedelta(days=1), ("wrong", None), met=(False,))
            assert MEASURES["waste_sorting.accuracy"](session) == {}
            walk(session, own, first, ("correct", None), ("correct", None), ("wrong", None), met=(True,))
            assert MEASURES["waste_sorting.accuracy"](session) == {own.id: Decimal("66.7")}
            assert MEASURES["waste_sorting.compliant_stations"](session) == {own.id: 1}

    def test_of_nothing_it_is_nothing(self) -> None:
        assert (percent(0, 0), percent(1, 3), percent(3, 3)) == (Decimal(0), Decimal("33.3"), Decimal(100))


class TestDuty:
    @pytest.mark.parametrize(("number", "done"), [(3, []), (4, [22]), (5, [22])])
    def test_done_with_the_fourth_of_a_month(self, open_session, own, walk, number, done) -> None:
        with open_session(own.scope) as session:
            for n in range(number):
                walk(session, own, date(2026, 9, 1 + 7 * n), ("correct", None))
            found = list(enough_rounds(session, [own.compound], SPAN))
            assert [(each.place, each.day.day) for each in found] == [(own.compound, day) for day in done]

    def test_each_month_by_itself_and_open_ones_not(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            for day in (date(2026, 8, 31), date(2026, 9, 7), date(2026, 9, 14), date(2026, 9, 21)):
                walk(session, own, day, ("correct", None))
            walk(session, own, date(2026, 9, 28), ("correct", None), finish=False)
            assert list(enough_rounds(session, [own.compound], SPAN)) == []

    def test_a_span_that_begins_within_a_month_counts_its_rounds_from_the_first(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            for day in (1, 8, 15, 22):
                walk(session, own, date(2026, 9, day), ("correct", None))
            late = Span(date(2026, 9, 20), SPAN.last)
            assert [each.day.day for each in enough_rounds(session, [own.compound], late)] == [22]
            assert list(enough_rounds(session, [own.compound], Span(date(2026, 9, 23), SPAN.last))) == []

    def test_how_many_and_in_how_long_are_rules(self, open_session, own, world, walk) -> None:
        with open_session(own.scope) as session:
            for day in (date(2026, 7, 1), date(2026, 9, 14)):
                walk(session, own, day, ("correct", None))
        with open_session(world.here.scope) as session:
            settle_rule(session, "waste_sorting_inspections.rounds", 2, on=FIRST)
            settle_rule(session, "waste_sorting_inspections.rounds_every", "3 months", on=FIRST)
            assert [each.day for each in enough_rounds(session, [own.compound], SPAN)] == [date(2026, 9, 14)]

    def test_nothing_of_a_neighbour(self, open_session, own, world, walk) -> None:
        with open_session(own.scope) as session:
            for n in range(4):
                walk(session, own, date(2026, 9, 1 + 7 * n), ("correct", None))
        neighbour = world.here.communities[1]
        with open_session(world.here.scope) as session:
            assert list(enough_rounds(session, [neighbour.compound], SPAN)) == []


class TestPeople:
    @pytest.fixture
    def followed(self, own, walk, staff, household):
        """A household that was wrong twice, was dissuaded and objects."""

        def make(session: ScopedSession) -> None:
            admin = staff("community_administrator", own)
            for days in (9, 5):
                walk(session, own, today() - timedelta(days=days), ("wrong", 0), ("wrong", 1))
            step = StepCreate(kind="dissuade", done_on=today() - timedelta(days=4))
            followup.take_step(session, admin, own.id, own.dwellings[0], step)
            newest = select(Finding.id).where(Finding.dwelling_id == own.dwellings[0]).order_by(Finding.day.desc())
            mine = session.scalar(newest.limit(1))
            assert mine is not None
            appeals.appeal_finding(session, household(own), own.id, mine, AppealCreate(body="不是我家的"))

        return make

    def test_a_person_is_given_their_own_and_nobody_elses(self, open_session, own, followed) -> None:
        mine, _work = INSPECTION_PERSONAL
        with open_session(own.scope) as session:
            followed(session)
            given = mine.export(session, Person((own.residents[0],), own.resident_account))
            assert sorted(next(iter(each)) for each in given) == ["appeal", "day", "day", "step"]
            other = mine.export(session, Person((own.residents[1],), None))
            assert [next(iter(each)) for each in other] == ["day", "day"]
            assert mine.export(session, Person((own.residents[2],), None)) == []

    def test_erased_the_objection_has_no_name_and_what_stays_has_a_reason(self, open_session, own, followed) -> None:
        mine, _work = INSPECTION_PERSONAL
        person = Person((own.residents[0],), own.resident_account)
        with open_session(own.scope) as session:
            followed(session)
            gone = mine.erase(session, person)
            assert (gone.removed, gone.kept) == (1, 3)
            assert gone.reason
            assert mine.erase(session, person).removed == 0
            session.expire_all()
            row = session.scalars(select(Appeal)).one()
            assert (row.resident_id, row.account_id, row.body) == (None, None, "不是我家的")

    def test_who_walked_is_given_out_and_stays(self, open_session, own, staff, walk) -> None:
        _mine, work = INSPECTION_PERSONAL
        actor = staff("community_administrator", own)
        with open_session(own.scope) as session:
            walk(session, own, today(), ("correct", None), actor=actor)
            person = Person((), actor.account_id)
            assert [each["name"] for each in work.export(session, person)] == [actor.display_name]
            assert work.erase(session, person).kept == 1
            assert work.export(session, Person((), UUID(int=99))) == []

    def test_in_the_end_the_household_goes_and_the_figures_stay(self, open_session, own, followed) -> None:
        [kept] = INSPECTION_RETENTION
        day = today() - timedelta(days=5)
        with open_session(own.scope) as session:
            followed(session)
            session.execute(text("UPDATE plugin_waste_sorting.household_appeal SET filed_at = :at"), {"at": day})
            before = datetime.combine(day, datetime.min.time(), SHANGHAI)
            figures = repository.accuracy(session, today() - timedelta(days=30), today())
            assert kept.purge(session, before, 100, frozenset({own.id})) == [], "under a legal hold"
            held = kept.purge(session, before, 100, frozenset({own.residents[1]}))
            assert len(held) == 1, "the older finding of the first household; its neighbour's is held"
            session.expire_all()
            linked = select(Finding.dwelling_id, Finding.day).where(Finding.dwelling_id.is_not(None))
            assert sorted(row.day for row in session.execute(linked)) == [today() - timedelta(days=9), day, day]
            after = datetime.combine(today() + timedelta(days=1), datetime.min.time(), SHANGHAI)
            gone = kept.purge(session, after, 2, frozenset())
            assert len(gone) == 2
            assert len(kept.purge(session, after, 100, frozenset())) == 3
            session.expire_all()
            for model in (Appeal, Step):
                assert session.scalar(select(func.count()).select_from(model)) == 0
            assert session.scalar(select(func.count()).where(Finding.dwelling_id.is_not(None))) == 0
            assert repository.accuracy(session, today() - timedelta(days=30), today()) == figures


class TestDemo:
    def test_three_months_that_get_better_and_are_the_same_each_time(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            began = time.perf_counter()
            demo.fill(session, SYSTEM, own.id)
            assert time.perf_counter() - began < 3
            counts = [session.scalar(select(func.count()).select_from(each)) for each in (Round, Point, Finding)]
            demo.fill(session, SYSTEM, own.id)
            again = [session.scalar(select(func.count()).select_from(each)) for each in (Round, Point, Finding)]
            assert again == counts
            assert counts[0] == 13
            weeks = list(repository.weekly_accuracy(session, own.id, today() - timedelta(days=100), today()).values())
            early = sum(each[0] for each in weeks[:4]) / sum(each[1] for each in weeks[:4])
            late = sum(each[0] for each in weeks[-4:]) / sum(each[1] for each in weeks[-4:])
            assert late > early
            assert followup.suggestions(session, own.id) == 1
            assert appeals.count_open(session, own.id) == 1

    def test_it_is_worse_after_holidays(self, open_session, own) -> None:
        with open_session(own.scope) as session, frozen(datetime(2026, 11, 27, 12, tzinfo=SHANGHAI)):
            demo.fill(session, SYSTEM, own.id)
            weeks = repository.weekly_accuracy(session, own.id, date(2026, 9, 1), date(2026, 11, 27))
            around = {day: pair[0] / pair[1] for day, pair in weeks.items()}
            after = around[date(2026, 10, 5)]
            assert after < (around[date(2026, 9, 21)] + around[date(2026, 10, 19)]) / 2


def test_an_open_round_of_another_is_no_ones_to_finish_but_shows(open_session, own, staff, walk) -> None:
    with open_session(own.scope) as session:
        row, _made = walk(session, own, today(), ("wrong", None), actor=staff("property_staff", own), finish=False)
        assert [each.id for each in repository.open_rounds(session, own.id)] == [row.id]
        assert not service.may_walk(staff("community_administrator", own, number=2), row)
