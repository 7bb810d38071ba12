"""The list of shifts: its file, and reminding those on several of them at once, each with what became of it."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import time, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from linli.sdk import SYSTEM, new_id, today
from linli_waste_sorting.watch.models import Duty, Shift

TOMORROW = today() + timedelta(days=1)


@pytest.fixture
def page(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/watch/shifts"


@pytest.fixture(autouse=True)
def _empty(module_house) -> Iterator[None]:
    """Pages commit, and share the module's database."""
    yield
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        for table in ("watch_duty", "watch_shift"):
            connection.execute(f"DELETE FROM plugin_waste_sorting.{table}")


@pytest.fixture
def shifts(module_house, own, make_station) -> dict[str, UUID]:
    """One that the resident signed up for, one of somebody without a phone, one of nobody, one of last week."""
    with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
        station = make_station(session, own, name=f"南门站{new_id().hex[-6:]}")
        given = {"community_id": own.id, "compound_id": own.compound, "station_id": station.id, "plan_id": new_id()}
        found = {}
        for name, day, hour in (
            ("joined", TOMORROW, 7),
            ("called", TOMORROW, 9),
            ("nobody", TOMORROW, 18),
            ("over", today() - timedelta(days=7), 7),
        ):
            row = Shift(id=new_id(), day=day, begins=time(hour), ends=time(hour + 1), wanted=1, **given)
            session.add(row)
            session.flush()
            found[name] = row.id
        for name, account in (("joined", own.resident_account), ("called", None), ("over", own.resident_account)):
            held = {"community_id": own.id, "shift_id": found[name], "account_id": account}
            session.add(Duty(id=new_id(), person_name="示范保洁员", **held))
    return found


def shown(answer) -> str:
    return html.unescape(answer.text)


def row_of(answer, words: str) -> str:
    """The row of a table that holds some words, without marks."""
    rows = re.findall(r"<tr>.*?</tr>", shown(answer), re.DOTALL)
    [found] = [each for each in rows if words in each]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found))


def told(module_house, own) -> int:
    with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
        counted = text("SELECT count(*) FROM core.notification WHERE kind = 'waste_sorting.shift_reminded'")
        return session.scalar(counted)


def file_of(browser, page: str, asked: str = "") -> list[list[str]]:
    content = browser.get(f"{page}/export?file=csv&{asked}").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


@pytest.mark.actor("community_administrator")
class TestReminding:
    def test_each_shift_says_what_became_of_it(self, browser, page, own, module_house, shifts) -> None:
        before = told(module_house, own)
        chosen = [str(each) for each in shifts.values()]
        done = browser.post(f"{page}/acts", {"act": "remind", "id": [*chosen, str(new_id())]})
        assert done.status_code == 200
        assert "已完成" in row_of(done, f"{TOMORROW} 7:00")
        assert "报名的 1 人没有账号" in row_of(done, f"{TOMORROW} 9:00")
        assert "还没有人报名" in row_of(done, f"{TOMORROW} 18:00")
        assert "已经结束" in row_of(done, f"{today() - timedelta(days=7)} 7:00")
        assert "不在您可以查看的范围内" in row_of(done, "找不到的内容")
        assert told(module_house, own) == before + 1, "the one resident who holds a place, and nobody else"
        again = browser.post(f"{page}/acts", {"act": "remind", "id": chosen})
        assert "以后可以再提醒" in row_of(again, f"{TOMORROW} 7:00")
        assert told(module_house, own) == before + 1

    def test_one_shift_on_its_own_page(self, browser, page, own, module_house, shifts) -> None:
        before, one = told(module_house, own), page.replace("/shifts", f"/{shifts['joined']}")
        assert f'action="{one}/remind"' in shown(browser.get(one))
        assert "/remind" not in shown(browser.get(page.replace("/shifts", f"/{shifts['nobody']}")))
        done = browser.get(browser.post(f"{one}/remind").headers["location"])
        assert "已提醒 1 人" in done.text
        assert "/remind" not in done.text, "not again at once"
        assert "以后可以再提醒报名的人" in done.text
        assert browser.post(f"{one}/remind").status_code == 409
        assert told(module_house, own) == before + 1

    def test_whoever_only_reads_is_offered_nothing(self, browser, page, own, module_house, shifts) -> None:
        browser.sign_in_as(own.steward)
        listed = browser.get(page)
        assert listed.status_code == 200
        assert "提醒值守的人" not in listed.text
        assert browser.post(f"{page}/acts", {"act": "remind", "id": [str(shifts["joined"])]}).status_code == 403
        assert browser.post(page.replace("/shifts", f"/{shifts['joined']}/remind")).status_code == 403
        browser.sign_in_as(own.resident_account)
        for address in (page, f"{page}/export"):
            assert browser.get(address).status_code == 403

    def test_elsewhere_nothing_is_seen_or_reminded_of(self, browser, page, own, world, module_house, shifts) -> None:
        before, other = told(module_house, own), world.here.communities[1]
        browser.sign_in_as(other.administrator)
        there = f"/s/{other.street_code}/c/{other.code}/admin/waste_sorting/watch/shifts"
        assert browser.get(page).status_code in (403, 404)
        if browser.get(there).status_code == 200:
            assert "南门站" not in shown(browser.get(f"{there}?state=all"))
            refused = browser.post(f"{there}/acts", {"act": "remind", "id": [str(shifts["joined"])]})
            assert "找不到的内容" in refused.text
        assert told(module_house, own) == before


