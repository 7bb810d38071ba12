"""Periods of the calendar: their days, their edges, their names."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import linli
from linli.kit.text import load_catalogue, speaking
from linli.obligations.periods import MOST, NoPeriods, period_of, periods_between, title_of
from linli.plugins.obligations import Span
from linli.rules.values import Duration

QUARTER = Duration(3, "months")


@pytest.mark.parametrize(
    ("day", "n", "unit", "first", "last"),
    [
        (date(2026, 3, 31), 3, "months", date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 4, 1), 3, "months", date(2026, 4, 1), date(2026, 6, 30)),
        (date(2028, 2, 29), 1, "months", date(2028, 2, 1), date(2028, 2, 29)),
        (date(2027, 2, 28), 1, "months", date(2027, 2, 1), date(2027, 2, 28)),
        (date(2026, 7, 1), 6, "months", date(2026, 7, 1), date(2026, 12, 31)),
        (date(2026, 12, 31), 1, "years", date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 5, 1), 2, "months", date(2026, 5, 1), date(2026, 6, 30)),
        (date(2030, 12, 31), 5, "years", date(2026, 1, 1), date(2030, 12, 31)),
        (date(2026, 11, 26), 1, "weeks", date(2026, 11, 23), date(2026, 11, 29)),
    ],
)
def test_a_day_lies_in_its_period(day, n, unit, first, last) -> None:
    assert period_of(day, Duration(n, unit)) == Span(first, last)


@given(
    day=st.dates(date(1950, 1, 1), date(2150, 1, 1)),
    n=st.integers(1, 40),
    unit=st.sampled_from(["days", "weeks", "months", "years"]),
)
def test_periods_lie_side_by_side(day, n, unit) -> None:
    length = Duration(n, unit)
    span = period_of(day, length)
    assert span.holds(day)
    assert period_of(span.first, length) == period_of(span.last, length) == span
    assert period_of(span.last + timedelta(days=1), length).first == span.last + timedelta(days=1)


@pytest.mark.parametrize("unit", ["hours", "working_days"])
def test_what_no_calendar_lays_out_is_refused(unit) -> None:
    with pytest.raises(NoPeriods):
        period_of(date(2026, 1, 1), Duration(3, unit))


class TestMissedTime:
    def test_all_periods_since_the_last_one_are_made_up(self) -> None:
        spans = periods_between(date(2026, 3, 31), date(2026, 10, 1), QUARTER)
        assert [each.first.month for each in spans] == [4, 7, 10]

    def test_the_day_after_the_last_period_opens_one(self) -> None:
        assert periods_between(date(2026, 3, 31), date(2026, 3, 31), QUARTER) == []
        assert len(periods_between(date(2026, 3, 31), date(2026, 4, 1), QUARTER)) == 1

    def test_only_so_many_and_the_latest(self) -> None:
        spans = periods_between(date(1990, 1, 1), date(2026, 1, 1), Duration(1, "months"))
        assert len(spans) == MOST
        assert spans[-1].last == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("first", "last", "chinese", "english"),
    [
        (date(2026, 7, 1), date(2026, 9, 30), "2026年第3季度", "Q3 2026"),
        (date(2026, 7, 1), date(2026, 12, 31), "2026年下半年", "Second half of 2026"),
        (date(2026, 1, 1), date(2026, 6, 30), "2026年上半年", "First half of 2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "2026年2月", "2026-02"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026年", "2026"),
        (date(2026, 1, 1), date(2026, 2, 28), "2026年1月1日 至 2026年2月28日", "1 Jan 2026 to 28 Feb 2026"),
        (date(2026, 7, 1), date(2026, 7, 1), "2026年7月1日", "1 Jul 2026"),
    ],
)
def test_periods_have_names(first, last, chinese, english) -> None:
    load_catalogue(Path(linli.__file__).parent / "locale", "linli")
    with speaking("zh_CN"):
        assert title_of(first, last) == chinese
    with speaking("en"):
        assert title_of(first, last) == english


def test_a_span_ends_with_its_last_day_in_shanghai() -> None:
    span = Span(date(2026, 1, 1), date(2026, 3, 31))
    assert span.begins.isoformat() == "2026-01-01T00:00:00+08:00"
    assert span.ends.isoformat() == "2026-04-01T00:00:00+08:00"
