"""The pages, as a person's browser sees them."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from linli.sdk import SYSTEM, today
from linli_waste_sorting.inspections import service
from linli_waste_sorting.inspections.models import Round
from linli_waste_sorting.inspections.schemas import FindingWrite
from linli_waste_sorting.stations.schemas import StationCreate
from linli_waste_sorting.stations.service import create_station

#: The door of the household in question; ids hold the same digits by chance.
DOOR = re.compile(r"1单元|(?<![\w-])101(?![\w-])")


@pytest.fixture
def root(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/inspections"


@pytest.fixture
def home(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/waste_sorting/inspections"


@pytest.fixture
def station(module_house, own) -> str:
    """A station to walk to, kept for the tests of this file."""
    from linli_waste_sorting.stations.repository import Filter, page_of_stations

    with module_house.database.unit_of_work(own.scope) as session:
        rows, _more = page_of_stations(session, own.id, Filter(words="巡查站"))
        if rows:
            return str(rows[0].id)
        data = StationCreate(compound_id=own.compound, name="巡查站", place="南门")
        return str(create_station(session, SYSTEM, own.id, data).id)


@pytest.fixture
def repeated(module_house, own, station):
    """A household that was wrong on two days; committed for the pages, and struck out afterwards."""
    from uuid import UUID

    with module_house.database.unit_of_work(own.scope) as session:
        made = []
        for days in (9, 5):
            row = service.start_round(session, SYSTEM, own.id, own.compound)
            row.day = today() - timedelta(days=days)
            session.flush()
            data = FindingWrite(
                category="kitchen", result="wrong", building_id=own.building, door="101", note="没去袋子"
            )
            made.append(service.add_finding(session, SYSTEM, own.id, row.id, UUID(station), data).id)
            service.finish_round(session, SYSTEM, own.id, row.id)
    yield made
    with module_house.database.unit_of_work(own.scope) as session:
        for each in made:
            service.strike_finding(session, SYSTEM, own.id, each, "试验")


def seen(browser, page: str) -> str:
    """A page as it is read: no letter of an address is escaped."""
    return html.unescape(browser.get(page).text)


def started(browser, root: str, own) -> str:
    sent = browser.post(f"{root}/new", {"compound_id": str(own.compound)})
    assert sent.status_code == 303
    return sent.headers["location"]


@pytest.mark.actor("community_administrator")
def test_a_round_is_walked_station_after_station(browser, root, own, station) -> None:
    page = started(browser, root, own)
    assert started(browser, root, own) == page, "an open round is gone on with"
    assert "您有一次没有结束的巡查" in seen(browser, root)
    here = f"{page}/stations/{station}"
    assert "容器干净" in seen(browser, here)
    assert browser.post(f"{page}/finish").status_code == 409, "nothing was noted"
    assert browser.post(here, {}).status_code == 422
    assert browser.post(here, {"met_0": "maybe"}).status_code == 422
    sent = browser.post(here, {"met_0": "1", "met_1": "0", "note_1": "桶满了"})
    assert sent.headers["location"] == f"{here}/findings"
    bag = {"result": "wrong", "subject": "bag", "category": "kitchen", "is_guided": "1"}
    known = {**bag, "building_id": str(own.building), "door": "101"}
    faulty = browser.post(f"{here}/findings", {**known, "door": "999"})
    assert faulty.status_code == 422
    assert "这栋楼里没有找到这一户" in faulty.text
    assert browser.post(f"{here}/findings", known).status_code == 303
    assert browser.post(f"{here}/findings", {**bag, "result": "correct"}).status_code == 303
    shown = seen(browser, f"{here}/findings")
    assert "已对应住户" in shown
    assert not DOOR.search(shown)
    drop = re.findall(r'action="([^"]+/drop)"', shown)
    assert len(drop) == 2
    assert browser.post(drop[1]).status_code == 303
    assert browser.post(f"{page}/finish").status_code == 303
    shown = seen(browser, page)
    assert "桶满了" in shown
    assert "已现场指导" in shown
    strike = re.findall(r'action="([^"]+/findings/[^"]+/strike)"', shown)[0]
    assert browser.post(strike, {"reason": "看错了"}).status_code == 303
    assert "已划去：看错了" in seen(browser, page)
    for action in re.findall(r'action="([^"]+/points/[^"]+/strike)"', seen(browser, page)):
        assert browser.post(action, {"reason": "看错了"}).status_code == 303


@pytest.mark.actor("community_administrator")
def test_an_open_round_is_thrown_away(browser, root, own) -> None:
    page = started(browser, root, own)
    assert browser.post(f"{page}/discard").status_code == 303
    assert browser.get(page).status_code == 404


@pytest.mark.actor("community_administrator")
def test_lists_and_files_hold_what_the_filter_shows_and_no_door(browser, root, own, repeated) -> None:
    day = (today() - timedelta(days=9)).isoformat()
    shown = seen(browser, f"{root}/findings?first={day}&last={day}&result=wrong&compound={own.compound}")
    assert shown.count("没去袋子") == 1
    assert "没去袋子" not in seen(browser, f"{root}/findings?first={day}&last={day}&result=correct")
    assert "没去袋子" not in seen(browser, f"{root}/findings?inspector=谁也不是")
    for asked in ("result=heap", "state=gone", "first=yesterday", "compound=x", "station=x"):
        assert browser.get(f"{root}/findings?{asked}").status_code == 422, asked
    file = browser.get(f"{root}/findings/export?first={day}&last={day}&file=xlsx")
    rows = list(load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True))
    assert rows[0][:3] == ("日期", "投放点", "看到的")
    assert {"小区", "现场指导", "划去的理由"} <= set(rows[0])
    assert "没去袋子" in rows[1]
    text = browser.get(f"{root}/findings/export?file=csv").content.decode("utf-8-sig")
    assert "错投" in text
    assert not DOOR.search(text)
    assert (
        browser.get(f"{root}/points/export?file=csv").content.decode("utf-8-sig").startswith("日期,小区,投放点,检查项")
    )
    assert browser.get(f"{root}/points/export?result=heap").status_code == 422


@pytest.mark.actor("community_administrator")
def test_figures_of_a_stretch_of_days(browser, root, repeated) -> None:
    assert "每周的投放正确率" in seen(browser, f"{root}/figures")
    assert "这段日期还没有结果" in seen(browser, f"{root}/figures?first=2020-01-01&last=2020-02-01")


@pytest.mark.actor("community_administrator")
def test_from_the_suggestion_to_the_answered_objection(browser, root, home, own, repeated) -> None:
    cases = seen(browser, f"{root}/cases")
    assert "1号楼 1单元 101" in cases
    case = f"{root}/cases/{own.dwellings[0]}"
    assert "系统建议：劝导" in seen(browser, case)
    sent = {"kind": "dissuade", "done_on": today().isoformat(), "note": "上门说明过"}
    assert browser.post(f"{case}/steps", {**sent, "kind": "warning"}).status_code == 409
    assert browser.post(f"{case}/steps", sent).status_code == 303
    browser.sign_in_as(own.resident_account)
    mine = seen(browser, home)
    assert "劝导" in mine
    assert "怎样分对" in mine
    assert "上门说明过" not in mine, "notes are for staff"
    appeal = next(each for each in re.findall(r'href="([^"]+/appeal)"', mine) if "/findings/" in each)
    assert "可以在" in seen(browser, appeal)
    assert browser.post(appeal, {"body": " "}).status_code == 422
    assert browser.post(appeal, {"body": "那天家里没有人"}).status_code == 303
    assert "待答复" in seen(browser, home)
    browser.sign_in_as(own.administrator)
    link = re.findall(r'href="([^"]+/appeals/[0-9a-f-]+)"', seen(browser, f"{root}/appeals"))[0]
    assert "那天家里没有人" in seen(browser, link)
    assert browser.post(f"{link}/decide", {"verdict": "upheld"}).status_code == 422
    assert browser.post(f"{link}/decide", {"verdict": "upheld", "answer": "查过值守记录"}).status_code == 303
    shown = seen(browser, case)
    assert "依据的检查结果已划去" in shown
    assert "已划去：申诉成立" in shown
    browser.sign_in_as(own.resident_account)
    assert "查过值守记录" in seen(browser, home)


@pytest.mark.actor("community_administrator")
def test_the_inspector_is_offered_no_answer(browser, root, home, own, repeated, module_house) -> None:
    browser.sign_in_as(own.resident_account)
    appeal = next(each for each in re.findall(r'href="([^"]+/appeal)"', seen(browser, home)) if "/findings/" in each)
    assert browser.post(appeal, {"body": "这一次也不是"}).status_code == 303
    browser.sign_in_as(own.administrator)
    listed = seen(browser, f"{root}/appeals?state=open")
    link = re.findall(r'href="([^"]+/appeals/[0-9a-f-]+)"', listed)[0]
    assert f'action="{link}/decide"' in seen(browser, link)
    with module_house.database.unit_of_work(own.scope) as session:
        for row in session.scalars(select(Round).where(Round.inspector_id.is_(None))):
            row.inspector_id = own.administrator
    shown = seen(browser, link)
    assert "这次检查是您自己做的，请由其他社区管理员答复" in shown
    assert "/decide" not in shown
    refused = browser.post(f"{link}/decide", {"verdict": "rejected", "answer": "我看得很清楚"})
    assert refused.status_code == 403
    assert "这次检查是您自己做的" in refused.text
    assert "待答复" in seen(browser, f"{root}/appeals?state=open")


@pytest.mark.actor("community_administrator")
def test_service_is_noted_on_a_page_of_its_own(browser, root, own, repeated) -> None:
    case = f"{root}/cases/{own.dwellings[0]}"
    assert browser.post(f"{case}/service", {"done_on": today().isoformat(), "note": ""}).status_code == 422
    assert browser.post(f"{case}/service", {"done_on": today().isoformat(), "note": "值守2小时"}).status_code == 303
    shown = seen(browser, case)
    assert "参加志愿服务" in shown
    undo = re.findall(r'action="([^"]+/undo)"', shown)[0]
    assert browser.post(undo, {"reason": "登记错了"}).status_code == 303
    assert "已撤销（登记有误）：登记错了" in seen(browser, case)


@pytest.mark.actor("community_administrator")
def test_a_steward_and_a_neighbour_learn_nothing_of_households(browser, root, home, own, repeated) -> None:
    case, letter = f"{root}/cases/{own.dwellings[0]}", f"{root}/appeals"
    browser.sign_in_as(own.steward)
    shown = seen(browser, f"{root}/findings")
    assert "没去袋子" in shown
    assert "住户跟进" not in seen(browser, root)
    for text in (
        shown,
        seen(browser, root),
        seen(browser, re.findall(rf'href="({root}/[0-9a-f-]{{36}})"', shown)[0]),
    ):
        assert str(own.dwellings[0]) not in text
        assert not DOOR.search(text)
    for page in (case, letter, f"{root}/cases"):
        assert browser.get(page).status_code == 403
    browser.sign_in_as(own.resident_account)
    for page in (root, f"{root}/findings", case):
        assert browser.get(page).status_code == 403


@pytest.mark.actor("street_administrator")
def test_the_street_sees_figures_and_no_household(browser, root, own, world, repeated) -> None:
    console = f"/s/{own.street_code}/console/waste_sorting/inspections"
    day = today() - timedelta(days=9)
    shown = seen(browser, f"{console}?month={day:%Y-%m}")
    assert own.name in shown
    assert not DOOR.search(shown)
    assert browser.get(f"{console}?month=2026-13").status_code == 422
    assert "这个月还没有巡查" in seen(browser, f"{console}?month=2019-12")
    assert browser.get(f"{root}/cases").status_code == 403
    browser.sign_in_as(world.there.administrator)
    assert own.name not in seen(browser, f"/s/{world.there.code}/console/waste_sorting/inspections")