@pytest.mark.actor("community_administrator")
class TestTheFile:
    def test_is_the_page_in_its_order_without_a_name(self, browser, page, shifts) -> None:
        rows = file_of(browser, page, "columns=shown")
        assert rows[0] == ["日期", "时间", "投放点", "小区", "需要人数", "报名人数", "还缺", "最近提醒", "状态"]
        assert [row[1] for row in rows[1:]] == ["7:00–8:00", "9:00–10:00", "18:00–19:00"], "from today on"
        assert [row[1] for row in file_of(browser, page, "sort=-day")[1:]] == ["18:00–19:00", "9:00–10:00", "7:00–8:00"]
        assert [row[-1] for row in rows[1:]] == ["人已够", "人已够", "还缺 1 人"]
        assert [row[1] for row in file_of(browser, page, "state=missing")[1:]] == ["18:00–19:00"]
        week = f"first={today() - timedelta(days=9)}&last={today()}"
        assert [row[-3] for row in file_of(browser, page, f"{week}&columns=all")[1:]] == ["已结束"]
        assert "示范保洁员" not in str(file_of(browser, page, f"{week}&columns=all"))
        assert len(file_of(browser, page, "state=cancelled")) == 1

    @pytest.mark.parametrize("asked", ["first=soon", "state=gone", "compound=x", "sort=wanted", "after=x"])
    def test_a_filter_that_is_none_is_told(self, browser, page, asked) -> None:
        assert browser.get(f"{page}?{asked}").status_code == 422

    def test_the_roster_leads_to_its_week(self, browser, page) -> None:
        roster = shown(browser.get(page.replace("/shifts", "?day=2026-11-27")))
        assert f"{page}?first=2026-11-23&last=2026-11-29" in roster


@pytest.mark.actor("community_administrator")
def test_the_api_reminds_and_sorts(api, own, module_house, shifts) -> None:
    root = f"/api/v1/s/{own.street_code}/c/{own.code}/waste_sorting/shifts"
    assert api.post(f"{root}/{shifts['joined']}/remind").json() == {"told": 1, "unreached": 0}
    assert api.post(f"{root}/{shifts['joined']}/remind").status_code == 409
    assert api.get(f"{root}/{shifts['joined']}").json()["reminded_at"] is not None
    found = api.get(f"{root}?sort=-day").json()["items"]
    assert [each["begins"] for each in found] == ["18:00:00", "09:00:00", "07:00:00"]
    first = api.get(f"{root}?sort=day&limit=1").json()
    following = api.get(f"{root}?sort=day&limit=1&after={first['next']}").json()
    assert following["items"][0]["id"] == str(shifts["called"])
    assert api.get(f"{root}?after={new_id()}").status_code == 422
    api.token_for(own.resident_account, own.tenant_id)
    assert api.post(f"{root}/{shifts['joined']}/remind").status_code == 403
