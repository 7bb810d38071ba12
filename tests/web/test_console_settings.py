"""The settings as forms: what the street chooses, what it holds fast, what a community may choose."""

from __future__ import annotations

import html
import re

import pytest

from linli.settings import catalogue
from linli.settings.catalogue import declare_settings
from linli.settings.service import get_setting
from linli.settings.spec import SettingSpec
from linli.testing.web import Browser


@pytest.fixture
def street(browser: Browser, world) -> Browser:
    return browser.sign_in_as(world.here.administrator)


def console(world, path: str = "/core") -> str:
    return f"/s/{world.here.code}/console/settings{path}"


def admin(community, path: str = "/core") -> str:
    return f"/s/{community.street_code}/c/{community.code}/admin/settings{path}"


def chosen(page: str, field: str) -> str:
    """The value that a select shows."""
    control = page.partition(f'name="{field}"')[2].partition("</select>")[0]
    return re.findall(r'value="([^"]*)" selected', control)[0]


def test_the_streets_choice_holds_in_its_communities(street: Browser, world) -> None:
    assert street.post(console(world), {"theme": "blue"}).status_code == 303
    assert chosen(street.get(console(world)).text, "theme") == "blue"
    page = street.get(admin(world.here.communities[0])).text
    assert chosen(page, "theme") == "blue"
    assert 'class="theme-blue' in page
    street.post(console(world, "/core/clear"), {"clear": "theme"})
    assert chosen(street.get(console(world)).text, "theme") == "teal"


def test_another_street_does_not_see_it(street: Browser, browser: Browser, world) -> None:
    street.post(console(world), {"contact": "只在这里"})
    browser.sign_in_as(world.there.administrator)
    page = browser.get(f"/s/{world.there.code}/console/settings").text
    assert "只在这里" not in page


def test_what_a_community_leaves_unchanged_goes_on_following_the_street(street: Browser, world) -> None:
    community = world.here.communities[0]
    street.post(admin(community), {"theme": "teal", "portal_title": "我们的社区"})
    street.post(console(world), {"theme": "red"})
    assert chosen(street.get(admin(community)).text, "theme") == "red"
    assert "我们的社区" in street.get(admin(community)).text
    street.post(console(world, "/core/clear"), {"clear": "theme"})


def test_what_the_street_locks_a_community_cannot_choose(street: Browser, browser: Browser, world) -> None:
    street.post(console(world), {"theme": "green", "lock.theme": "1"})
    community = world.here.communities[0]
    browser.sign_in_as(community.administrator)
    page = browser.get(admin(community)).text
    assert 'name="theme"' not in page
    assert "街道统一规定" in page
    browser.post(admin(community), {"theme": "red"})
    assert 'class="theme-green' in browser.get(admin(community)).text
    browser.sign_in_as(world.here.administrator)
    browser.post(console(world), {"theme": "green"})
    assert 'name="theme"' in browser.get(admin(community)).text
    browser.post(console(world, "/core/clear"), {"clear": "theme"})


def test_a_faulty_value_is_shown_with_its_fault_and_nothing_is_stored(street: Browser, world) -> None:
    answer = street.post(console(world), {"portal_title": "长" * 31, "contact": "不该存"})
    assert answer.status_code == 422
    assert 'id="f-portal_title-fault"' in answer.text
    assert "不该存" not in street.get(console(world)).text


def test_the_settings_of_a_plugin_that_is_off_are_unknown(street: Browser, world) -> None:
    assert street.get(console(world, "/notices")).status_code == 200
    assert street.get(admin(world.here.communities[1], "/notices")).status_code == 404
    assert street.get(console(world, "/nothing")).status_code == 404


def test_who_only_reads_gets_no_form(browser: Browser, world) -> None:
    browser.sign_in_as(world.here.auditor)
    page = browser.get(console(world)).text
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    assert browser.post(console(world), {"theme": "red"}).status_code == 403


