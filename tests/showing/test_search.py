"""Searching a portal: what the reader may see, from whoever is on here, one provider's fault its own."""

from __future__ import annotations

import re
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


class TestWhileTyping:
    def test_the_list_alone_is_sent_with_pages_acts_and_finds(self, browser, admin, own) -> None:
        browser.sign_in_as(own.administrator)
        part = unescape(browser.get(f"{admin}/search/hits?q=jm", headers={"hx-request": "true"}).text)
        assert "<html" not in part
        assert 'role="listbox"' in part
        assert f'href="{admin}/residents"' in part, "the page 居民"
        assert f'href="{admin}/residents/new"' in part, "the act 登记居民"
        part = unescape(browser.get(f"{admin}/search/hits?q=csjm", headers={"hx-request": "true"}).text)
        assert f'href="{admin}/residents/{own.residents[0]}"' in part, "测试居民1"

    def test_by_itself_it_is_the_page_of_the_search(self, browser, admin, own) -> None:
        page = browser.sign_in_as(own.administrator).get(f"{admin}/search/hits?q=csjm").text
        assert "<h1>" in page
        assert "测试居民1" in page

    def test_without_words_it_offers_the_menu_and_what_one_can_do(self, browser, admin, own) -> None:
        browser.sign_in_as(own.administrator)
        part = unescape(browser.get(f"{admin}/search/hits", headers={"hx-request": "true"}).text)
        assert f'href="{admin}/dwellings"' in part
        assert "登记居民" in part
        assert str(own.residents[0]) not in part

    def test_nothing_is_offered_that_one_may_not_open(self, browser, admin, world) -> None:
        browser.sign_in_as(world.here.auditor)
        part = unescape(browser.get(f"{admin}/search/hits?q=jm", headers={"hx-request": "true"}).text)
        assert f"{admin}/residents/new" not in part
        assert f'href="{admin}/residents"' in part, "control: an auditor reads"

    def test_the_better_kind_stands_first(self, browser, admin, own) -> None:
        page = unescape(browser.sign_in_as(own.administrator).get(f"{admin}/search?q=测试居民2").text)
        assert page.index(f"residents/{own.residents[1]}") < page.index("probe/things/0")

    def test_is_quiet_about_what_was_searched(self, browser, admin, own) -> None:
        answer = browser.sign_in_as(own.administrator).get(f"{admin}/search/hits?q=jm", headers={"hx-request": "true"})
        assert "no-store" in answer.headers["cache-control"]
        assert "hx-push-url" not in answer.text


class TestStaff:
    def test_are_found_by_initials_in_both_portals(self, browser, console, admin, own, world) -> None:
        street = unescape(browser.sign_in_as(world.here.administrator).get(f"{console}/search?q=gly").text)
        assert f"{console}/staff/people/" in street
        there = world.there.administrator
        assert str(there) not in street
        community = unescape(browser.sign_in_as(own.administrator).get(f"{admin}/search?q=gly").text)
        assert f"{admin}/roles/people/" in community


class TestStreet:
    def test_finds_people_and_homes_of_its_communities_and_leads_to_their_portals(
        self, browser, console, world, own
    ) -> None:
        browser.sign_in_as(world.here.administrator)
        page = unescape(browser.get(f"{console}/search?q=csjm1").text)
        for community in world.here.communities:
            # By slug: that is how the directory writes addresses.
            assert f"/admin/residents/{community.residents[0]}" in page
        assert not any(str(each.residents[0]) in page for each in world.there.communities)
        page = unescape(browser.get(f"{console}/search?q=1-1-101").text)
        assert f"/admin/dwellings/{own.dwellings[0]}" in page
        assert not any(str(each.dwellings[0]) in page for each in world.there.communities)

    def test_the_links_open(self, browser, console, world, own) -> None:
        browser.sign_in_as(world.here.administrator)
        page = unescape(browser.get(f"{console}/search?q=csjm1").text)
        found = re.findall(r'href="([^"]*/residents/[^"]*)"', page.split("<main")[1])
        assert found
        assert all(browser.get(each).status_code == 200 for each in found)

    def test_jumps_to_the_portal_of_a_community(self, browser, console, world, own) -> None:
        browser.sign_in_as(world.here.administrator)
        page = unescape(browser.get(f"{console}/search?q={own.code}").text)
        assert "打开社区管理" in page


class TestResidents:
    def test_find_no_people_no_homes_no_staff(self, browser, own) -> None:
        home = f"/s/{own.street_code}/c/{own.code}"
        browser.sign_in_as(own.resident_account)
        for words in ("csjm", "测试居民", "1-1-101", "gly", "19900000010"):
            page = unescape(browser.get(f"{home}/search/hits?q={words}", headers={"hx-request": "true"}).text)
            assert not any(str(each) in page for each in (*own.residents, *own.dwellings))
            assert "/admin/" not in page
            assert "people/" not in page

    def test_have_no_palette_but_find_their_pages(self, browser, own) -> None:
        home = f"/s/{own.street_code}/c/{own.code}"
        page = unescape(browser.sign_in_as(own.resident_account).get(f"{home}/search?q=wdj").text)
        assert f'href="{home}/my-home"' in page
        assert 'id="palette"' not in page


class TestPalette:
    def test_stands_on_every_page_of_the_staff_with_its_keys(self, browser, admin, own) -> None:
        page = unescape(browser.sign_in_as(own.administrator).get(f"{admin}/residents").text)
        assert '<dialog class="palette" id="palette"' in page
        assert re.search(rf'href="{admin}/dwellings" data-go="h"', page)
        assert 'role="combobox"' in page

    def test_names_no_page_that_one_may_not_open(self, browser, admin, own) -> None:
        page = unescape(browser.sign_in_as(own.steward).get(f"{admin}/compounds").text)
        assert 'data-go="p"' in page
        assert 'data-go="o"' not in page, "a steward has no overview"


def test_a_search_costs_a_bounded_number_of_queries(module_house, plugins, own) -> None:
    from linli.kit.actor import SYSTEM
    from linli.plugins.registry import Plugins
    from linli.showing.search import search
    from linli.testing.queries import counted_queries
    from linli.web.routing import Portal
    from linli.web.searching import providers

    asked = providers(Plugins.core(), SYSTEM, Portal.ADMIN, ())
    with module_house.database.unit_of_work(own.scope, SYSTEM, read_only=True) as session:
        with counted_queries(session) as few:
            search(session, SYSTEM, asked, "csjm", root_of=lambda _portal, _community: "")
        with counted_queries(session) as one:
            search(session, SYSTEM, asked, "csjm1", root_of=lambda _portal, _community: "")
    assert len(one) <= len(few) <= 24, "savepoints of five providers among them"
