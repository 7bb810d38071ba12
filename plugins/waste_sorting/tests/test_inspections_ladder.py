"""Which step comes next: just below, at and above each number."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from linli.sdk import Duration, now
from linli_waste_sorting.inspections.ladder import Ladder, Stage, next_step
from linli_waste_sorting.inspections.models import Step

DAY = date(2026, 11, 27)
LADDER = Ladder(
    (
        Stage("dissuade", 2, Duration(30, "days")),
        Stage("report", 3, Duration(60, "days")),
        Stage("warning", 4, Duration(90, "days")),
        Stage("handover", 5, Duration(90, "days")),
    ),
    Duration(1, "years"),
)


def ago(*days: int) -> list[date]:
    return [DAY - timedelta(days=each) for each in days]


def step(kind: str, days: int, *, back: str = "") -> Step:
    return Step(
        kind=kind, done_on=DAY - timedelta(days=days), taken_back_at=now() if back else None, taken_back_cause=back
    )


def kind_of(wrong: list[date], *steps: Step, since: date | None = None, day: date = DAY) -> str:
    found = next_step(LADDER, wrong, steps, day, since=since)
    return found.kind if found else ""


@pytest.mark.parametrize(("wrong", "kind"), [(ago(1), ""), (ago(1, 2), "dissuade"), (ago(1, 2, 3), "dissuade")])
def test_so_many_lead_to_a_step(wrong, kind) -> None:
    assert kind_of(wrong) == kind


@pytest.mark.parametrize(("days", "kind"), [(29, "dissuade"), (30, "dissuade"), (31, "")])
def test_within_so_many_days_the_last_one_counted(days, kind) -> None:
    assert kind_of(ago(0, days)) == kind


def test_what_it_rests_on_is_told() -> None:
    found = next_step(LADDER, ago(9, 1, 40), [], DAY)
    assert found is not None
    assert (found.counted, found.needed, found.counts_from) == (2, 2, DAY - timedelta(days=9))


@pytest.mark.parametrize(
    ("steps", "number", "kind"),
    [
        ((step("dissuade", 20),), 2, ""),
        ((step("dissuade", 20),), 3, "report"),
        ((step("dissuade", 20), step("report", 15)), 3, ""),
        ((step("dissuade", 20), step("report", 15)), 4, "warning"),
        ((step("dissuade", 20), step("report", 15), step("warning", 10)), 4, ""),
        ((step("dissuade", 20), step("report", 15), step("warning", 10)), 5, "handover"),
        ((step("dissuade", 20), step("report", 15), step("warning", 10), step("handover", 5)), 9, ""),
    ],
)
def test_one_step_after_the_other(steps, number, kind) -> None:
    assert kind_of(ago(*range(1, number + 1)), *steps) == kind


def test_no_further_step_unless_it_goes_on_after_the_last() -> None:
    wrong = ago(10, 12, 14)
    assert kind_of(wrong, step("dissuade", 10)) == ""
    assert kind_of(wrong, step("dissuade", 11)) == "report"


@pytest.mark.parametrize(("days", "kind"), [(365, "report"), (366, "dissuade")])
def test_a_step_counts_for_a_year(days, kind) -> None:
    assert kind_of(ago(1, 2, 3), step("dissuade", days)) == kind


def test_a_step_taken_back_is_none_and_may_be_needed_again() -> None:
    wrong = ago(1, 2, 3)
    assert kind_of(wrong, step("dissuade", 1, back="mistake")) == "dissuade"
    assert kind_of(wrong, step("dissuade", 1, back="finding")) == "dissuade"


def test_what_was_successfully_objected_to_leads_to_it_no_more() -> None:
    objected = step("dissuade", 5, back="appeal")
    assert kind_of(ago(5, 6, 4), objected) == ""
    assert kind_of(ago(5, 6, 4, 3), objected) == "dissuade"


def test_after_service_it_begins_anew() -> None:
    served = (step("dissuade", 20), step("service", 5))
    assert kind_of(ago(9, 8, 7, 6, 5, 4), *served) == ""
    assert kind_of(ago(9, 8, 4, 3), *served) == "dissuade"


def test_what_was_before_the_household_of_today_is_not_theirs() -> None:
    moved_in = DAY - timedelta(days=3)
    assert kind_of(ago(5, 4), since=moved_in) == ""
    assert kind_of(ago(4, 3), since=moved_in) == ""
    assert kind_of(ago(3, 2), since=moved_in) == "dissuade"
    assert kind_of(ago(3, 2, 1), step("dissuade", 9), since=moved_in) == "dissuade"


def test_what_is_still_to_come_does_not_count_on_an_earlier_day() -> None:
    assert kind_of(ago(5, 1), day=DAY - timedelta(days=2)) == ""
    assert kind_of(ago(5, 1), day=DAY - timedelta(days=1)) == "dissuade"


def test_without_numbers_nothing_is_suggested() -> None:
    assert next_step(Ladder((), None), ago(1, 2, 3), [], DAY) is None
