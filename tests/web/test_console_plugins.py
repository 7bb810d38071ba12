"""Allowing and switching on plugins from the street console and from a community's portal."""

from __future__ import annotations

from html import unescape

import pytest

from linli.plugins.manifest import PluginManifest
from linli.testing.web import Browser


@pytest.fixture
def street(browser: Browser, world) -> Browser:
    return browser.sign_in_as(world.here.administrator)


def console(world, path: str = "") -> str:
    return f"/s/{world.here.code}/console/plugins{path}"


def admin(community, path: str = "") -> str:
    return f"/s/{community.street_code}/c/{community.code}/admin/plugins{path}"


@pytest.fixture(scope="module")
def manifest(served) -> PluginManifest:
    """The one plugin that is installed wherever the tests run."""
    return served.app.state.site.plugins["notices"].manifest


class TestTheStreet:
    def test_sees_every_plugin_and_where_it_is_on(self, street: Browser, world, manifest) -> None:
        page = unescape(street.get(console(world)).text)
        assert manifest.title in page
        assert "已允许" in page
        assert "1 / 2 个社区已启用" in page

    def test_an_unknown_plugin_is_not_found(self, street: Browser, world) -> None:
        assert street.get(console(world, "/nothing")).status_code == 404
        assert street.post(console(world, "/nothing/allow")).status_code == 404

    def test_switches_it_on_and_off_in_a_community(self, street: Browser, world) -> None:
        switch = f"/notices/communities/{world.here.communities[1].id}"
        assert street.post(console(world, f"{switch}/enable")).status_code == 303
        assert "2 / 2 个社区已启用" in unescape(street.get(console(world, "/notices")).text)
        assert street.post(console(world, f"{switch}/disable")).status_code == 303
        assert "1 / 2 个社区已启用" in unescape(street.get(console(world, "/notices")).text)

    def test_cannot_switch_it_on_in_another_streets_community(self, street: Browser, world) -> None:
        other = world.there.communities[1].id
        assert street.post(console(world, f"/notices/communities/{other}/enable")).status_code == 404

    def test_takes_it_away_and_gives_it_back_where_it_was_on(self, street: Browser, world, manifest) -> None:
        community = world.here.communities[0]
        assert street.post(console(world, "/notices/disallow")).status_code == 303
        assert "街道未允许" in unescape(street.get(console(world, "/notices")).text)
        assert manifest.title not in street.get(admin(community)).text
        assert street.post(console(world, "/notices/allow")).status_code == 303
        assert "1 / 2 个社区已启用" in unescape(street.get(console(world, "/notices")).text)

    def test_an_auditor_reads_and_changes_nothing(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.here.auditor)
        assert "<form" not in browser.get(console(world, "/notices")).text.partition("<main")[2].partition("</main>")[0]
        assert browser.post(console(world, "/notices/disallow")).status_code == 403


class TestACommunity:
    def test_switches_it_off_and_on(self, browser: Browser, world) -> None:
        community = world.here.communities[0]
        browser.sign_in_as(community.administrator)
        assert browser.post(admin(community, "/notices/disable")).status_code == 303
        assert "在全社区启用" in browser.get(admin(community)).text
        assert browser.post(admin(community, "/notices/enable")).status_code == 303
        assert "在全社区启用" not in browser.get(admin(community)).text

    def test_cannot_reach_its_neighbour(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        neighbour = world.here.communities[1]
        assert browser.get(admin(neighbour)).status_code == 403
        assert browser.post(admin(neighbour, "/notices/enable")).status_code == 403

    def test_cannot_name_a_neighbours_compound(self, browser: Browser, world) -> None:
        community, neighbour = world.here.communities
        browser.sign_in_as(community.administrator)
        path = f"/notices/compounds/{neighbour.compound}/enable"
        assert browser.post(admin(community, path)).status_code == 404


class TestTheGallery:
    """What each plugin asks, keeps and adds, told before it is switched on."""

    def test_tells_what_it_asks_keeps_and_adds(self, street: Browser, world) -> None:
        page = unescape(street.get(console(world, "/notices")).text)
        asked, kept = ("撤回公告", "自治委员会主任"), ("公告阅读记录", "保存多久")
        for words in (*asked, *kept, "Apache-2.0", "linli-notices", "首页卡片"):
            assert words in page, words

    @pytest.mark.parametrize(
        ("query", "is_there"),
        [
            ("q=公告", True),
            ("q=NOTICES", True),
            ("q=没有这个", False),
            ("category=information", True),
            ("category=safety", False),
            ("state=allowed", True),
            ("state=not_allowed", False),
            ("state=trouble", False),
            ("state=nonsense", True),
        ],
    )
    def test_is_searched_and_filtered(self, street: Browser, world, manifest, query, is_there) -> None:
        page = unescape(street.get(console(world, f"?{query}"), headers={"hx-request": "true"}).text)
        assert "<html" not in page
        assert (manifest.title in page, "没有符合条件的插件" in page) == (is_there, not is_there)

    def test_an_administrator_reads_it_before_switching_it_on(self, browser: Browser, world) -> None:
        here = world.here.communities[1]
        browser.sign_in_as(here.administrator)
        assert f'href="{admin(here, "/notices")}"' in unescape(browser.get(admin(here)).text)
        page = unescape(browser.get(admin(here, "/notices")).text)
        assert "它要什么权限" in page
        assert browser.get(admin(here, "/nothing")).status_code == 404

    def test_what_the_street_does_not_allow_is_no_page_of_a_community(self, street: Browser, world) -> None:
        here = world.here.communities[0]
        street.post(console(world, "/notices/disallow"))
        try:
            street.sign_in_as(here.administrator)
            assert street.get(admin(here, "/notices")).status_code == 404
        finally:
            street.sign_in_as(world.here.administrator)
            street.post(console(world, "/notices/allow"))

    def test_the_api_tells_the_same(self, api, world) -> None:
        here = world.here.communities[0]
        api.token_for(here.administrator, world.here.id)
        told = api.get(f"/api/v1/s/{here.street_code}/c/{here.code}/plugins/notices").json()
        assert {each["code"] for each in told["permissions"]} >= {"notices.notice.publish"}
        assert told["tables"] is True
        assert api.get(f"/api/v1/s/{here.street_code}/c/{here.code}/plugins/nothing").status_code == 404
