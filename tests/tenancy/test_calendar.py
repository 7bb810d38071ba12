"""Holidays and make-up workdays."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from sqlalchemy import select

from linli.kit.clock import SHANGHAI, frozen
from linli.kit.errors import Invalid
from linli.tenancy.calendar import OFFICIAL_CALENDAR, load_calendar, read_calendar
from linli.tenancy.contributed import register_health_checks
from linli.tenancy.models import CalendarDay

HEAD = "day,is_workday,name,source\n"


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_year_has_the_thirteen_holidays_of_the_law(year) -> None:
    """全国年节及纪念日放假办法 (2024) 第2条: days off on weekdays less make-up workdays are thirteen."""
    days = [each for each in read_calendar(OFFICIAL_CALENDAR) if each["day"].year == year]
    off = [each for each in days if not each["is_workday"] and each["day"].weekday() < 5]
    made_up = [each for each in days if each["is_workday"]]
    assert len(off) - len(made_up) == 13
    assert all(f"{year}年" in each["source"] for each in days)


def test_loading_again_keeps_or_replaces_as_asked(house, tmp_path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "2026-01-01,0,本地改过,来源\n", "utf-8")

    def new_year() -> str:
        with house.database.open_transaction() as connection:
            return connection.scalar(select(CalendarDay.name).where(CalendarDay.day == date(2026, 1, 1)))

    with house.owner.open_transaction() as connection:
        load_calendar(connection, read_calendar(OFFICIAL_CALENDAR))
        load_calendar(connection, read_calendar(path))
    assert new_year() == "本地改过"
    with house.owner.open_transaction() as connection:
        load_calendar(connection, read_calendar(OFFICIAL_CALENDAR), replace=False)
    assert new_year() == "本地改过"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2026-13-01,0,a,b", "不是日期"),
        ("2026-01-05,2,a,b", "应当是 0"),
        ("2026-01-05,1,a,b", "本来就是工作日"),
        ("2026-01-05,0,,b", "四项"),
        ("2026-01-05,0,a", "四项"),
        ("2026-01-03,0,a,b", "写了两次"),
    ],
)
def test_a_bad_row_is_told_with_its_line(tmp_path, row, message) -> None:
    path = tmp_path / "c.csv"
    path.write_text(HEAD + "2026-01-03,0,a,b\n" + row + "\n", "utf-8")
    with pytest.raises(Invalid) as caught:
        read_calendar(path)
    assert caught.value.errors[0].field == "c.csv:3"
    assert message in caught.value.errors[0].message


@pytest.mark.parametrize(
    ("day", "status", "words"),
    [
        (date(2025, 12, 31), "ok", "已知到 2026 年"),
        (date(2026, 11, 30), "ok", "已知到 2026 年"),
        (date(2026, 12, 1), "warning", "还没有 2027 年"),
        (date(2027, 1, 1), "fault", "没有 2027 年"),
    ],
)
def test_a_year_that_is_missing_is_told_in_time(open_session, world, day, status, words) -> None:
    (check,) = register_health_checks()
    with open_session(world.here.scope) as session, frozen(datetime.combine(day, time(12), SHANGHAI)):
        health = check.check(session)
    assert (health.status, words in health.message) == (status, True)
    assert bool(health.way_out) is (status != "ok")
