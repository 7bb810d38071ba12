"""Searching and getting about by keyboard alone, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from linli.testing.chromium import complaints_of, fits

pytestmark = pytest.mark.thorough


def _focused(page: Any) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.getAttribute('data-opens') || ''")


@pytest.fixture
def admin(open_page) -> Any:
    page = open_page("shequ")
    expect(page).to_have_url(re.compile("/admin"))
    return page


class TestThePalette:
    def test_leads_to_a_page_by_its_initials_with_the_keyboard_alone(self, admin) -> None:
        admin.keyboard.press("Control+k")
        palette = admin.get_by_role("dialog", name="命令面板")
        expect(palette).to_be_visible()
        expect(palette.get_by_role("combobox")).to_be_focused()
        expect(palette.get_by_role("option", name="今天")).to_be_visible()
        admin.keyboard.type("fw")
        expect(palette.get_by_role("option", selected=True)).to_have_text(re.compile("房屋"))
        admin.keyboard.press("Enter")
        expect(admin).to_have_url(re.compile("/admin/dwellings$"))

    def test_begins_an_act_and_finds_a_notice_by_another_word(self, admin) -> None:
        admin.keyboard.press("Control+k")
        admin.keyboard.type("tz")
        palette = admin.get_by_role("dialog", name="命令面板")
        expect(palette.get_by_role("option", name="公告公示")).to_be_visible()
        admin.keyboard.press("Control+a")
        admin.keyboard.type("qcgg")
        expect(palette.get_by_role("option", selected=True)).to_have_text(re.compile("起草公告"))
        admin.keyboard.press("Enter")
        expect(admin).to_have_url(re.compile("/admin/notices/start$"))

    def test_finds_a_person_by_initials_and_a_home_by_its_numbers(self, admin) -> None:
        admin.keyboard.press("Control+k")
        admin.keyboard.type("jm00")
        options = admin.get_by_role("dialog", name="命令面板").get_by_role("option", name=re.compile("居民00"))
        expect(options.first).to_be_visible()
        first = options.first.inner_text()
        while admin.locator('#palette [role="option"][aria-selected="true"]').inner_text() != first:
            admin.keyboard.press("ArrowDown")
        active = admin.locator("#palette-find").get_attribute("aria-activedescendant")
        expect(admin.locator(f"#{active}")).to_have_text(re.compile("居民00"))
        admin.keyboard.press("Enter")
        expect(admin).to_have_url(re.compile("/admin/residents/[0-9a-f-]{36}$"))

    def test_closes_with_escape_and_gives_the_focus_back(self, admin) -> None:
        opener = admin.get_by_role("link", name=re.compile("命令"))
        opener.focus()
        admin.keyboard.press("Enter")
        expect(admin.get_by_role("dialog", name="命令面板")).to_be_visible()
        admin.keyboard.press("Escape")
        expect(admin.get_by_role("dialog", name="命令面板")).to_be_hidden()
        expect(opener).to_be_focused()

    def test_keeps_the_focus_inside_and_goes_round_at_the_ends(self, admin) -> None:
        admin.keyboard.press("Control+k")
        admin.get_by_role("option", name="今天").wait_for()
        admin.keyboard.press("ArrowUp")
        options = admin.locator('#palette [role="option"]')
        expect(options.last).to_have_attribute("aria-selected", "true")
        admin.keyboard.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        for _each in range(12):
            admin.keyboard.press("Tab")
            assert admin.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )

    def test_nothing_fitting_is_said(self, admin) -> None:
        admin.keyboard.press("Control+k")
        admin.keyboard.type("qqqqzz")
        expect(admin.locator("#palette")).to_contain_text("没有找到“qqqqzz”")
        expect(admin.locator('#palette [role="status"]')).to_have_text("没有结果")
        expect(admin.locator("#palette-find")).to_have_attribute("aria-expanded", "false")

    @pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
    def test_the_judge_finds_nothing(self, admin, width, scheme) -> None:
        admin.emulate_media(color_scheme=scheme)
        admin.set_viewport_size({"width": width, "height": 844})
        admin.keyboard.press("Control+k")
        admin.keyboard.type("jm0")
        admin.locator('#palette [role="option"]', has_text="居民0").first.wait_for()
        assert fits(admin)
        assert complaints_of(admin) == []
        admin.keyboard.press("Escape")
        admin.keyboard.press("?")
        expect(admin.get_by_role("dialog", name="键盘快捷键")).to_be_visible()
        assert complaints_of(admin) == []

    def test_on_a_phone_the_symbol_opens_it_from_edge_to_edge(self, open_page) -> None:
        page = open_page("shequ", width=390)
        page.get_by_role("link", name="查找", exact=True).click()
        box = page.get_by_role("dialog", name="命令面板").bounding_box()
        assert box is not None
        assert (box["x"], box["y"], box["width"]) == (0, 0, 390)

    def test_the_console_jumps_to_a_community(self, open_page) -> None:
        page = open_page("jiedao")
        page.keyboard.press("Control+k")
        page.keyboard.type("mfbl")
        expect(page.get_by_role("group", name="进入社区").get_by_role("option")).to_contain_text("磨房北里")
        page.get_by_role("group", name="进入社区").get_by_role("option").click()
        expect(page).to_have_url(re.compile("/c/[^/]+/admin$"))


class TestKeys:
    def test_two_letters_open_a_page(self, admin) -> None:
        admin.keyboard.type("gr")
        expect(admin).to_have_url(re.compile("/admin/residents$"))
        admin.keyboard.type("gh")
        expect(admin).to_have_url(re.compile("/admin/dwellings$"))

    def test_nothing_happens_while_one_types(self, admin) -> None:
        address = admin.url
        admin.locator("#top-find").focus()
        admin.keyboard.type("gr?")
        expect(admin.locator("#top-find")).to_have_value("gr?")
        admin.wait_for_timeout(400)
        assert admin.url == address
        expect(admin.get_by_role("dialog", name="键盘快捷键")).to_be_hidden()

    def test_the_list_of_keys_opens_and_they_can_be_switched_off(self, admin) -> None:
        admin.keyboard.press("?")
        keys = admin.get_by_role("dialog", name="键盘快捷键")
        expect(keys).to_contain_text("命令面板")
        keys.get_by_role("checkbox").uncheck()
        admin.keyboard.press("Escape")
        address = admin.url
        admin.keyboard.type("gr")
        admin.reload()
        admin.keyboard.type("gr")
        admin.wait_for_timeout(300)
        assert admin.url == address
        admin.keyboard.press("Control+k")
        expect(admin.get_by_role("dialog", name="命令面板")).to_be_visible()
        admin.keyboard.type("jm00")
        admin.locator('#palette [role="option"]', has_text="居民00").first.wait_for()
        assert admin.evaluate("Object.entries(localStorage).join()") == "linli.keys,off"
        assert "jm00" not in admin.evaluate("Object.entries(sessionStorage).join()"), "nobody is kept there"


class TestTheBox:
    def test_shows_finds_while_one_types_and_follows_the_keyboard(self, admin) -> None:
        box = admin.locator("#top-find")
        box.focus()
        asked: list[str] = []
        admin.on("request", lambda each: "/search/hits" in each.url and asked.append(each.url))
        admin.keyboard.type("jumin00", delay=30)
        options = admin.locator('#top-hits [role="option"]')
        expect(options.first).to_be_visible()
        assert len(asked) <= 2, "not with every key"
        expect(box).to_have_attribute("aria-expanded", "true")
        assert complaints_of(admin) == []
        admin.keyboard.press("Escape")
        expect(options.first).to_be_hidden()
        expect(box).to_be_focused()
        admin.keyboard.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        admin.keyboard.press("Enter")
        expect(admin).not_to_have_url(re.compile("/admin$"))

    def test_enter_without_a_choice_opens_the_page_of_results(self, admin) -> None:
        admin.locator("#top-find").fill("居民00")
        admin.locator("#top-find").press("Enter")
        expect(admin).to_have_url(re.compile("/admin/search\\?q="))
        expect(admin.locator("main")).to_contain_text("居民00")

    def test_works_without_scripts(self, open_page) -> None:
        page = open_page("shequ", scripts=False)
        page.locator("#top-find").fill("jm00")
        page.locator(".top-search").get_by_role("button", name="查找").click()
        expect(page.locator("main")).to_contain_text("居民00")
        page.get_by_role("link", name=re.compile("命令")).click()
        expect(page).to_have_url(re.compile("/admin/search$"))

    def test_residents_find_what_goes_where(self, open_page) -> None:
        page = open_page("jumin")
        page.locator("#top-find").fill("dgt")
        expect(page.locator('#top-hits [role="option"]').first).to_contain_text("大骨头")
        assert complaints_of(page) == []
