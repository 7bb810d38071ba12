"""The stations of the street as a file."""

from __future__ import annotations

import html
import re

import psycopg
import pytest

from linli.sdk import SYSTEM
from linli.testing.queries import counted_queries
from linli_waste_sorting.stations.files import station_cells
from linli_waste_sorting.stations.repository import Filter, page_of_stations
from linli_waste_sorting.stations.schemas import Bins
from linli_waste_sorting.stations.service import close_station

SHOWN = ["名称", "社区", "小区", "类型", "位置", "开放时间"]


@pytest.fixture
def console(own) -> str:
    return f"/s/{own.street_code}/console/waste_sorting"


@pytest.fixture
def stations(module_house, own, world, make_station):
    """Two stations here, one out of use, one of the next community and one of the other street."""
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        connection.execute("TRUNCATE plugin_waste_sorting.station CASCADE")
    with module_house.database.unit_of_work(own.scope) as session:
        bins = [Bins(category="kitchen", pieces=2), Bins(category="other", pieces=3)]
        make_station(session, own, name="丙站", containers=bins, note="=1+1", weekdays=[0])
        make_station(session, own, name="甲站", kind="bulky", place="北门")
        close_station(session, SYSTEM, own.id, make_station(session, own, name="停用站").id)
    for neighbour in (world.here.communities[1], world.there.communities[0]):
        with module_house.database.unit_of_work(neighbour.scope) as session:
            make_station(session, neighbour, name=f"{neighbour.name}站")


@pytest.mark.actor("street_administrator")
class TestStreet:
    def test_the_communities_with_their_containers(self, browser, console, own, world, stations, sheet_of) -> None:
        head, first, second, third = sheet_of(browser, f"{console}/export")
        assert head[:7] == [*SHOWN, "设置时间"]
        assert first[:6] == ["丙站", own.name, "一号院", "分类投放点", "南门", "周一 全天"]
        found = dict(zip(head, first, strict=True))
        assert (found["厨余垃圾容器"], found["其他垃圾容器"], found["有害垃圾容器"]) == ("2", "3", "")
        assert (found["状态"], found["说明"]) == ("在用", "'=1+1")
        assert second[0] == "甲站"
        assert third[:2] == ["第2社区站", world.here.communities[1].name]
        assert sheet_of(browser, f"{console}/export?columns=shown")[0] == SHOWN

    def test_the_rows_are_those_of_the_page_in_its_order(self, browser, console, own, stations, sheet_of) -> None:
        for asked, number in (
            ("", 3),
            ("?sort=-created_at", 3),
            ("?sort=name", 3),
            ("?sort=-name&state=all", 4),
            ("?state=closed", 1),
            ("?kind=bulky", 1),
            ("?q=北门", 1),
            (f"?community_id={own.id}", 2),
            ("?kind=garden", 0),
        ):
            page = html.unescape(browser.get(f"{console}{asked}").text)
            rows = sheet_of(browser, f"{console}/export{asked}")[1:]
            assert [row[0] for row in rows] == re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', page), asked
            assert len(rows) == number, asked
            hours = re.findall(r'data-label="开放时间">([^<]+)<', page)
            assert [row[5] for row in rows] == hours, "the days stand on the page too"
        for asked in ("kind=heap", "state=gone", "sort=heap", "community_id=x", "file=pdf"):
            assert browser.get(f"{console}/export?{asked}").status_code == 422, asked
        assert f'action="{console}/export"' in html.unescape(browser.get(console).text)

    def test_other_streets_and_roles(self, browser, console, own, world, stations, sheet_of) -> None:
        browser.sign_in_as(world.there.administrator)
        [_head, theirs] = sheet_of(browser, f"/s/{world.there.code}/console/waste_sorting/export?state=all")
        assert theirs[1] == world.there.communities[0].name
        assert browser.get(f"{console}/export").status_code in (403, 404)
        browser.sign_in_as(world.here.auditor)
        assert len(sheet_of(browser, f"{console}/export")) == 4
        for account in (own.administrator, own.resident_account):
            browser.sign_in_as(account)
            assert browser.get(f"{console}/export").status_code == 403


def test_more_rows_cost_no_more_queries(open_session, own, make_station) -> None:
    with open_session(own.scope) as session:

        def read() -> int:
            session.expire_all()
            with counted_queries(session) as statements:
                rows, _more = page_of_stations(session, own.id, Filter())
                assert [station_cells(each, "一号院")["compound"] for each in rows]
            return len(statements)

        make_station(session, own, name="1号站")
        few = read()
        for n in (2, 3, 4):
            make_station(session, own, name=f"{n}号站", containers=[Bins(category="other", pieces=n)])
        assert read() == few
