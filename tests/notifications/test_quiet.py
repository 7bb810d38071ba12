"""Hours of rest, at their edges: just before, at, and just after."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from linli.kit.clock import SHANGHAI
from linli.notifications.quiet import end_of_rest

NIGHT = (time(22), time(7))
NOON = (time(12), time(14))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("rest", "moment", "until"),
    [
        (NIGHT, "01 21:59:59", None),
        (NIGHT, "01 22:00:00", "02 07:00:00"),
        (NIGHT, "01 22:00:01", "02 07:00:00"),
        (NIGHT, "01 23:59:59", "02 07:00:00"),
        (NIGHT, "02 00:00:00", "02 07:00:00"),
        (NIGHT, "02 06:59:59", "02 07:00:00"),
        (NIGHT, "02 07:00:00", None),
        (NIGHT, "02 07:00:01", None),
        (NIGHT, "31 23:00:00", "01"),
        (NOON, "01 11:59:59", None),
        (NOON, "01 12:00:00", "01 14:00:00"),
        (NOON, "01 13:59:59", "01 14:00:00"),
        (NOON, "01 14:00:00", None),
        ((time(8), time(8)), "01 08:00:00", None),
        ((time(0), time(7)), "01 00:00:00", "01 07:00:00"),
    ],
)
def test_the_rest_of_a_moment(rest, moment, until) -> None:
    expected = None if until is None else at(until) if len(until) > 2 else datetime(2026, 4, 1, 7, tzinfo=SHANGHAI)
    assert end_of_rest(at(moment), *rest) == expected


def test_the_clock_is_that_of_shanghai() -> None:
    assert end_of_rest(datetime.fromisoformat("2026-03-01T14:00:00+00:00"), *NIGHT) == at("02 07:00:00")
    assert end_of_rest(datetime.fromisoformat("2026-03-01T13:59:00+00:00"), *NIGHT) is None
