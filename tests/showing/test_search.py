"""Searching a portal: what the reader may see, from whoever is on here, one provider's fault its own."""

from __future__ import annotations

from html import unescape

import pytest
from structlog.testing import capture_logs

from linli.testing.web import serving


@pytest.mark.hook("register_search")
class TestAdmin:
    def test_finds_what_a_plugin_offers_and_leads_below_its_name(self, browser, admin, own) -> None:
        page = unescape(browser.sign_in_as(own.administrator).get(f"{admin}/search?q=花").text)
        assert f'href="{admin}/probe/things/0"' in page
        assert "只显示前 8 条" in page
        assert "things/8" not in page

    def test_a_provider_that_breaks_says_so_beside_the_others(self, browser, admin, own) -> None:
        page = unescape(browser.sign_in_as(own.administrator).get(f"{admin}/search?q=花").text)
        assert "这一类暂时无法查找" in page
        assert "小明" not in page

    def test_one_without_its_permission_is_not_asked(self, browser, admin, own, world) -> None:
        assert "秘密" in browser.sign_in_as(own.administrator).get(f"{admin}/search?q=花").text
        auditor = browser.sign_in_as(world.here.auditor)
        assert "秘密" not in auditor.get(f"{admin}/search?q=花").text

    def test_finds_residents_and_dwellings_of_this_community_alone(self, browser, admin, own, world) -> None:
        page = unescape(browser.sign_in_as(own.administrator).get(f"{admin}/search?q=1").text)
        assert f"{admin}/dwellings/{own.dwellings[0]}" in page
        assert not any(str(each) in page for each in world.here.communities[1].dwellings)
        assert not any(str(each) in page for each in world.there.communities[0].dwellings)

    def test_nothing_of_a_plugin_where_it_is_off(self, browser, world) -> None:
        other = world.here.communities[1]
        page = browser.sign_in_as(other.administrator).get(f"/s/{other.street_code}/c/{other.code}/admin/search?q=花")
        assert page.status_code == 200
        assert "东西" not in page.text

    def test_without_words_nothing_is_asked(self, browser, admin, own) -> None:
        page = unescape(browser.sign_in_as(own.administrator).get(f"{admin}/search?q=%20").text)
        assert "这一类暂时无法查找" not in page
        assert "可以找：居民、房屋、小区" in page

    def test_nothing_found_says_so_and_what_to_do(self, browser, world) -> None:
        other = world.here.communities[1]
        page = browser.sign_in_as(other.administrator).get(
            f"/s/{other.street_code}/c/{other.code}/admin/search?q=<b>没有"
        )
        assert "没有找到“&lt;b&gt;没有”" in page.text


class TestOtherPortals:
    def test_the_street_finds_its_communities(self, browser, console, world, own) -> None:
        page = unescape(browser.sign_in_as(world.here.administrator).get(f"{console}/search?q={own.code}").text)
        assert f"{console}/communities/{own.id}" in page
        there = world.there.communities[0]
        assert str(there.id) not in browser.get(f"{console}/search?q={there.code}").text

    def test_visitors_search_what_is_open_to_everybody(self, browser, own) -> None:
        home = f"/s/{own.street_code}/c/{own.code}"
        page = browser.get(f"{home}/search?q=花")
        assert page.status_code == 200
        assert f"{home}/probe/things/0" in unescape(page.text)
        assert "居民" not in unescape(page.text).split("<main")[1]

    def test_the_box_stands_on_every_page_where_somebody_can_be_asked(self, browser, admin, own) -> None:
        assert f'action="{admin}/search"' in unescape(browser.sign_in_as(own.administrator).get(admin).text)


def test_no_box_where_there_is_nothing_to_search(module_house, own) -> None:
    from linli.plugins.registry import Plugins
    from linli.testing.web import Browser

    with serving(module_house, Plugins.core(), works=False) as client:
        page = unescape(Browser(client, module_house).get(f"/s/{own.street_code}/c/{own.code}").text)
    assert 'role="search"' not in page


def test_what_cannot_be_stored_is_no_fault_of_the_plugin_that_would_look_for_it(browser, own, admin) -> None:
    with capture_logs() as logs:
        answer = browser.sign_in_as(own.administrator).get(f"{admin}/search?q=%00")
    assert answer.status_code == 422
    assert "内容里有无法保存的字符" in answer.text
    assert [each for each in logs if each["log_level"] == "error"] == []
