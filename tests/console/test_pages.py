"""The console's pages as people meet them: overview, comparison, the way down, pushes, briefings, who may see what."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html import unescape
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text

from linli.access.models import RoleGrant
from linli.assignments.models import Assignment
from linli.console.models import Briefing
from linli.kit.clock import today
from linli.pushes.models import PushRun
from linli.showing.history import keep_numbers

pytestmark = pytest.mark.actor("street_administrator")


@pytest.fixture
def console(world):
    return f"/s/{world.here.code}/console"


@pytest.fixture
def numbers(module_house, world):
    """Numbers of today are kept."""
    with module_house.database.unit_of_work(world.here.scope) as session:
        keep_numbers(session)


def words(page) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


class TestOverview:
    def test_before_anything_was_kept_it_shows_what_there_is_now(self, browser, console, module_house, world) -> None:
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(text("DELETE FROM core.metric_value"))
        page = browser.get(console)
        assert page.status_code == 200
        assert "还没有历史数字" in page.text
        assert "居民 8" in words(page)

    def test_numbers_carry_the_moment_of_the_count(self, browser, console, numbers) -> None:
        page = words(browser.get(console))
        assert "数字截至" in page
        assert "今天还没有统计" not in page

    def test_tiles_show_the_figure_of_the_chosen_number(self, browser, console, numbers, world) -> None:
        page = browser.get(f"{console}?metric=core.dwellings&by=even", headers={"hx-request": "true"})
        assert re.search(r'map-tile-name">第1社区</span><span class="map-tile-value">4<', page.text)
        assert "<html" not in page.text

    def test_a_number_that_does_not_exist_is_the_usual_one(self, browser, console, numbers) -> None:
        assert browser.get(f"{console}?metric=core.nothing").status_code == 200

    def test_counting_anew_comes_back_here(self, browser, console) -> None:
        answer = browser.post(f"{console}/numbers/count", {})
        assert (answer.status_code, answer.headers["location"]) == (303, console)

    def test_parked_work_waits_for_a_decision(self, browser, console, module_house, world) -> None:
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(
                text(
                    "INSERT INTO core.job (id, task, owner, args, state, created_by_name) "
                    "VALUES (gen_random_uuid(), 'core.x', 'core', '{}', 'parked', 'x')"
                )
            )
        assert "后台任务停下了" in browser.get(console).text
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(text("DELETE FROM core.job WHERE task = 'core.x'"))


class TestWhoWorksForSomeCommunities:
    @pytest.fixture
    def both(self, module_house, world):
        """Somebody who looks after both communities of the street, and after nothing of the whole."""
        account = world.here.communities[0].administrator
        grant = {"account_id": account, "account_name": "x", "role": "community_administrator", "reason": "x"}
        with module_house.database.unit_of_work(world.here.scope) as session:
            row = RoleGrant(**grant, community_id=world.here.communities[1].id, starts_on=today())
            session.add(row)
            session.flush()
            row_id = row.id
        yield account
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(text("UPDATE core.role_grant SET revoked_at = now() WHERE id = :id"), {"id": row_id})

    def test_sees_these_alone_and_no_decisions_of_the_street(self, browser, console, both, numbers) -> None:
        browser.sign_in_as(both)
        page = browser.get(console)
        assert page.status_code == 200
        assert "您负责的社区" in page.text
        assert "今天要办的事" not in page.text
        assert "还没有房屋的社区" not in page.text

    def test_the_rest_of_the_console_stays_closed(self, browser, console, both) -> None:
        browser.sign_in_as(both)
        for path in ("/numbers", "/communities", "/pushes", "/briefings", "/staff"):
            assert browser.get(console + path).status_code == 403, path

    def test_a_third_community_is_not_among_them(self, browser, console, both, module_house, world, numbers) -> None:
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(
                text(
                    "INSERT INTO core.community (id, code, slug, name, register_name) VALUES "
                    "(gen_random_uuid(), :code, :code, '别的社区', '别的社区')"
                ),
                {"code": f"{world.here.code}999"},
            )
            keep_numbers(session)
        try:
            seen = browser.sign_in_as(both).get(console).text
            assert "别的社区" not in seen
            assert "别的社区" not in browser.get(f"{console}/compare").text
            browser.sign_in_as(world.here.administrator)
            assert "别的社区" in browser.get(console).text
        finally:
            with module_house.database.unit_of_work(world.here.scope) as session:
                session.execute(text("DELETE FROM core.metric_value"))
            with module_house.owner.unit_of_work(world.here.scope) as session:
                session.execute(text("UPDATE core.community SET status = 'vanished' WHERE name = '别的社区'"))

    def test_one_community_is_no_console(self, browser, console, world) -> None:
        browser.sign_in_as(world.here.communities[1].administrator)
        assert browser.get(console).status_code == 403


class TestCompare:
    def test_two_stand_beside_each_other_with_the_median(self, browser, console, numbers, world) -> None:
        chosen = "&".join(f"communities={each.id}" for each in world.here.communities)
        page = browser.get(f"{console}/compare?{chosen}")
        assert page.status_code == 200
        assert "与中位数相同" in page.text
        assert "第1社区" in page.text

    def test_one_alone_is_nothing_to_compare(self, browser, console, numbers, world) -> None:
        page = browser.get(f"{console}/compare?communities={world.here.communities[0].id}").text
        assert "请选择要对比的社区" in page

    def test_a_community_of_another_street_is_not_there(self, browser, console, numbers, world) -> None:
        other = world.there.communities[0]
        page = browser.get(f"{console}/compare?communities={other.id}&communities={world.here.communities[0].id}").text
        assert other.code not in page
        assert str(other.id) not in page

    def test_as_a_file(self, browser, console, numbers, world) -> None:
        chosen = "&".join(f"communities={each.id}" for each in world.here.communities)
        answer = browser.get(f"{console}/compare/export?file=csv&{chosen}")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[0][:4] == ["数字", "单位", "期间", "街道中位数"]
        dwellings = next(row for row in rows if row[0] == "房屋")
        assert dwellings[3:] == ["4", "4", "0", "4", "0"]


class TestTheWayDown:
    def test_community_compound_building(self, browser, console, numbers, world) -> None:
        home = world.here.communities[0]
        assert f"/compounds/{home.compound}" in unescape(browser.get(f"{console}/communities/{home.id}").text)
        page = browser.get(f"{console}/compounds/{home.compound}")
        assert f"/buildings/{home.building}" in unescape(page.text)
        building = browser.get(f"{console}/buildings/{home.building}")
        assert "已登记住户" in building.text
        assert "没有登记住户" in building.text

    def test_no_name_of_a_resident_stands_on_the_building(self, browser, console, world, module_house) -> None:
        home = world.here.communities[0]
        with module_house.database.unit_of_work(home.scope) as session:
            names = list(session.scalars(text("SELECT name FROM core.resident")))
        for shown in ("registered", "area"):
            page = browser.get(f"{console}/buildings/{home.building}?shown={shown}").text
            assert not any(name in page for name in names)

    def test_another_streets_building_is_none(self, browser, console, world) -> None:
        other = world.there.communities[0]
        assert browser.get(f"{console}/buildings/{other.building}").status_code == 404
        assert browser.get(f"{console}/compounds/{other.compound}").status_code == 404

    @pytest.mark.actor("department_officer")
    def test_who_sees_no_residents_sees_areas_alone(self, browser, console, world) -> None:
        page = browser.get(f"{console}/buildings/{world.here.communities[0].building}?shown=registered").text
        assert "已登记住户" not in page


class TestPushes:
    def _preview(self, browser, console, **more):
        fields = {"title": "清点楼道堆物", "body": "", "due_on": "", "whom": "all"} | more
        return browser.post(f"{console}/pushes/new/core.street_task", fields)

    def test_a_task_from_form_to_community(self, browser, console, module_house, world) -> None:
        form = browser.get(f"{console}/pushes/new/core.street_task")
        assert "第1社区" in form.text
        page = self._preview(browser, console)
        assert page.status_code == 200
        assert "还没有下发" in page.text
        fields = {
            name: unescape(value) for name, value in re.findall(r'name="(key|payload)" value="([^"]*)"', page.text)
        }
        ids = re.findall(r'name="community" value="([^"]*)"', page.text)
        assert len(ids) == 2
        sent = {**fields, "community": ids}
        first = browser.post(f"{console}/pushes/start/core.street_task", sent)
        again = browser.post(f"{console}/pushes/start/core.street_task", sent)
        assert first.status_code == again.status_code == 303
        assert first.headers["location"] == again.headers["location"]
        with module_house.database.unit_of_work(world.here.scope) as session:
            assert len(session.scalars(select(Assignment)).all()) == 2
            assert len(session.scalars(select(PushRun)).all()) == 1
        detail = browser.get(first.headers["location"])
        assert "已下发" in detail.text
        taken = browser.post(f"{first.headers['location']}/undo", {"reason": "发错了"})
        assert taken.status_code == 303
        assert "任务已撤回" in browser.get(first.headers["location"]).text

    def test_a_fault_comes_back_in_the_form(self, browser, console) -> None:
        page = self._preview(browser, console, title="")
        assert page.status_code == 422
        assert "必须填写" in page.text

    def test_a_day_that_is_past_is_refused(self, browser, console) -> None:
        page = self._preview(browser, console, due_on="2020-01-01")
        assert page.status_code == 422
        assert "日期已经过去" in page.text

    def test_nobody_chosen_is_said(self, browser, console) -> None:
        page = self._preview(browser, console, whom="chosen")
        assert page.status_code == 422
        assert "没有选中任何社区" in page.text

    def test_the_community_reports(self, browser, console, module_house, world) -> None:
        home = world.here.communities[0]
        with module_house.database.unit_of_work(world.here.scope) as session:
            row = Assignment(
                community_id=home.id, push_id=uuid4(), title="核对名单", assigned_on=today(), due_on=today()
            )
            session.add(row)
            session.flush()
            row_id = row.id
        browser.sign_in_as(home.administrator)
        admin = f"/s/{world.here.code}/c/{home.code}/admin"
        assert "核对名单" in browser.get(f"{admin}/tasks").text
        answer = browser.post(f"{admin}/tasks/{row_id}/report", {"version": "1", "report": "都核对过了", "done_on": ""})
        assert answer.status_code == 303
        assert "都核对过了" in browser.get(f"{admin}/tasks/{row_id}").text
        assert browser.get(f"{admin}/tasks?state=done").text.count("核对名单") >= 1
        other = f"/s/{world.here.code}/c/{world.here.communities[1].code}/admin"
        browser.sign_in_as(world.here.communities[1].administrator)
        assert browser.get(f"{other}/tasks/{row_id}").status_code == 404

    @pytest.mark.actor("department_officer")
    def test_who_may_only_read_pushes_nothing(self, browser, console) -> None:
        assert browser.get(f"{console}/pushes").status_code == 200
        assert browser.get(f"{console}/pushes/new/core.street_task").status_code == 403

    def test_a_rule_for_the_compounds_of_communities(self, browser, console, world, module_house) -> None:
        rule = "street_task.within"
        assert "选定" in browser.get(f"{console}/pushes/new/core.rule").text
        assert 'name="unit"' in browser.get(f"{console}/pushes/new/core.rule?rule={rule}").text
        fields = {
            "rule": rule,
            "value": "5",
            "unit": "days",
            "starts_on": today().isoformat(),
            "decision": "街道文件 1 号",
            "decided_on": today().isoformat(),
            "reason": "统一",
            "whom": "all",
        }
        page = browser.post(f"{console}/pushes/new/core.rule?rule={rule}", fields)
        assert page.status_code == 200
        assert "→" in page.text
        sent = {name: unescape(value) for name, value in re.findall(r'name="(key|payload)" value="([^"]*)"', page.text)}
        sent["community"] = re.findall(r'name="community" value="([^"]*)"', page.text)
        done = browser.post(f"{console}/pushes/start/core.rule", sent)
        assert "已在 1 个小区另行规定" in browser.get(done.headers["location"]).text
        browser.post(f"{done.headers['location']}/undo", {"reason": "试验"})
        assert "已撤回 1 个小区的规定" in browser.get(done.headers["location"]).text


class TestBriefings:
    def test_a_draft_keeps_nothing(self, browser, console, numbers, module_house, world) -> None:
        page = browser.get(f"{console}/briefings/draft?month={today():%Y-%m}")
        assert page.status_code == 200
        assert "这是草稿" in page.text
        with module_house.database.unit_of_work(world.here.scope) as session:
            assert session.scalar(select(Briefing.id)) is None

    def test_what_was_issued_stays_byte_for_byte(self, browser, console, numbers, module_house, world) -> None:
        issued = browser.post(f"{console}/briefings", {"month": f"{today():%Y-%m}"})
        assert issued.status_code == 303
        address = issued.headers["location"]
        page = words(browser.get(address))
        assert world.here.name in page or "简报" in page
        pdf = browser.get(f"{address}/pdf")
        assert pdf.content[:5] == b"%PDF-"
        book = load_workbook(io.BytesIO(browser.get(f"{address}/xlsx").content))
        assert book.worksheets[0]["A1"].value.endswith("简报")
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(text("DELETE FROM core.metric_value"))
        assert browser.get(f"{address}/pdf").content == pdf.content
        with (
            pytest.raises(Exception, match="permission denied"),
            module_house.database.unit_of_work(world.here.scope) as session,
        ):
            session.execute(text("UPDATE core.briefing SET number = 9"))

    def test_issued_again_it_is_the_next(self, browser, console, numbers, module_house, world) -> None:
        for _time in range(2):
            browser.post(f"{console}/briefings", {"month": "2026-01"})
        with module_house.database.unit_of_work(world.here.scope) as session:
            found = select(Briefing.number).where(Briefing.month == date(2026, 1, 1)).order_by(Briefing.number)
            assert session.scalars(found).all() == [1, 2]

    def test_a_month_that_has_not_begun_is_refused(self, browser, console) -> None:
        page = browser.post(f"{console}/briefings", {"month": "2999-01"})
        assert page.status_code == 422
        assert "还没有开始" in page.text

    def test_another_street_has_none_of_them(self, browser, console, numbers, world) -> None:
        address = browser.post(f"{console}/briefings", {"month": "2026-02"}).headers["location"]
        browser.sign_in_as(world.there.administrator)
        other = address.replace(world.here.code, world.there.code)
        assert browser.get(other).status_code == 404
        assert browser.get(address).status_code == 403
