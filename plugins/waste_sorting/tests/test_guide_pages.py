"""The guide as a person's browser sees it."""

from __future__ import annotations

import html
import re

import pytest

from linli.testing.choices import settle_rule
from linli_waste_sorting.guide.catalogue import catalogue


@pytest.fixture
def home(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}"


@pytest.fixture
def root(home) -> str:
    return f"{home}/admin/waste_sorting/guide"


def titles(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'class="tile-title">([^<]*)<', page)]


class TestAsking:
    def test_without_signing_in(self, browser, home) -> None:
        page = browser.get(f"{home}/waste_sorting/guide")
        assert page.status_code == 200
        for kind in ("可回收物", "有害垃圾", "厨余垃圾", "其他垃圾", "大件垃圾", "装修垃圾", "园林绿化垃圾"):
            assert kind in page.text
        assert "本社区规定" not in page.text
        found = browser.get(f"{home}/waste_sorting/guide?q=dgt").text
        assert titles(found)[0] == "大骨头"
        assert "badge-grey" in found
        assert "太硬，粉碎机打不动" in found
        assert "guide/own" not in found

    def test_as_one_types_the_list_alone_comes(self, browser, home) -> None:
        part = browser.get(f"{home}/waste_sorting/guide?q=猫砂", headers={"hx-request": "true"}).text
        assert titles(part) == ["猫砂"]
        assert "<h1" not in part

    def test_what_is_not_there_says_what_to_do(self, browser, home) -> None:
        page = html.unescape(browser.get(f"{home}/waste_sorting/guide?q=<飞船>").text)
        assert "没有找到“<飞船>”" in page
        assert "问值守人员" in page
        assert "按其他垃圾投放" in page

    def test_a_kind_is_on_one_page_for_the_printer(self, browser, home) -> None:
        page = browser.get(f"{home}/waste_sorting/guide?category=recyclable").text
        assert titles(page) == [each.name for each in catalogue() if each.category == "recyclable"]
        assert browser.get(f"{home}/waste_sorting/guide?category=heap").status_code == 422

    def test_many_come_page_by_page(self, browser, home) -> None:
        first = browser.get(f"{home}/waste_sorting/guide?q=s").text
        assert len(titles(first)) == 50
        following = html.unescape(re.findall(r'rel="next" href="([^"]+)"', first)[0])
        second = titles(browser.get(following).text)
        assert second
        assert not set(second) & set(titles(first))

    def test_in_english(self, browser, home) -> None:
        browser.get("/language/en")
        page = browser.get(f"{home}/waste_sorting/guide?q=power bank").text
        assert titles(page) == ["Power banks"]
        assert "Hazardous waste" in page
        assert "充电宝" in page, "the name that stands on signs"
        assert "Tape the poles" in page

    @pytest.mark.actor("resident")
    def test_the_first_page_asks_too(self, browser, home) -> None:
        page = browser.get(home).text
        assert f'action="{home}/waste_sorting/guide"' in html.unescape(page)
        found = html.unescape(browser.get(f"{home}/search?q=过期药").text)
        assert "过期药品" in found
        assert "有害垃圾：" in found
        link = re.findall(r'href="([^"]*waste_sorting/guide[?]q=[^"]*)"', found)[0]
        assert titles(browser.get(link).text)[0] == "过期药品"


@pytest.mark.actor("community_administrator")
def test_a_community_settles_changes_and_takes_away(browser, home, root, own) -> None:
    sent = {"name": "电动平衡车", "category": "bulky", "hint": "先登记", "aliases": "滑板车"}
    assert browser.post(f"{root}/own/new", {**sent, "name": " "}).status_code == 422
    refused = browser.post(f"{root}/own/new", {**sent, "category": "heap"})
    assert refused.status_code == 422
    assert 'value="电动平衡车"' in html.unescape(refused.text)
    assert browser.post(f"{root}/own/new", sent).status_code == 303
    assert "电动平衡车" in browser.get(f"{home}/waste_sorting/guide").text
    found = browser.get(f"{home}/waste_sorting/guide?q=滑板车").text
    assert titles(found)[0] == "电动平衡车"
    assert "本社区规定" in found
    page = re.findall(rf'href="({root}/own/[0-9a-f-]{{36}})"', html.unescape(browser.get(f"{root}/own").text))[0]
    form = html.unescape(browser.get(page).text)
    assert 'value="滑板车"' in form
    version = re.findall(r'name="version" value="(\d+)"', form)[0]
    assert browser.post(page, {**sent, "hint": "周六送来", "version": version}).status_code == 303
    assert browser.post(page, {**sent, "hint": "周日送来", "version": version}).status_code == 409
    assert "周六送来" in browser.get(f"{root}?q=滑板车").text
    assert browser.post(f"{page}/remove").status_code == 303
    assert "再添加一次" in browser.get(f"{root}/own").text
    assert "电动平衡车" not in browser.get(f"{home}/waste_sorting/guide").text
    assert browser.get(page).status_code == 404


@pytest.mark.actor("community_administrator")
def test_staff_begin_with_an_item_of_the_list(browser, root) -> None:
    page = html.unescape(browser.get(f"{root}?q=床垫").text)
    link = re.findall(rf'href="({root}/own/new[^"]*)"', page)[0]
    form = html.unescape(browser.get(link).text)
    assert 'value="床垫"' in form
    assert re.search(r'<option value="bulky" selected>', form)


@pytest.mark.actor("community_administrator")
def test_who_may_print_and_see_the_rules(browser, home, root, own, world) -> None:
    for asked in ("", "?category=kitchen&paper=a3"):
        file = browser.get(f"{root}/poster{asked}")
        assert file.status_code == 200
        assert file.content.startswith(b"%PDF-")
    assert browser.get(f"{root}/poster?category=heap").status_code == 422
    browser.post(f"{root}/own/new", {"name": "街道看物", "category": "other"})
    browser.sign_in_as(world.here.administrator)
    console = f"/s/{own.street_code}/console/waste_sorting/guide"
    assert titles(browser.get(f"{console}?q=大骨头").text) == ["大骨头"]
    listed = browser.get(f"{console}/own").text
    assert "街道看物" in listed
    assert own.name in listed
    assert browser.get(f"{console}/poster").content.startswith(b"%PDF-")
    assert browser.post(f"{console}/own/new", {"name": "x", "category": "other"}).status_code in (404, 405)
    browser.sign_in_as(world.there.administrator)
    assert "街道看物" not in browser.get(f"/s/{world.there.code}/console/waste_sorting/guide/own").text
    browser.sign_in_as(own.resident_account)
    assert browser.get(root).status_code == 403
    assert browser.get(f"{root}/own").status_code == 403


def test_in_shanghai_the_words_and_colours_are_others(browser, world, module_house) -> None:
    with module_house.database.unit_of_work(world.there.scope) as session:
        settle_rule(session, "waste_sorting_words.labels", "wet_dry")
    elsewhere = world.there.communities[0]
    guide = f"/s/{elsewhere.street_code}/c/{elsewhere.code}/waste_sorting/guide"
    page = browser.get(f"{guide}?q=鸡骨头").text
    assert "湿垃圾" in page
    assert "badge-brown" in page
    assert "大棒骨投干垃圾" in page
    assert "厨余垃圾" not in page
    assert "badge-black" in browser.get(f"{guide}?q=大骨头").text
