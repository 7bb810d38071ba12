"""Figures of a month: counted from the records, kept, frozen, compared; what is not known is left out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from linli.sdk import PUBLIC, SYSTEM, today
from linli.testing.jobs import run_task
from linli_waste_sorting.indicators import figures, sets, showing
from linli_waste_sorting.indicators.measuring import measure
from linli_waste_sorting.indicators.models import MonthlyFigures
from linli_waste_sorting.indicators.months import wanted_month, year_before
from linli_waste_sorting.indicators.own import own_result
from linli_waste_sorting.indicators.schemas import IndicatorSetWrite
from linli_waste_sorting.inspections import service as inspections
from linli_waste_sorting.weights import service as weights
from linli_waste_sorting.weights.ledger import Month, month_of
from linli_waste_sorting.weights.schemas import CollectionVoid


@pytest.fixture
def last() -> Month:
    """The month before this one."""
    return month_of(today()).before


def of(session, own, month: Month) -> dict[str, dict[str, int]]:
    return {each.level: each.amounts for each in measure(session, own.id, month)}


def choose_base(session, base: str) -> None:
    data = IndicatorSetWrite(indicators=list(sets.standing(session).terms.indicators), base_month=base)
    sets.save_set(session, SYSTEM, data)


class TestCounting:
    def test_a_month_without_records_knows_nothing(self, open_session, own, last) -> None:
        with open_session(own.scope) as session:
            assert of(session, own, last) == {"community": {}}

    def test_weights_are_counted_in_hundreds_of_grams(self, open_session, own, last, note) -> None:
        with open_session(own.scope) as session:
            note(session, own, "20.5", day=last.first)
            note(session, own, "80", day=last.last, category="other", confirmed=True)
            note(session, own, "5", day=last.last, category="bulky", confirmed=True)
            note(session, own, "9", day=last.before.last, confirmed=True)
            found = of(session, own, last)
        assert found["compound"] == found["community"]
        wanted = {"kitchen": 205, "other": 800, "kitchen_other": 1005, "sorted": 205, "household": 1005}
        assert {key: found["compound"][key] for key in wanted} == wanted

    def test_what_was_struck_out_counts_nowhere(self, open_session, own, last, note, walk) -> None:
        with open_session(own.scope) as session:
            row = note(session, own, "20", day=last.first)
            weights.void_collection(session, SYSTEM, own.id, row.id, CollectionVoid(reason="错"))
            _round, [finding] = walk(session, own, last.first, ("wrong", 0))
            inspections.strike_finding(session, SYSTEM, own.id, finding.id, "错")
            assert of(session, own, last) == {"community": {}}

    def test_a_saving_needs_both_months_and_counts_by_the_day(self, open_session, own, note) -> None:
        april = month_of(date(2026, 4, 1))
        with open_session(own.scope) as session:
            note(session, own, "3000", day=april.first, category="other", confirmed=True)
            assert "other_saved_month" not in of(session, own, april)["compound"]
            note(session, own, "3100", day=april.before.first, category="other", confirmed=True)
            found = of(session, own, april)["compound"]
            # 100 kg a day in both: March is only longer.
            assert (found["other_saved_month"], found["other_base_month"]) == (0, 31_000 * 30)
            note(session, own, "3200", day=date(2025, 4, 9), category="other", confirmed=True)
            found = of(session, own, april)["compound"]
            assert (found["other_saved_year"], found["other_base_year"]) == (2_000 * 30, 32_000 * 30)

    def test_a_saving_since_the_month_that_the_street_chose(self, open_session, own, note) -> None:
        april, base = month_of(date(2026, 4, 1)), month_of(date(2025, 6, 1))
        with open_session(own.scope) as session:
            note(session, own, "2700", day=april.first, category="other", confirmed=True)
            note(session, own, "3000", day=base.last, category="other", confirmed=True)
            assert "other_saved_base" not in of(session, own, april)["compound"], "none was chosen"
            found = {each.level: each.amounts for each in measure(session, own.id, april, base)}["compound"]
            assert (found["other_saved_base"], found["other_base_base"]) == (3_000 * 30, 30_000 * 30)
            for month in (base, base.before):
                earlier = measure(session, own.id, month, base)
                assert all("other_saved_base" not in each.amounts for each in earlier), "only what came after it"

    def test_households_are_counted_once_and_by_building(self, open_session, own, last, walk) -> None:
        with open_session(own.scope) as session:
            seen = (("correct", 0), ("wrong", 0), ("wrong", 1), ("correct", 2), ("correct", None))
            walk(session, own, last.first, *seen, met=(True, True, False))
            walk(session, own, last.last, ("correct", 2), met=(True, True, True))
            found = of(session, own, last)
        assert found["building"] == {
            "findings_correct": 3,
            "findings_all": 5,
            "households_correct": 2,
            "households_observed": 3,
        }
        compound = found["compound"]
        assert (compound["findings_correct"], compound["findings_all"]) == (4, 6)
        assert (compound["households_correct"], compound["households_observed"]) == (2, 3)
        assert (compound["points_met"], compound["points_checked"]) == (5, 6)
        # The station met every point when it was checked last.
        assert (compound["stations_met"], compound["stations_checked"]) == (1, 1)

    def test_an_open_round_counts_not_yet(self, open_session, own, last, walk) -> None:
        with open_session(own.scope) as session:
            walk(session, own, last.first, ("correct", 0), met=(True,), finish=False)
            assert of(session, own, last) == {"community": {}}


class TestKeeping:
    def test_an_open_month_is_counted_anew_and_a_frozen_one_is_not(self, open_session, own, last, note) -> None:
        with open_session(own.scope) as session:
            note(session, own, "10", day=last.first)
            assert figures.compute(session, own.id, last) == 2
            note(session, own, "10", day=last.last, confirmed=True)
            figures.compute(session, own.id, last)
            assert figures.row_at(session, last, "compound", own.compound).amounts["kitchen"] == 200
            figures.freeze_month(session, [own.id], last)
            note(session, own, "10", day=last.last, confirmed=True)
            assert figures.compute(session, own.id, last) == 0
            assert figures.row_at(session, last, "compound", own.compound).amounts["kitchen"] == 200
            figures.thaw_month(session, [own.id], last)
            figures.compute(session, own.id, last)
            assert figures.row_at(session, last, "compound", own.compound).amounts["kitchen"] == 300

    def test_a_place_of_which_nothing_is_known_any_more_has_no_row(self, open_session, own, last, note) -> None:
        with open_session(own.scope) as session:
            row = note(session, own, "10", day=last.first)
            figures.compute(session, own.id, last)
            weights.void_collection(session, SYSTEM, own.id, row.id, CollectionVoid(reason="错"))
            figures.compute(session, own.id, last)
            assert [each.level for each in figures.rows_of(session, last)] == ["community"]

    def test_the_comparison_marks_what_records_no_longer_bear_out(self, open_session, own, last, note) -> None:
        with open_session(own.scope) as session:
            note(session, own, "10", day=last.first)
            figures.compute(session, own.id, last)
            figures.freeze_month(session, [own.id], last)
            assert figures.compare(session, own.id, last) == 0
            late = note(session, own, "7", day=last.last, confirmed=True)
            assert figures.compare(session, own.id, last) == 2
            marked = select(MonthlyFigures.level).where(MonthlyFigures.differs_at.is_not(None))
            assert set(session.scalars(marked)) == {"community", "compound"}
            weights.void_collection(session, SYSTEM, own.id, late.id, CollectionVoid(reason="错"))
            assert figures.compare(session, own.id, last) == 0
            assert session.scalar(marked) is None

    def test_the_base_is_kept_with_the_figures_that_were_counted_with_it(
        self, open_session, world, own, last, note
    ) -> None:
        base = month_of(date(2025, 6, 1))
        with open_session(world.here.scope) as session:
            note(session, own, "90", day=last.first, category="other", confirmed=True)
            note(session, own, "100", day=base.first, category="other", confirmed=True)
            choose_base(session, "2025-06")
            figures.compute(session, own.id, last)
            row = figures.row_at(session, last, "compound", own.compound)
            assert row.base_month == base.first
            kept = row.amounts["other_saved_base"]
            assert kept > 0
            figures.freeze_month(session, [own.id], last)
            choose_base(session, "2025-05")
            assert figures.compare(session, own.id, last) == 0, "another base makes nothing wrong"
            figures.thaw_month(session, [own.id], last)
            figures.compute(session, own.id, last)
            assert "other_saved_base" not in figures.row_at(session, last, "compound", own.compound).amounts

    def test_the_next_community_sees_none_of_it(self, open_session, world, own, last, note) -> None:
        with open_session(world.here.scope) as session:
            note(session, own, "10", day=last.first)
            figures.compute(session, own.id, last)
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(other.scope) as session:
                assert figures.rows_of(session, last) == []


class TestByItself:
    def test_months_are_counted_drafted_and_compared(self, module_house, world, own) -> None:
        scope = world.here.scope
        assert run_task(module_house, scope, "waste_sorting.compute_figures")["rows"] >= 4
        assert run_task(module_house, scope, "waste_sorting.draft_rankings") == {"made": 2}
        assert run_task(module_house, scope, "waste_sorting.draft_rankings") == {"made": 0}
        assert run_task(module_house, scope, "waste_sorting.compare_figures") == {"compared": 0, "different": 0}


class TestMonths:
    def test_the_last_one_that_is_over_is_meant(self) -> None:
        assert wanted_month("") == month_of(today()).before
        assert year_before(month_of(date(2024, 2, 29))).last == date(2023, 2, 28)


class TestOwnHousehold:
    def test_its_members_see_it_and_nobody_else_does(self, open_session, own, last, walk, household) -> None:
        with open_session(own.scope) as session:
            walk(session, own, last.first, ("correct", 0), ("wrong", 0), ("wrong", 1))
            mine = own_result(session, household(own), own.id, last)
            other = own_result(session, household(own, 1), own.id, last)
            stranger = own_result(session, SYSTEM, own.id, last)
        assert [(each.correct, each.checked) for each in mine.months] == [(1, 2)]
        assert [kind for kind, _text in mine.hints] == ["kitchen"]
        assert [(each.correct, each.checked) for each in other.months] == [(0, 1)]
        assert stranger.months == []

    def test_no_row_is_kept_of_a_household(self, open_session, own, last, walk) -> None:
        with open_session(own.scope) as session:
            walk(session, own, last.first, ("correct", 0))
            figures.compute(session, own.id, last)
            kept = {each.place_id for each in figures.rows_of(session, last)}
        assert kept == {own.id, own.compound, own.building}

    def test_what_was_found_before_somebody_moved_in_is_not_theirs(
        self, open_session, own, last, walk, household, monkeypatch
    ) -> None:
        from linli_waste_sorting.indicators import own as module

        with open_session(own.scope) as session:
            walk(session, own, last.first, ("wrong", 0))
            walk(session, own, last.last, ("correct", 0))
            stays = module.homes(session, household(own), own.id)
            later = [type(each)(**{**_fields(each), "since": last.first + timedelta(days=1)}) for each in stays]
            monkeypatch.setattr(module, "homes", lambda *_args: later)
            found = own_result(session, household(own), own.id, last)
        assert [(each.correct, each.checked) for each in found.months] == [(1, 1)]


def _fields(stay: object) -> dict[str, object]:
    return {name: getattr(stay, name) for name in type(stay).__dataclass_fields__}  # type: ignore[attr-defined]


class TestShowing:
    def test_a_place_of_few_households_is_empty(self, open_session, own, last, walk) -> None:
        with open_session(own.scope) as session:
            walk(session, own, last.first, ("correct", 0), ("wrong", 1))
            figures.compute(session, own.id, last)
            terms = sets.standing(session).terms
            for level in ("compound", "building"):
                [shown] = showing.figures_of_level(session, own.id, last, terms, level)
                assert (shown.is_hidden, shown.values, shown.reached) == (True, {}, [])
            [whole] = showing.results_at_home(session, PUBLIC, own.id, last, terms, "")
        assert whole.values["accuracy"] is None, "the community is that compound: it would tell the same"
        assert not whole.is_hidden

    def test_a_resident_sees_their_building_compound_and_community(
        self, open_session, own, last, walk, household, note
    ) -> None:
        with open_session(own.scope) as session:
            walk(session, own, last.first, ("correct", 0), ("correct", 1), ("wrong", 2))
            note(session, own, "25", day=last.first)
            note(session, own, "75", day=last.first, category="other", confirmed=True)
            figures.compute(session, own.id, last)
            terms = sets.standing(session).terms
            few = type(terms)(terms.indicators, 3, terms.least_weight)
            places = showing.results_at_home(session, household(own), own.id, last, few, "社区")
        assert [each.level for each in places] == ["building", "compound", "community"]
        assert [each.values["participation"] for each in places] == ["66.7", "66.7", "66.7"]
        assert [each.values["separation"] for each in places] == [None, "25.0", "25.0"]
        assert "separation" in places[1].reached
        assert Decimal(places[1].values["separation"]) == 25
