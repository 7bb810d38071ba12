"""How one duty stands: on its days, by what was recorded, by what excuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from linli.obligations.judging import Case, Verdict, is_settled, judge
from linli.plugins.obligations import Evidence

DUE = date(2026, 3, 31)
BEFORE, AFTER = DUE - timedelta(days=1), DUE + timedelta(days=1)


def done(when) -> tuple[Evidence, ...]:
    return (Evidence(place=uuid4(), when=when, title="记录"),)


@pytest.mark.parametrize(("day", "state"), [(BEFORE, "due"), (DUE, "due"), (AFTER, "overdue")])
def test_the_due_day_is_still_in_time(day, state) -> None:
    assert judge(Case(DUE), day).state == state


@pytest.mark.parametrize(("day", "state"), [(BEFORE, "fulfilled"), (DUE, "fulfilled"), (AFTER, "late")])
def test_done_on_the_due_day_is_in_time_and_the_day_after_late(day, state) -> None:
    assert judge(Case(DUE, done(day)), AFTER) == Verdict(state, fulfilled_on=day)


def test_a_moment_counts_by_the_day_in_shanghai() -> None:
    # 15:59 in Greenwich is 23:59 of the due day, 16:00 the next day's midnight.
    assert judge(Case(DUE, done(datetime(2026, 3, 31, 15, 59, tzinfo=UTC))), AFTER).state == "fulfilled"
    assert judge(Case(DUE, done(datetime(2026, 3, 31, 16, 0, tzinfo=UTC))), AFTER).state == "late"


def test_the_first_of_several_counts() -> None:
    assert judge(Case(DUE, done(AFTER) + done(BEFORE)), AFTER).state == "fulfilled"


def test_what_is_planned_for_tomorrow_is_not_done() -> None:
    assert judge(Case(DUE, done(DUE)), BEFORE).state == "due"


def test_an_exemption_excuses_and_what_is_done_wins() -> None:
    assert judge(Case(DUE, is_exempted=True), AFTER).state == "exempted"
    assert judge(Case(DUE, done(DUE), is_exempted=True), AFTER).state == "fulfilled"


def test_who_joined_within_the_period_owes_nothing_and_may() -> None:
    assert judge(Case(DUE, is_partial=True), DUE).state == "due"
    assert judge(Case(DUE, is_partial=True), AFTER) == Verdict("not_applicable", "partial")
    assert judge(Case(DUE, done(DUE), is_partial=True), AFTER).state == "fulfilled"


@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_where_nobody_knows_nothing_is_green_or_red(day) -> None:
    assert judge(Case(DUE, done(BEFORE), broken="evidence"), day) == Verdict("unknown", "evidence")


def test_where_there_is_no_duty_nothing_is_asked() -> None:
    assert judge(Case(DUE, broken="evidence", absent="off"), AFTER) == Verdict("not_applicable", "off")


@pytest.mark.parametrize(
    ("state", "days", "settled"),
    [
        ("fulfilled", 0, False),
        ("fulfilled", 1, True),
        ("exempted", 1, True),
        ("overdue", 30, False),
        ("overdue", 31, True),
        ("unknown", 30, False),
        ("unknown", 31, True),
    ],
)
def test_judged_for_good(state, days, settled) -> None:
    assert is_settled(Verdict(state), DUE, DUE + timedelta(days=days), 30) is settled
