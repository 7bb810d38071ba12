"""The bin watch as staff and residents see it."""

from __future__ import annotations

import html
import io
import re
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from linli.sdk import SYSTEM, new_id, now, today
from linli_waste_sorting.stations.schemas import StationCreate
from linli_waste_sorting.stations.service import create_station
from linli_waste_sorting.watch import planning
from linli_waste_sorting.watch.demo import fill_watch
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.schemas import ShiftPlan

#: The clock of the site runs: these days are those on which the tests do.
TODAY = today()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def home(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}"


@pytest.fixture
def station(module_house, own):
    """A station of its own for each test."""
    with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
        data = StationCreate(name=f"站{new_id().hex[-6:]}", place="南门", compound_id=own.compound, kind="staffed")
        row = create_station(session, SYSTEM, own.id, data)
        session.flush()
        return row.id, row.name


@pytest.fixture
def make_shift(module_house, own, station):
    """Makes one shift for one person, and gives its id and its station's code."""

    def make(day: date, hours: str):
        with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
            wanted = ShiftPlan(stations=[station[0]], first=TOMORROW, last=TOMORROW, hours=hours)
            plan_id = planning.plan_shifts(session, SYSTEM, own.id, wanted).plan_id
            code = planning.code_of(session, SYSTEM, own.id, station[0]).code
            row = session.scalars(select(Shift).where(Shift.plan_id == plan_id)).one()
            row.day = day
            return row.id, code

    return make


@pytest.mark.actor("community_administrator")
def test_staff_plan_two_weeks_take_it_back_and_plan_again(browser, home, station) -> None:
    admin = f"{home}/admin/waste_sorting/watch"
    assert f'value="{station[0]}" checked' in browser.get(f"{admin}/plan").text, "staffed stations are chosen already"
    typed = {
        "stations": [str(station[0])],
        "first": TOMORROW.isoformat(),
        "last": (TOMORROW + timedelta(days=13)).isoformat(),
        "weekdays": [str(TOMORROW.weekday()), str((TOMORROW.weekday() + 1) % 7)],
        "hours": "7:00-9:00、18:00-20:00",
        "wanted": "2",
    }
    faulty = browser.post(f"{admin}/plan", {**typed, "hours": "早晚"})
    assert faulty.status_code == 422
    assert "看不懂“早晚”" in faulty.text
    sent = browser.post(f"{admin}/plan", typed)
    week = html.unescape(browser.get(sent.headers["location"]).text)
    assert "已安排 8 个班次" in week
    assert "0/2 人" in week
    undo = re.findall(r'action="([^"]+/undo)"', week)[0]
    assert "已撤销 8 个班次" in browser.get(browser.post(undo).headers["location"]).text
    assert browser.post(undo).status_code == 404, "a second click"
    again = browser.get(browser.post(f"{admin}/plan", typed).headers["location"]).text
    assert "已安排 8 个班次" in again
    nothing = browser.get(browser.post(f"{admin}/plan", typed).headers["location"]).text
    assert "已安排 0 个班次，另有 8 个原来就有" in nothing
    assert "/undo" not in nothing, "there is nothing to take back"


@pytest.mark.actor("community_administrator")
def test_staff_give_a_place_and_take_it_away(browser, home, make_shift) -> None:
    shift, _code = make_shift(TOMORROW, "7:00-9:00")
    page = f"{home}/admin/waste_sorting/watch/{shift}"
    assert "还没有人报名" in browser.get(page).text
    assert browser.post(f"{page}/people", {"person_name": "示范保洁员"}).status_code == 303
    assert "报满" in browser.post(f"{page}/people", {"person_name": "又一人"}).text
    [duty] = re.findall(r"watch/duties/([0-9a-f-]{36})/leave", html.unescape(browser.get(page).text))
    assert browser.post(f"{home}/admin/waste_sorting/watch/duties/{duty}/leave").status_code == 303
    assert "工作人员取消" in browser.get(page).text
    sent = browser.post(f"{page}/cancel", {"reason": "停运"})
    assert "停运" in browser.get(sent.headers["location"]).text


@pytest.mark.actor("community_administrator")
def test_staff_note_who_came_and_export(browser, home, make_shift) -> None:
    yesterday = TODAY - timedelta(days=1)
    shift, _code = make_shift(yesterday, "7:00-9:00")
    page = f"{home}/admin/waste_sorting/watch/{shift}"
    browser.post(f"{page}/people", {"person_name": "示范保洁员"})
    [duty] = re.findall(r"watch/duties/([0-9a-f-]{36})/attendance", html.unescape(browser.get(page).text))
    act = f"{home}/admin/waste_sorting/watch/duties/{duty}/attendance"
    assert "早于到岗时间" in browser.post(act, {"came": "07:10", "left": "07:00"}).text
    assert "110 分钟" in browser.get(browser.post(act, {"came": "07:10", "left": ""}).headers["location"]).text
    file = browser.get(f"{home}/admin/waste_sorting/watch/export?day={yesterday}&last={yesterday}").content
    rows = list(load_workbook(io.BytesIO(file)).active.iter_rows(values_only=True))
    assert ("示范保洁员", "07:10", None, 110) in [row[-4:] for row in rows]


