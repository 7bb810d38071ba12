"""Hours as people write them, and what a station does at a moment."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from linli.sdk import SHANGHAI, Invalid
from linli_waste_sorting.stations.models import Opening, Station
from linli_waste_sorting.stations.windows import MOST_OPENINGS, open_first, read_hours, today_of

PEAKS = [(time(7), time(9)), (time(18), time(20))]
#: A Friday.
DAY = datetime(2026, 11, 27, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "words",
    [
        "7:00-9:00、18:00-20:00",
        "18:00–20:00，07:00–09:00",
        "7:00至9:00 18：00到20：00",
        "  7:00 - 9:00;18:00 ~ 20:00；",
    ],
)
def test_they_are_read_as_people_write_them(words) -> None:
    assert read_hours(words) == PEAKS


def test_nothing_means_all_day_and_midnight_is_the_last_minute() -> None:
    assert read_hours(" ") == []
    assert read_hours("22:00-24:00") == [(time(22), time(23, 59))]
    assert read_hours("0:00-0:01") == [(time(0), time(0, 1))]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("早上7点", "看不懂“早上7点”"),
        ("7:00-9:00 晚上", "看不懂“晚上”"),
        ("7-9", "看不懂"),
        ("7:00-25:00", "没有“7:00-25:00”这样的时间"),
        ("7:60-9:00", "这样的时间"),
        ("9:00-9:00", "早于开始"),
        ("22:00-2:00", "早于开始"),
        ("7:00-9:00、8:59-10:00", "重叠"),
        ("、".join(f"{n}:00-{n}:30" for n in range(MOST_OPENINGS + 1)), "时段太多"),
    ],
)
def test_a_fault_names_the_field_and_what_is_allowed(words, fault) -> None:
    with pytest.raises(Invalid) as error:
        read_hours(words)
    [said] = error.value.errors
    assert said.field == "hours"
    assert fault in said.message
    assert said.allowed


def test_one_may_begin_where_the_other_ends() -> None:
    assert read_hours("7:00-9:00、9:00-10:00") == [(time(7), time(9)), (time(9), time(10))]


def station(weekdays: int = 127, spans=PEAKS) -> Station:
    return Station(
        name="1号站", weekdays=weekdays, openings=[Opening(opens=opens, closes=closes) for opens, closes in spans]
    )


@pytest.mark.parametrize(
    ("at", "state", "until", "following"),
    [
        (time(6, 59), "later", None, time(7)),
        (time(7), "open", time(9), time(18)),
        (time(8, 59), "open", time(9), time(18)),
        (time(9), "later", None, time(18)),
        (time(19, 59), "open", time(20), None),
        (time(20), "over", None, None),
    ],
)
def test_what_it_does_just_before_at_and_after_its_hours(at, state, until, following) -> None:
    found = today_of(station(), datetime.combine(DAY, at, SHANGHAI))
    assert (found.state, found.until, found.next_opens) == (state, until, following)


def test_days_and_hours_are_those_of_shanghai_wherever_the_clock_stands() -> None:
    friday = station(weekdays=1 << 4)
    noon = DAY + timedelta(hours=12)
    assert today_of(friday, noon).state == "later"
    assert today_of(friday, noon + timedelta(days=1)).state == "closed"
    # In London it is still Thursday then.
    assert today_of(friday, (DAY + timedelta(hours=7)).astimezone()).state == "open"
    assert today_of(station(spans=[]), noon).state == "always"


def test_those_that_are_open_come_first() -> None:
    rows = [station(weekdays=1), station(), station(spans=[])]
    found = open_first(rows, DAY + timedelta(hours=8))
    assert [today.state for _row, today in found] == ["open", "always", "closed"]