class TestTheHistory:
    def test_tells_who_changed_what_and_changes_it_back(self, street: Browser, world) -> None:
        street.post(console(world), {"contact": "一楼窗口"})
        street.post(console(world), {"contact": "二楼窗口"})
        page = html.unescape(street.get(console(world, "/core/history")).text)
        assert "街道管理员" in page
        assert page.index('修改前">一楼窗口') < page.index('修改后">二楼窗口') < page.index('修改后">一楼窗口')
        undo = re.search(r'action="([^"]*/history/\d+/undo)"', page)[1]
        assert street.post(undo).status_code == 303
        now = street.get(console(world)).text
        assert ("一楼窗口" in now, "二楼窗口" in now) == (True, False)
        assert "二楼窗口" not in street.get(console(world, "/core/history?key=theme")).text
        street.post(console(world, "/core/clear"), {"clear": "contact"})

    def test_is_empty_in_a_community_that_chose_nothing(self, browser: Browser, world) -> None:
        untouched = world.there.communities[1]
        browser.sign_in_as(world.there.administrator)
        assert "还没有修改过" in browser.get(admin(untouched, "/core/history")).text
        assert "一楼窗口" not in browser.get(f"/s/{world.there.code}/console/settings/core/history").text

    def test_who_only_reads_changes_nothing_back(self, street: Browser, browser: Browser, world) -> None:
        street.post(console(world), {"contact": "三楼窗口"})
        page = html.unescape(street.get(console(world, "/core/history")).text)
        undo = re.search(r'action="([^"]*/undo)"', page)[1]
        browser.sign_in_as(world.here.auditor)
        assert "三楼窗口" in browser.get(console(world, "/core/history")).text
        assert browser.post(undo).status_code == 403


class TestCompounds:
    @pytest.fixture(autouse=True)
    def parking(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "_specs", dict(catalogue._specs))
        specs = [
            SettingSpec(key="fee", type="fen", default=15_000, title="停车费", minimum=0, unit=""),
            SettingSpec(key="free_from", type="time", default="22:00", title="免费时段", levels=("compound",)),
        ]
        declare_settings("notices", [*catalogue.settings_of("notices").values(), *specs])

    def test_a_compound_chooses_for_itself_in_yuan(self, street: Browser, world) -> None:
        here = world.here.communities[0]
        own = admin(here, f"/notices?compound_id={here.compound}")
        assert "一号院" in street.get(admin(here, "/notices")).text
        assert 'value="150.00"' in street.get(own).text
        assert street.post(own, {"fee": "120.50", "free_from": "21:30"}).status_code == 303
        page = street.get(own).text
        assert 'value="120.50"' in page
        assert 'value="21:30"' in page
        assert 'value="150.00"' in street.get(admin(here, "/notices")).text, "the community has not chosen"
        history = street.get(admin(here, f"/notices/history?compound_id={here.compound}")).text
        assert "120.50 元" in history
        assert "120.50 元" not in street.get(admin(here, "/notices/history")).text
        clear = admin(here, f"/notices/clear?compound_id={here.compound}")
        assert street.post(clear, {"clear": "fee"}).status_code == 303
        assert 'value="150.00"' in street.get(own).text

    @pytest.mark.parametrize("whose", ["neighbour", "other street"])
    def test_a_compound_of_elsewhere_is_not_found(self, street: Browser, world, whose) -> None:
        here = world.here.communities[0]
        there = world.here.communities[1] if whose == "neighbour" else world.there.communities[0]
        path = admin(here, f"/notices?compound_id={there.compound}")
        assert street.get(path).status_code == 404
        assert street.post(path, {"fee": "1"}).status_code == 404
        assert (
            street.post(admin(here, f"/notices/clear?compound_id={there.compound}"), {"clear": "fee"}).status_code
            == 404
        )
        assert street.get(console(world, f"/core?compound_id={here.compound}")).status_code == 404


def test_a_secret_is_never_shown_and_an_empty_field_keeps_it(street: Browser, world, module_house, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "_specs", dict(catalogue._specs))
    secret = SettingSpec(key="sms_key", type="secret", default="", title="短信密钥")
    declare_settings("notices", [*catalogue.settings_of("notices").values(), secret])
    assert street.post(console(world, "/notices"), {"sms_key": "sk-1"}).status_code == 303
    page = street.get(console(world, "/notices")).text
    assert "sk-1" not in page
    assert "已设置，留空表示不改" in page
    assert street.post(console(world, "/notices"), {"sms_key": ""}).status_code == 303
    with module_house.database.unit_of_work(world.here.scope) as session:
        assert get_setting(session, "notices", "sms_key") == "sk-1"