@pytest.mark.actor("community_administrator")
def test_a_question_that_came_back_with_a_fault_stands_open(browser, home, make_shift) -> None:
    shift, _code = make_shift(TOMORROW, "7:00-9:00")
    page = f"{home}/admin/waste_sorting/watch/{shift}"
    assert '<details class="confirm" open>' not in browser.get(page).text
    answer = browser.post(f"{page}/cancel", {"reason": " "})
    assert answer.status_code == 422
    assert answer.text.count('<details class="confirm" open>') == 1


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(("below", "title"), [("", "投放点"), ("/watch", "桶站值守"), ("/watch/plan", None)])
def test_one_part_of_the_module_is_marked_and_one_entry_of_the_menu(browser, home, below, title) -> None:
    page = browser.get(f"{home}/admin/waste_sorting{below}").text
    parts = re.findall(r'<nav class="sections".*?</nav>', page, re.DOTALL)
    marked = [re.findall(r'aria-current="page">([^<]+)<', each) for each in parts]
    assert marked == ([[title]] if title else [])
    menu = re.findall(r'aria-current="page"[^>]*><svg.*?<span>([^<]+)</span>', page, re.DOTALL)
    assert set(menu) == {"垃圾分类"}


@pytest.mark.actor("resident")
def test_a_resident_signs_up_and_looks_for_a_substitute(browser, home, make_shift) -> None:
    shift, code = make_shift(TOMORROW, "7:00-9:00")
    mine = f"{home}/waste_sorting/watch"
    assert f"{mine}/{shift}/join" in html.unescape(browser.get(mine).text)
    page = html.unescape(browser.get(browser.post(f"{mine}/{shift}/join").headers["location"]).text)
    assert "报名成功" in page
    assert f"{mine}/{shift}/join" not in page, "what is full is offered to nobody"
    duty = re.findall(r"duties/([0-9a-f-]{36})/offer", page)[0]
    assert "正在找人替班" in browser.get(browser.post(f"{mine}/duties/{duty}/offer").headers["location"]).text
    assert browser.post(f"{mine}/duties/{duty}/keep").status_code == 303
    assert "现在没有值守班次" in browser.get(f"{mine}/at/{code}").text


@pytest.mark.actor("resident")
def test_the_code_at_the_station_opens_the_check_in(browser, home, make_shift) -> None:
    _shift, code = make_shift(TODAY, "0:00-24:00")
    page = f"{home}/waste_sorting/watch/at/{code}"
    assert "我来帮忙，签到" in browser.get(page).text
    assert "已签到" in browser.get(browser.post(f"{page}/in").headers["location"]).text
    assert browser.post(f"{page}/in").status_code == 303, "a second click"
    assert "已签退" in browser.get(browser.post(f"{page}/out").headers["location"]).text
    assert "我又回来了" in browser.get(page).text
    assert browser.get(f"{home}/waste_sorting/watch/at/aaaaaaaaaaaaaaaa").status_code == 404


@pytest.mark.actor("community_administrator")
def test_the_code_is_a_picture_and_can_be_renewed(browser, home, make_shift, station) -> None:
    make_shift(TOMORROW, "7:00-9:00")
    codes = f"{home}/admin/waste_sorting/watch/codes"
    assert f"{codes}/{station[0]}/picture" in html.unescape(browser.get(codes).text)
    picture = browser.get(f"{codes}/{station[0]}/picture")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.content.startswith(b"<?xml")
    assert browser.post(f"{codes}/{station[0]}/renew").status_code == 303
    assert browser.get(f"{codes}/{station[0]}/picture").content != picture.content


@pytest.mark.actor("owner")
def test_the_same_by_the_api(api, home, make_shift) -> None:
    root = f"/api/v1{home}/waste_sorting"
    shift, _code = make_shift(TOMORROW, "17:00-19:00")
    shown = api.get(f"{root}/shifts/open").json()["items"]
    assert str(shift) in {each["id"] for each in shown}
    duty = api.post(f"{root}/shifts/{shift}/join").json()
    assert (duty["is_mine"], duty["shift_id"]) == (True, str(shift))
    assert duty["id"] in {each["duty"]["id"] for each in api.get(f"{root}/duties/mine").json()["items"]}
    assert api.get(f"{root}/shifts").status_code == 403
    assert api.post(f"{root}/duties/{duty['id']}/offer").json()["offered_at"]


class TestDemo:
    def test_it_is_the_same_each_time_full_at_weekends_and_holds_together(
        self, open_session, own, make_station
    ) -> None:
        def filled():
            with open_session(own.scope) as session, session.begin_nested() as undone:
                make_station(session, own, kind="staffed")
                fill_watch(session, own.id)
                shifts = session.scalars(select(Shift).order_by(Shift.day, Shift.begins)).all()
                duties = session.scalars(select(Duty).order_by(Duty.id)).all()
                told = [(row.day, row.begins, row.wanted) for row in shifts]
                people = sorted((row.person_name, row.minutes or 0) for row in duties)
                by_shift = {row.id: [each for each in duties if each.shift_id == row.id] for row in shifts}
                for row in shifts:
                    assert len(by_shift[row.id]) <= row.wanted
                    for duty in by_shift[row.id]:
                        assert duty.minutes is None or 0 <= duty.minutes <= 120
                        assert (duty.minutes is None) == (duty.came_at is None or row.ends_at > now())
                past = [row for row in shifts if row.day < TODAY]
                ends = [len(by_shift[row.id]) for row in past if row.day.weekday() >= 5]
                days = [len(by_shift[row.id]) for row in past if row.day.weekday() < 5]
                assert sum(ends) / len(ends) > sum(days) / len(days), "more have time at weekends"
                assert {row.day for row in past} == {TODAY - timedelta(days=n) for n in range(1, 91)}
                undone.rollback()
                return told, people

        assert filled() == filled()
