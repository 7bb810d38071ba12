"""Two people in the console: one is led to the request, the other approves it; and the same over the API."""

from __future__ import annotations

import re

import pytest

from linli.access.models import RoleGrant
from linli.kit.actor import SYSTEM
from linli.kit.clock import today
from linli.settings.service import set_setting
from linli.testing.web import Api, Browser

PATH = "/s/{code}/console/approvals"


@pytest.fixture
def console(world) -> str:
    return PATH.format(code=world.here.code)


@pytest.fixture(scope="module", autouse=True)
def second_administrator(module_house) -> None:
    from linli.testing.world import WORLD

    here = WORLD.here
    with module_house.owner.unit_of_work(here.scope) as session:
        session.add(
            RoleGrant(
                account_id=here.auditor,
                account_name="另一位管理员",
                role="street_administrator",
                starts_on=today(),
                reason="测试",
            )
        )


@pytest.fixture
def asked(module_house, world) -> str:
    """A request of the first administrator's that waits for the second."""
    from tests.approvals.conftest import holder

    from linli.approvals import ask_approval

    actor = holder(world.here.administrator, "street_administrator")
    with module_house.database.unit_of_work(world.here.scope, actor) as session:
        payload = {"wall": "西墙", "colour": "蓝"}
        found = ask_approval(session, actor, "core.paint_wall", payload, reason="旧了", subject=("wall", "西墙"))
    return str(found)


class TestPages:
    def test_the_approver_sees_it_in_words_and_approves(self, browser: Browser, world, console, asked) -> None:
        browser.sign_in_as(world.here.auditor)
        page = browser.get(console).text
        assert "刷墙" in page
        assert re.search(r'menu-count">1<', page)
        page = browser.get(f"{console}/{asked}").text
        for word in ("西墙", "蓝", "旧了", "street_administrator", "确认批准"):
            assert word in page
        digest = re.search(r'class="digest">([0-9a-f]{64})<', page)
        assert digest is not None
        answer = browser.post(f"{console}/{asked}/approve", {"digest": digest[1]})
        assert answer.status_code == 303
        page = browser.get(answer.headers["location"]).text
        assert "的墙已刷成蓝" in page
        assert "确认批准" not in page
        assert browser.post(f"{console}/{asked}/approve", {"digest": digest[1]}).status_code == 409
        assert "menu-count" not in browser.get(console).text

    def test_the_asker_has_no_button_and_no_way(self, browser: Browser, world, console, asked) -> None:
        browser.sign_in_as(world.here.administrator)
        page = browser.get(f"{console}/{asked}").text
        assert "确认批准" not in page
        assert "撤回申请" in page
        assert browser.post(f"{console}/{asked}/approve").status_code == 403
        assert browser.post(f"{console}/{asked}/withdraw").status_code == 303
        assert "已撤回" in browser.get(f"{console}?box=asked").text

    def test_a_rejection_needs_a_reason(self, browser: Browser, world, console, asked) -> None:
        browser.sign_in_as(world.here.auditor)
        assert browser.post(f"{console}/{asked}/reject", {"reason": ""}).status_code == 422
        assert browser.post(f"{console}/{asked}/reject", {"reason": "再等等"}).status_code == 303
        assert "再等等" in browser.get(f"{console}/{asked}").text

    def test_it_is_closed_to_others(self, browser: Browser, world, console, asked) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        assert browser.get(console).status_code == 403
        browser.sign_in_as(world.there.administrator)
        assert browser.get(f"{PATH.format(code=world.there.code)}/{asked}").status_code == 404
        community = world.here.communities[0]
        browser.sign_in_as(community.administrator)
        inside = f"/s/{world.here.code}/c/{community.code}/admin/approvals"
        assert browser.get(inside).status_code == 200
        assert browser.get(f"{inside}/{asked}").status_code == 404


class TestApi:
    def test_says_what_is_asked_and_takes_the_decision(self, api: Api, world, asked) -> None:
        base = f"/api/v1/s/{world.here.code}/approvals"
        api.token_for(world.here.auditor, world.here.id)
        assert asked in [item["id"] for item in api.get(f"{base}?box=mine").json()["items"]]
        found = api.get(f"{base}/{asked}").json()
        assert found["words"] == [["墙", "西墙"], ["颜色", "蓝"]]
        assert api.post(f"{base}/{asked}/approve", {"digest": "0" * 64}).status_code == 409
        done = api.post(f"{base}/{asked}/approve", {"digest": found["digest"]})
        assert (done.status_code, done.json()["state"]) == (200, "approved")

    def test_a_token_that_may_only_read_decides_nothing(self, api: Api, world, asked) -> None:
        base = f"/api/v1/s/{world.here.code}/approvals"
        api.token_for(world.here.auditor, world.here.id, "core.approval.read", "core.audit.read")
        found = api.get(f"{base}/{asked}").json()
        assert not found["can_decide"]
        assert api.post(f"{base}/{asked}/approve", {"digest": found["digest"]}).status_code == 403
        api.token_for(world.here.auditor, world.here.id)
        assert api.post(f"{base}/{asked}/reject", {"reason": "不"}).json()["outcome"] == "不"


class TestAskingByItself:
    """A handler whose service needs a second person says nothing of it: the site asks."""

    @pytest.fixture
    def stopped(self, module_house, world):
        with module_house.database.unit_of_work(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "two_person_acts", ["core.disallow_plugin"])
        yield
        with module_house.database.unit_of_work(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "two_person_acts", [])

    def test_a_person_is_led_to_the_request(self, browser: Browser, world, console, stopped) -> None:
        browser.sign_in_as(world.here.administrator)
        street = console.removesuffix("/approvals")
        answer = browser.post(f"{street}/plugins/notices/disallow", {"reason": "停办"})
        assert answer.status_code == 303
        to = answer.headers["location"]
        assert to.startswith(f"{console}/")
        page = browser.get(to).text
        assert "停办" in page
        assert "已提交申请" in page
        assert "街道已允许" in browser.get(f"{street}/plugins/notices").text
        browser.sign_in_as(world.here.auditor)
        assert browser.post(f"{to}/approve").status_code == 303
        assert "街道未允许" in browser.get(f"{street}/plugins/notices").text
        browser.post(f"{street}/plugins/notices/allow")

    def test_a_program_is_told_where_it_is(self, api: Api, world, stopped) -> None:
        api.token_for(world.here.administrator, world.here.id)
        answer = api.request("DELETE", f"/api/v1/s/{world.here.code}/plugins/notices")
        assert answer.status_code == 202
        found = api.get(answer.headers["location"]).json()
        assert (found["id"], found["act"]) == (answer.json()["approval_id"], "core.disallow_plugin")
        assert api.post(f"{answer.headers['location']}/withdraw").status_code == 200
