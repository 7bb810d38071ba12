"""The pages and the API on duties: what they show, what they do, and to whom they stay shut."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text
from tests.obligations.conftest import QUARTERLY, declared, moved

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM
from linli.kit.clock import today
from linli.obligations.board import board
from linli.obligations.models import ObligationRecord
from linli.obligations.schemas import ObligationFilter
from linli.obligations.seeing import seen_obligations
from linli.obligations.service import judge_community
from linli.plugins.obligations import Evidence, Obligation
from linli.settings.service import set_setting
from linli.testing.jobs import run_waiting
from linli.testing.web import serving

UNTIL = today() + timedelta(days=200)
ASKED: dict[str, list[Evidence]] = {"evidence": []}


def look(_session, places, _span):
    return [each for each in ASKED["evidence"] if each.place in places]


ACCOUNTS = Obligation(
    name="core.accounts", title="公布公共收益", rhythm="every", every=QUARTERLY, evidence=look, is_disclosed=True
)
SECRET = replace(ACCOUNTS, name="core.secret", title="保密事项", needs="core.privacy.manage", is_disclosed=False)
OWN = replace(ACCOUNTS, name="core.own", title="社区年报", level="community", is_disclosed=False)


@pytest.fixture(scope="module")
def served(module_house) -> Iterator:
    """Judged once on the day before yesterday, so that the period that runs counts in full."""
    from linli.testing.world import WORLD

    moved(module_house, compound="created_at = '2020-01-01'", community="created_at = '2020-01-01'")
    with serving(module_house, works=False) as client, declared(*(("core", each) for each in (ACCOUNTS, SECRET, OWN))):
        for street in WORLD.streets:
            with module_house.database.unit_of_work(street.scope) as session:
                set_setting(session, SYSTEM, "core", "rule_set", "cn-shanghai")
                for community in street.communities:
                    judge_community(session, community.id)
        yield client


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def console(world) -> str:
    return f"/s/{world.here.code}/console"


@pytest.fixture
def admin(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin"


def raw(page) -> str:
    return html.unescape(page.text)


def words(page) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


class TestTheBoard:
    @pytest.mark.parametrize("locale", ["zh_CN", "en"])
    def test_every_page_opens_in_both_languages(self, browser, world, own, console, admin, locale) -> None:
        for who, root in ((world.here.administrator, console), (own.administrator, admin)):
            browser.sign_in_as(who)
            browser.client.cookies.set("lang", locale)
            for path in ("", "/print", "/trend", f"/compounds/{own.compound}", f"/communities/{own.id}"):
                page = browser.get(f"{root}/obligations{path}")
                assert page.status_code == 200, path
                if locale == "en":
                    main = page.text.partition("<main")[2].partition("</main>")[0]
                    texts = "公布公共收益|保密事项|社区年报|测试.小区|第.社区|第.小区|测试.街道|一号院|街道管理员"
                    shown = re.sub(r"<option.*?</option>", "", re.sub(texts, "", main))
                    assert not re.findall(r"[\u4e00-\u9fff]+", shown), path
            assert browser.get(f"{root}/obligations/exemptions").status_code == 200

    def test_compounds_stand_under_their_communities(self, browser, world, console) -> None:
        page = words(browser.sign_in_as(world.here.administrator).get(f"{console}/obligations"))
        for community in world.here.communities:
            assert community.name in page
        assert "待完成" in page
        assert "社区年报" in page

    def test_a_state_is_said_in_words_and_by_a_symbol(self, browser, world, console) -> None:
        page = browser.sign_in_as(world.here.administrator).get(f"{console}/obligations").text
        assert re.search(r'duty-badge"><svg[^>]*aria-hidden="true".*?#calendar.*?</svg>待完成', page, re.DOTALL)

    def test_filters_narrow_it(self, browser, world, own, console) -> None:
        browser.sign_in_as(world.here.administrator)
        assert "没有符合条件的小区" in words(
            browser.get(f"{console}/obligations?state=overdue&obligation=core.accounts")
        )
        page = raw(browser.get(f"{console}/obligations?community_id={own.id}"))
        other = world.here.communities[1]
        assert f"/obligations/compounds/{own.compound}" in page
        assert f"/obligations/compounds/{other.compound}" not in page

    def test_a_community_sees_its_own_compounds_alone(self, browser, world, own, admin) -> None:
        page = raw(browser.sign_in_as(own.administrator).get(f"{admin}/obligations"))
        assert f"/obligations/compounds/{own.compound}" in page
        assert f"/obligations/compounds/{world.here.communities[1].compound}" not in page
        there = world.here.communities[1].compound
        assert browser.get(f"{admin}/obligations/compounds/{there}").status_code == 404

    def test_a_duty_may_need_a_permission_of_its_own(self, browser, world, own, console, admin) -> None:
        assert "保密事项" in words(browser.sign_in_as(world.here.administrator).get(f"{console}/obligations"))
        assert "保密事项" not in words(browser.sign_in_as(world.here.auditor).get(f"{console}/obligations"))

    def test_residents_have_no_business_there(self, browser, own, admin) -> None:
        assert browser.sign_in_as(own.resident_account).get(f"{admin}/obligations").status_code in (403, 404)

    def test_is_saved_as_a_file(self, browser, world, console) -> None:
        answer = browser.sign_in_as(world.here.administrator).get(f"{console}/obligations/export?file=csv&state=due")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[0][:6] == ["社区", "小区", "履职事项", "期间", "最晚日期", "状态"]
        assert {row[5] for row in rows[1:]} == {"待完成"}
        assert any("上海市住宅物业管理规定" in row[8] for row in rows[1:])

    def test_the_place_says_by_which_rule_and_what_was_recorded(self, browser, world, own, module_house, admin) -> None:
        ASKED["evidence"] = [Evidence(place=own.compound, when=today(), title="第三季度收支", path="numbers")]
        browser.sign_in_as(own.administrator)
        browser.post(f"{admin}/obligations/compounds/{own.compound}/recheck", {})
        page = browser.get(f"{admin}/obligations/compounds/{own.compound}")
        ASKED["evidence"] = []
        assert "已完成" in words(page)
        assert "上海市住宅物业管理规定 第66至67条" in words(page)
        assert f'href="{admin}/numbers">第三季度收支' in raw(page)


class TestExempting:
    def form(self, **changes):
        given = {"obligation": "core.accounts", "starts_on": today(), "ends_on": UNTIL, "reason": "改造"}
        return {key: str(value) for key, value in (given | changes).items()}

    def test_the_street_exempts_and_takes_it_back(self, browser, world, console, module_house) -> None:
        there = world.here.communities[1]
        browser.sign_in_as(world.here.administrator)
        path = f"{console}/obligations/compounds/{there.compound}"
        for _click in range(2):
            browser.post(f"{path}/exempt", self.form())
        assert "已豁免" in words(browser.get(path))
        with module_house.database.unit_of_work(there.scope) as session:
            ids = session.scalars(text("SELECT id FROM core.obligation_exemption")).all()
            row = session.scalars(select(AuditEntry).where(AuditEntry.action == "core.obligation.exempt")).all()
        assert (len(ids), len(row), row[0].reason) == (1, 1, "改造")
        shown = words(browser.get(f"{console}/obligations/exemptions/{ids[0]}"))
        assert "改造" in shown
        browser.post(f"{console}/obligations/exemptions/{ids[0]}/withdraw", {"reason": "完工", "version": "1"})
        assert "待完成" in words(browser.get(path))
        with module_house.database.unit_of_work(there.scope) as session:
            assert (
                session.scalar(select(AuditEntry.reason).where(AuditEntry.action == "core.obligation.take_back"))
                == "完工"
            )

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"reason": ""}, "必须填写"),
            ({"ends_on": today() - timedelta(days=1), "starts_on": today() - timedelta(days=9)}, "结束日期已经过去"),
            ({"ends_on": today() - timedelta(days=1)}, "结束日期早于开始日期"),
            ({"ends_on": today() + timedelta(days=1200)}, "时间太长"),
            ({"obligation": "core.nothing"}, "没有这项履职事项"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_written(
        self, browser, world, own, console, module_house, changes, said
    ) -> None:
        browser.sign_in_as(world.here.administrator)
        answer = browser.post(f"{console}/obligations/compounds/{own.compound}/exempt", self.form(**changes))
        assert answer.status_code == 422
        assert said in words(answer)
        with module_house.database.unit_of_work(own.scope) as session:
            assert session.scalar(text("SELECT count(*) FROM core.obligation_exemption")) == 0

    def test_the_community_does_not_release_itself(self, browser, api, own, admin) -> None:
        page = browser.sign_in_as(own.administrator).get(f"{admin}/obligations/compounds/{own.compound}").text
        assert 'name="ends_on"' not in page
        api.token_for(own.administrator, own.tenant_id)
        given = self.form(compound_id=own.compound)
        assert api.post(f"/api/v1/s/{own.street_code}/obligation-exemptions", given).status_code == 403


class TestTheApi:
    def test_gives_each_duty_with_its_rules(self, api, world, own) -> None:
        api.token_for(own.administrator, world.here.id)
        root = f"/api/v1/s/{own.street_code}/c/{own.code}"
        items = api.get(f"{root}/obligations?obligation=core.accounts").json()["items"]
        assert [each["compound_id"] for each in items] == [str(own.compound)]
        assert items[0]["rules"][0]["text"] == "3 个月"
        one = api.get(f"{root}/obligations/{items[0]['id']}")
        assert one.json()["title"] == "公布公共收益"

    def test_pages_and_nothing_of_another_street(self, api, world) -> None:
        api.token_for(world.here.administrator, world.here.id)
        root = f"/api/v1/s/{world.here.code}/obligations"
        first = api.get(f"{root}?limit=1").json()
        second = api.get(f"{root}?limit=1&after={first['next']}").json()
        assert first["items"][0]["id"] != second["items"][0]["id"]
        seen = {each["community_id"] for each in api.get(f"{root}?limit=200").json()["items"]}
        assert seen == {str(each.id) for each in world.here.communities}

    def test_judges_anew_at_once_and_in_the_background(self, api, world, own, module_house) -> None:
        api.token_for(world.here.administrator, world.here.id)
        root = f"/api/v1/s/{world.here.code}"
        answer = api.post(f"{root}/compounds/{own.compound}/obligations/recheck", {})
        assert answer.json()["looked_at"] == 2
        jobs = {api.post(f"{root}/obligations/recheck", {}).json()["job_id"] for _click in range(2)}
        assert len(jobs) == 1
        run_waiting(module_house)
        assert api.get(f"{root}/jobs/{jobs.pop()}").json()["state"] == "done"

    def test_the_trend(self, api, world) -> None:
        api.token_for(world.here.administrator, world.here.id)
        lines = api.get(f"/api/v1/s/{world.here.code}/obligations/trend?obligation=core.accounts").json()["items"]
        assert sum(lines[0][state] for state in ("due", "fulfilled", "exempted")) == len(world.here.communities)


class TestResidents:
    def test_read_how_their_own_compound_stands(self, browser, own) -> None:
        page = words(browser.sign_in_as(own.resident_account).get(f"/s/{own.street_code}/c/{own.code}/duties"))
        assert "公布公共收益" in page
        assert "保密事项" not in page
        assert "社区年报" not in page

    def test_find_the_page_among_what_is_disclosed(self, browser, own) -> None:
        page = raw(browser.sign_in_as(own.resident_account).get(f"/s/{own.street_code}/c/{own.code}/disclosures"))
        assert f'href="/s/{own.street_code}/c/{own.code}/duties"' in page


def test_the_boards_queries_do_not_grow_with_the_compounds(module_house, served, world) -> None:
    def asked(compounds: int) -> int:
        with module_house.database.unit_of_work(world.here.scope) as session:
            for n in range(compounds):
                new = {"c": world.here.communities[0].id, "n": f"另一个{compounds}-{n}"}
                session.execute(text("INSERT INTO core.compound (community_id, name) VALUES (:c, :n)"), new)
            judge_community(session, world.here.communities[0].id)
        found: list[str] = []
        with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *given: found.append(given[2]))
            shown = board(session, SYSTEM, seen_obligations(SYSTEM), ObligationFilter(), limit=30)
            assert len(shown.lines) >= compounds
        return len([each for each in found if " FROM " in each.replace("\n", " ")])

    few, many = asked(1), asked(25)
    assert many == few <= 8


def test_pages_of_the_board_follow_each_other(module_house, served, world) -> None:
    with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
        known = seen_obligations(SYSTEM)
        first = board(session, SYSTEM, known, ObligationFilter(), limit=1)
        second = board(session, SYSTEM, known, ObligationFilter(), after=first.next or "", limit=1)
        assert first.lines[0].id != second.lines[0].id
        assert second.own_lines == []
        rows = session.scalar(select(ObligationRecord.id).limit(1))
    assert rows is not None


def test_a_board_that_nobody_judged_for_long_says_so(browser, world, console, module_house) -> None:
    moved(module_house, obligation_record="checked_at = now() - interval '3 days'")
    page = words(browser.sign_in_as(world.here.administrator).get(f"{console}/obligations"))
    assert "已经超过一天没有核对" in page
