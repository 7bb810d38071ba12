"""The lists of rounds and of objections as files, and the figures of the street."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from linli.sdk import SYSTEM, today
from linli.testing.queries import counted_queries
from linli_waste_sorting.inspections import appeals, followup, repository
from linli_waste_sorting.inspections.files import appeal_rows, round_rows
from linli_waste_sorting.inspections.repository import Wanted
from linli_waste_sorting.inspections.schemas import AppealCreate, AppealDecide, StepCreate

DOOR = "1号楼 1单元 101"
#: Longer than the list shows of it.
LONG = "那天家里没有人，" * 12 + "请再看一次"


def ago(days: int):
    return today() - timedelta(days=days)


@pytest.fixture
def root(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/inspections"


@pytest.fixture
def console(own) -> str:
    return f"/s/{own.street_code}/console/waste_sorting/inspections"


@pytest.fixture
def emptied(module_house) -> Iterator[None]:
    """Nothing was inspected, before the test and after it."""
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        tables = "plugin_waste_sorting.inspection_round, plugin_waste_sorting.household_step"
        connection.execute(f"TRUNCATE {tables} CASCADE")
        yield
        connection.execute(f"TRUNCATE {tables} CASCADE")


@pytest.fixture
def walked(module_house, own, world, emptied, walk, staff) -> None:
    """Two rounds that are finished and one that is not; one of the next community and one of the other street."""
    with module_house.database.unit_of_work(own.scope) as session:
        walk(
            session,
            own,
            ago(9),
            ("correct", None),
            ("wrong", 0),
            met=(True, False),
            actor=staff("committee_chair", own),
        )
        walk(session, own, ago(3), ("correct", None), actor=staff("community_administrator", own, number=2))
        walk(session, own, ago(1), actor=staff("community_administrator", own, number=3), finish=False)
    for neighbour in (world.here.communities[1], world.there.communities[0]):
        with module_house.database.unit_of_work(neighbour.scope) as session:
            walk(session, neighbour, ago(3), ("correct", None), actor=staff("committee_chair", neighbour, number=7))


@pytest.fixture
def objected(module_house, own, world, emptied, walk, household) -> None:
    """An objection to a result, one to a step that is answered, and one of the next community."""
    me = household(own)
    with module_house.database.unit_of_work(own.scope) as session:
        for days in (9, 5):
            _round, [finding] = walk(session, own, ago(days), ("wrong", 0))
        step = followup.take_step(
            session, SYSTEM, own.id, own.dwellings[0], StepCreate(kind="dissuade", done_on=ago(4), note="上门说明过")
        )
        said = appeals.appeal_step(session, me, own.id, step.id, AppealCreate(body="没有人来过"))
        appeals.decide_appeal(session, SYSTEM, own.id, said.id, AppealDecide(verdict="rejected", answer="查过记录"))
        appeals.appeal_finding(session, me, own.id, finding.id, AppealCreate(body=LONG))
    neighbour = world.here.communities[1]
    with module_house.database.unit_of_work(neighbour.scope) as session:
        _round, [finding] = walk(session, neighbour, ago(5), ("wrong", 0))
        said = AppealCreate(body="邻居的话")
        appeals.appeal_finding(session, household(neighbour), neighbour.id, finding.id, said)


@pytest.mark.actor("community_administrator")
class TestRounds:
    def test_the_rows_are_those_of_the_page_in_its_order(self, browser, root, walked, sheet_of) -> None:
        head, *rows = sheet_of(browser, f"{root}/export")
        assert head == ["日期", "小区", "巡查人", "状态", "结束时间"]
        assert [row[:4] for row in rows] == [
            [ago(1).isoformat(), "一号院", "测试工作人员3", "没有结束"],
            [ago(3).isoformat(), "一号院", "测试工作人员2", "已结束"],
            [ago(9).isoformat(), "一号院", "测试工作人员1", "已结束"],
        ]
        assert [bool(row[4]) for row in rows] == [False, True, True]
        for asked in ("?sort=day", "?sort=-day", "?sort=finished_at", "?sort=-finished_at"):
            page = html.unescape(browser.get(f"{root}{asked}").text)
            shown = re.findall(r'data-label="巡查人">([^<]+)<', page)
            assert [row[2] for row in sheet_of(browser, f"{root}/export{asked}")[1:]] == shown, asked
        assert sheet_of(browser, f"{root}/export?columns=shown")[0] == head[:4]
        assert f'action="{root}/export"' in html.unescape(browser.get(root).text)

    def test_the_filter_holds_and_faults_are_told(self, browser, root, own, walked, other_compound, sheet_of) -> None:
        for asked, names in (
            (f"first={ago(3)}", ["测试工作人员3", "测试工作人员2"]),
            (f"last={ago(4)}", ["测试工作人员1"]),
            ("inspector=人员2", ["测试工作人员2"]),
            (f"compound={other_compound}", []),
        ):
            assert [row[2] for row in sheet_of(browser, f"{root}/export?{asked}")[1:]] == names, asked
        for asked in ("first=gestern", "compound=x", "sort=heap", "columns=some"):
            assert browser.get(f"{root}/export?{asked}").status_code == 422, asked

    def test_whoever_works_for_one_compound_gets_that_one(
        self, browser, root, own, walked, other_compound, works_for, sheet_of
    ) -> None:
        works_for(other_compound)
        assert len(sheet_of(browser, f"{root}/export")) == 1
        assert len(sheet_of(browser, f"{root}/export?compound={own.compound}")) == 1
        works_for(own.compound)
        assert len(sheet_of(browser, f"{root}/export")) == 4

    def test_who_may_and_who_may_not(self, browser, root, own, world, walked, sheet_of) -> None:
        browser.sign_in_as(own.steward)
        assert len(sheet_of(browser, f"{root}/export")) == 4
        browser.sign_in_as(own.resident_account)
        assert browser.get(f"{root}/export").status_code == 403
        browser.sign_in_as(world.there.administrator)
        assert browser.get(f"{root}/export").status_code in (403, 404)

    def test_an_empty_list_is_its_heads_alone(self, browser, root, emptied, sheet_of) -> None:
        assert sheet_of(browser, f"{root}/export") == [["日期", "小区", "巡查人", "状态", "结束时间"]]


@pytest.mark.actor("community_administrator")
class TestAppeals:
    def test_whole_words_what_about_and_the_answer(self, browser, root, objected, sheet_of) -> None:
        head, newest, oldest = sheet_of(browser, f"{root}/appeals/export")
        assert head == ["内容", "小区", "门牌", "申诉时间", "状态", "对什么", "答复", "答复时间"]
        assert newest[:3] == [LONG, "一号院", DOOR]
        assert newest[4:7] == ["待答复", "一次检查结果", ""]
        assert (oldest[0], oldest[4], oldest[5]) == ("没有人来过", "申诉不成立", f"劝导 {ago(4)}")
        assert oldest[6] == "查过记录"
        assert oldest[7].startswith(today().isoformat())
        told = str([newest, oldest])
        for private in ("测试居民", "上门说明过", "邻居的话"):
            assert private not in told
        assert sheet_of(browser, f"{root}/appeals/export?columns=shown")[0] == head[:5]

    def test_the_rows_are_those_of_the_page_in_its_order(self, browser, root, objected, sheet_of) -> None:
        for asked, number in (
            ("", 2),
            ("?sort=filed_at", 2),
            ("?sort=state", 2),
            ("?sort=-state", 2),
            ("?state=open", 1),
        ):
            page = html.unescape(browser.get(f"{root}/appeals{asked}").text)
            shown = re.findall(r'data-label="状态"><span [^>]*>([^<]+)<', page)
            rows = sheet_of(browser, f"{root}/appeals/export{asked}")[1:]
            assert [row[4] for row in rows] == shown, asked
            assert len(rows) == number
        assert f'action="{root}/appeals/export"' in html.unescape(browser.get(f"{root}/appeals").text)

    def test_a_state_that_is_none_is_told(self, browser, root, objected, sheet_of) -> None:
        assert sheet_of(browser, f"{root}/appeals/export?state=upheld")[1:] == []
        assert "没有符合条件的申诉" in browser.get(f"{root}/appeals?state=upheld").text
        for page in ("appeals", "appeals/export"):
            assert browser.get(f"{root}/{page}?state=gone").status_code == 422

    def test_nobody_but_who_follows_up(self, browser, root, own, world, objected) -> None:
        for account in (own.steward, own.resident_account, world.here.administrator, world.here.auditor):
            browser.sign_in_as(account)
            assert browser.get(f"{root}/appeals/export").status_code == 403

    def test_nor_who_works_for_one_compound(self, browser, root, own, objected, works_for) -> None:
        works_for(own.compound)
        assert browser.get(f"{root}/appeals/export").status_code == 403


@pytest.mark.actor("street_administrator")
class TestStreet:
    def test_the_figures_of_the_communities_in_cells_of_their_own(
        self, browser, console, own, world, walked, sheet_of
    ) -> None:
        for month in sorted({f"{ago(9):%Y-%m}", f"{ago(3):%Y-%m}"}):
            head, *rows = sheet_of(browser, f"{console}/export?month={month}")
            assert head[:6] == ["社区", "巡查次数", "投放正确", "投放正确率", "检查项达标率", "全部达标的投放点"]
            assert head[6:] == ["检查结果总数", "达标的检查项", "检查项总数", "检查过的投放点"]
            assert {row[0] for row in rows} <= {each.name for each in world.here.communities}
        days = [ago(days) for days in (9, 3)]
        [mine] = [row for row in rows if row[0] == own.name]
        walked_then = [day for day in days if f"{day:%Y-%m}" == month]
        assert mine[1] == str(len(walked_then))
        if len(walked_then) == 2:
            assert mine[2:] == ["2", "66.7%", "50.0%", "0", "3", "1", "2", "1"]
        [other] = [row for row in rows if row[0] != own.name]
        assert other[2:] == ["1", "100.0%", "", "", "1", "", "", ""]
        assert not re.search(r"1单元|测试工作人员", str(rows))

    def test_the_order_is_that_of_the_page(self, browser, console, walked, sheet_of) -> None:
        asked = f"month={ago(3):%Y-%m}"
        for sort in ("name", "-name", "rounds", "-rounds", "right_share", "-right_share", "met_share"):
            page = html.unescape(browser.get(f"{console}?{asked}&sort={sort}").text)
            shown = re.findall(r'<th scope="row">([^<]+)</th>', page.partition("data-frame")[2])
            rows = sheet_of(browser, f"{console}/export?{asked}&sort={sort}&columns=shown")
            assert [row[0] for row in rows[1:]] == shown, sort
            assert len(shown) == 2

    def test_a_month_without_rounds_and_one_that_is_none(self, browser, console, walked, sheet_of) -> None:
        assert len(sheet_of(browser, f"{console}/export?month=2019-12")) == 1
        assert browser.get(f"{console}/export?month=2026-13").status_code == 422
        assert browser.get(f"{console}/export?sort=heap").status_code == 422

    def test_other_streets_and_roles(self, browser, console, own, world, walked, sheet_of) -> None:
        browser.sign_in_as(world.there.administrator)
        there = f"/s/{world.there.code}/console/waste_sorting/inspections/export?month={ago(3):%Y-%m}"
        assert [row[0] for row in sheet_of(browser, there)[1:]] == [world.there.communities[0].name]
        assert browser.get(f"{console}/export").status_code in (403, 404)
        browser.sign_in_as(own.administrator)
        assert browser.get(f"{console}/export").status_code == 403


def test_more_rows_cost_no_more_queries(open_session, own, walk, household, staff) -> None:
    with open_session(own.scope) as session:

        def object_to(days: int, n: int) -> None:
            _round, [finding] = walk(session, own, ago(days), ("wrong", n))
            appeals.appeal_finding(session, household(own, n), own.id, finding.id, AppealCreate(body="不是我家的"))

        def read() -> int:
            session.expire_all()
            with counted_queries(session) as statements:
                rounds, _more = repository.page_of_rounds(session, own.id, Wanted())
                said, _more = appeals.page_of_appeals(session, SYSTEM, own.id)
                list(round_rows(session, own.id, rounds))
                list(appeal_rows(session, own.id, said))
            return len(statements)

        object_to(9, 0)
        read()
        few = read()
        for n in (1, 2):
            object_to(9 - n, n)
        assert read() == few
