"""The first page, and the choice of language and type that needs no account."""

from __future__ import annotations

from html import unescape

import pytest

from linli.testing.web import Browser
from linli.web.home import local_path


def test_a_visitor_learns_what_this_is_and_where_to_sign_in(browser: Browser) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert 'href="/account/sign-in"' in unescape(page.text)


class TestSignedIn:
    def test_the_streets_administrator_is_led_to_the_console(self, browser: Browser, world) -> None:
        browser.sign_in_as(world.here.administrator)
        page = unescape(browser.get("/").text)
        assert f'class="door" href="/s/{world.here.code}/console"' in page
        assert page.count('class="door"') == 1

    def test_a_resident_is_led_to_the_own_community_only(self, browser: Browser, world) -> None:
        community = world.here.communities[0]
        browser.sign_in_as(community.resident_account)
        page = unescape(browser.get("/").text)
        assert f'class="door" href="/s/{world.here.code}/c/{community.code}"' in page
        assert page.count('class="door"') == 1

    def test_a_steward_begins_with_the_compounds(self, browser: Browser, world) -> None:
        community = world.here.communities[0]
        browser.sign_in_as(community.steward)
        assert f'href="/s/{world.here.code}/c/{community.code}/admin/compounds"' in unescape(browser.get("/").text)


def test_the_language_is_kept_in_the_browser_and_the_page_comes_back(browser: Browser) -> None:
    answer = browser.get("/language/en?next=/account/sign-in%3Fa%3D1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account/sign-in?a=1"
    assert '<html lang="en"' in browser.get("/").text


def test_a_language_that_is_not_spoken_is_not_found(browser: Browser) -> None:
    assert browser.get("/language/fr").status_code == 404


def test_large_type_is_switched_on_and_off(browser: Browser) -> None:
    browser.get("/large-type?on=1")
    assert "large-type" in browser.get("/").text.partition(">")[2].partition(">")[0]
    browser.get("/large-type?on=0")
    assert "large-type" not in browser.get("/").text.partition(">")[2].partition(">")[0]


def test_the_choice_holds_for_who_is_signed_in(browser: Browser, world) -> None:
    browser.sign_in_as(world.here.administrator)
    browser.get("/language/en")
    assert '<html lang="en"' in browser.get(f"/s/{world.here.code}/console").text


def test_who_strays_reads_the_page_as_they_chose(browser: Browser, world) -> None:
    browser.get("/language/en")
    browser.get("/large-type?on=1")
    for nowhere in ("/nowhere", "/s/nostreet", f"/s/{world.here.code}/console/nowhere"):
        answer = browser.get(nowhere)
        assert answer.status_code == 404
        assert '<html lang="en"' in answer.text
        assert "large-type" in answer.text.partition("<html")[2].partition(">")[0]
        assert "没有找到" not in answer.text


def test_what_the_account_prefers_now_wins_over_an_older_choice_of_the_browser(browser: Browser, world) -> None:
    browser.sign_in_as(world.here.auditor)
    browser.get("/language/en")
    browser.post("/account/profile", {"name": "审计员", "locale": "zh_CN", "large_type": "1"})
    assert '<html lang="zh-CN" class="theme-teal large-type"' in browser.get("/").text


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\nb", "/" + "x" * 2000]
)
def test_only_paths_of_this_site_are_returned_to(wanted: str) -> None:
    assert local_path(wanted) == "/"


def test_a_path_of_this_site_is_kept() -> None:
    assert local_path("/s/110105017/console?q=甲") == "/s/110105017/console?q=甲"


def test_who_just_signed_in_goes_straight_to_the_only_portal(browser, world) -> None:
    own = world.here.communities[0]
    browser.sign_in_as(own.administrator)
    answer = browser.get("/?arrived=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/s/{own.street_code}/c/{own.code}/admin"
    assert browser.get("/").status_code == 200
