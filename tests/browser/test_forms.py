"""Forms in a real browser: checked when left, kept while one types, by keyboard, and whole without scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from linli.testing.chromium import complaints_of, fits

pytestmark = pytest.mark.thorough

ADMIN = "/s/jinsong/c/110105017036/admin"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    from PIL import Image

    made = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 30), "teal").save(made)
    return made


def discard(page) -> None:
    if page.get_by_role("button", name="丢弃草稿").count():
        page.get_by_role("button", name="丢弃草稿").click()


class TestChecking:
    def test_a_field_is_judged_when_it_is_left_and_forgiven_when_it_is_right(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        discard(page)
        phone = page.get_by_label("电话")
        phone.fill("123")
        phone.press("Tab")
        fault = page.locator("#f-phone-fault")
        expect(fault).to_have_text("电话号码不正确（11 位手机号，或带区号的固定电话）")
        expect(phone).to_have_attribute("aria-invalid", "true")
        expect(phone).to_have_attribute("aria-describedby", re.compile("f-phone-fault"))
        # What was not touched yet is not scolded.
        expect(page.locator("#f-name-fault")).to_have_count(0)
        phone.fill("13800138000")
        phone.press("Tab")
        expect(fault).to_have_count(0)
        expect(phone).not_to_have_attribute("aria-invalid", "true")

    def test_nothing_moves_from_under_a_press(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        discard(page)
        page.get_by_label("姓名", exact=True).fill("按住按钮的人")
        phone = page.get_by_label("电话")
        phone.fill("123")
        phone.press("Tab")
        expect(page.locator("#f-phone-fault")).to_be_visible()
        phone.fill("13800138000")
        button = page.get_by_role("button", name="登记", exact=True).last
        button.scroll_into_view_if_needed()
        before = button.bounding_box()
        page.mouse.move(before["x"] + 3, before["y"] + 3)
        with page.expect_response(lambda answer: "x-form-check" in answer.request.headers) as answer:
            page.mouse.down()
        answer.value.finished()
        # Time enough for the fault to leave, if it did not wait.
        page.wait_for_timeout(300)
        assert button.bounding_box() == before
        page.mouse.up()
        expect(page.locator("main")).to_contain_text("按住按钮的人")
        expect(page.get_by_role("button", name="登记", exact=True)).to_have_count(0)

    def test_what_was_wrong_leaves_when_a_press_elsewhere_ends(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        discard(page)
        phone = page.get_by_label("电话")
        phone.fill("123")
        phone.press("Tab")
        fault = page.locator("#f-phone-fault")
        expect(fault).to_be_visible()
        phone.fill("13800138000")
        page.get_by_role("heading", level=1).click()
        expect(fault).to_have_count(0)

    def test_what_comes_back_begins_at_the_first_fault(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        discard(page)
        page.get_by_label("备注").fill("没有姓名")
        page.get_by_role("button", name="登记", exact=True).last.click()
        expect(page.locator(".faults")).to_contain_text("姓名: 必须填写")
        expect(page.get_by_label("姓名", exact=True)).to_be_focused()
        page.get_by_label("备注").focus()
        page.get_by_role("link", name="姓名: 必须填写").click()
        expect(page.get_by_label("姓名", exact=True)).to_be_focused()

    def test_fields_come_and_go_with_others(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/notices/new")
        days = page.get_by_label("接受意见的天数")
        expect(days).to_be_hidden()
        page.get_by_label("展示期间接受居民的意见和异议").check()
        expect(days).to_be_visible()
        plain = open_page("shequ", scripts=False)
        plain.goto(f"{ADMIN}/notices/new")
        expect(plain.get_by_label("接受意见的天数")).to_be_visible()
        expect(plain.locator("main")).to_contain_text("只在接受意见和异议时填写。")


class TestDrafts:
    def test_what_was_typed_is_there_again_after_the_tab_is_closed(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/notices/new")
        discard(page)
        page.goto(f"{ADMIN}/notices/new")
        page.get_by_label("标题").fill("自己存下来的标题")
        page.get_by_label("正文").fill("写到一半。")
        expect(page.get_by_text(re.compile(r"草稿已保存（\d\d:\d\d）"))).to_be_visible()
        page.goto(f"{ADMIN}/notices")
        page.goto(f"{ADMIN}/notices/new")
        expect(page.get_by_label("标题")).to_have_value("")
        page.get_by_role("link", name="恢复填写的内容").click()
        expect(page.get_by_label("标题")).to_have_value("自己存下来的标题")
        expect(page.get_by_label("正文")).to_have_value("写到一半。")
        page.get_by_role("button", name="保存草稿").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("自己存下来的标题")
        page.goto(f"{ADMIN}/notices/new")
        expect(page.get_by_role("link", name="恢复填写的内容")).to_have_count(0)

    def test_without_scripts_by_a_button(self, open_page) -> None:
        page = open_page("shequ", scripts=False)
        page.goto(f"{ADMIN}/residents/new")
        discard(page)
        page.goto(f"{ADMIN}/residents/new")
        page.get_by_label("姓名", exact=True).fill("没有脚本的人")
        page.get_by_role("button", name="先存草稿").click()
        expect(page.locator("main")).to_contain_text("草稿已保存，下次打开这一页可以接着填")
        page.goto(f"{ADMIN}/residents/new")
        page.get_by_role("link", name="恢复填写的内容").click()
        expect(page.get_by_label("姓名", exact=True)).to_have_value("没有脚本的人")
        page.get_by_role("button", name="丢弃草稿").click()
        expect(page.locator("main")).to_contain_text("草稿已丢弃")
        expect(page.get_by_label("姓名", exact=True)).to_have_value("")

    def test_a_lost_connection_is_told_once_and_what_is_typed_stays(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/notices/new")
        page.context.set_offline(True)
        page.get_by_label("标题").fill("没有网络")
        toast = page.locator("#toast-stand .toast")
        expect(toast).to_contain_text("草稿没有保存上")
        expect(page.get_by_label("标题")).to_have_value("没有网络")
        toast.get_by_role("button", name="关闭").press("Enter")
        expect(toast).to_have_count(0)
        page.context.set_offline(False)


class TestDays:
    def test_a_day_is_chosen_by_keyboard_and_turns_are_told(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        field = page.locator("#f-moved_in_on")
        field.fill("2026-09-30")
        page.get_by_role("button", name="打开日历: 入住日期").press("Enter")
        expect(page.get_by_role("dialog", name="选择日期")).to_be_visible()
        expect(page.locator(".days-day:focus")).to_have_attribute("data-day", "2026-09-30")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".days-day:focus")).to_have_attribute("data-day", "2026-10-01")
        expect(page.locator(".days-day:focus")).to_have_attribute("aria-label", re.compile("放假"))
        page.keyboard.press("PageDown")
        expect(page.locator(".days-day:focus")).to_have_attribute("data-day", "2026-11-01")
        page.keyboard.press("Home")
        expect(page.locator(".days-day:focus")).to_have_attribute("data-day", "2026-10-26")
        page.keyboard.press("Enter")
        expect(field).to_have_value("2026-10-26")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name="打开日历: 入住日期")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(field).to_have_value("2026-10-26")

    def test_a_period_is_chosen_with_one_press(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/audit")
        page.locator(".periods summary").press("Enter")
        page.get_by_role("link", name="去年").press("Enter")
        expect(page).to_have_url(re.compile(r"since=\d{4}-01-01&until=\d{4}-12-31"))
        expect(page.get_by_label("从", exact=True)).to_have_value(re.compile(r"\d{4}-01-01"))
        plain = open_page("shequ", scripts=False)
        plain.goto(f"{ADMIN}/audit")
        plain.locator(".periods summary").click()
        plain.get_by_role("link", name="上月").click()
        expect(plain).to_have_url(re.compile(r"since=\d{4}-\d\d-01&until=\d{4}-\d\d-\d\d"))


class TestPickers:
    def test_a_person_and_a_home_by_keyboard(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        discard(page)
        page.goto(f"{ADMIN}/residents/new")
        compound = page.get_by_label("小区", exact=True)
        compound.select_option(label="示范小区甲")
        building = page.get_by_label("楼栋", exact=True)
        expect(building.locator("option")).not_to_have_count(1)
        building.select_option(index=1)
        home = page.get_by_label("房屋", exact=True)
        expect(home.locator("option")).not_to_have_count(1)
        home.select_option(index=1)
        assert re.fullmatch(r"[0-9a-f-]{36}", home.input_value())
        search = page.get_by_role("searchbox", name="住在哪一户")
        search.fill("101")
        first = page.locator("#pick-dwelling_id input[type=radio]").first
        expect(first).to_be_visible()
        search.press("ArrowDown")
        expect(page.locator("#pick-dwelling_id input[type=radio]:focus")).to_have_count(1)
        page.keyboard.press("Space")
        expect(page.locator("#pick-dwelling_id input[type=radio]:checked")).to_have_count(1)

    def test_a_choice_made_the_moment_it_comes_counts(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        discard(page)
        page.goto(f"{ADMIN}/residents/new")
        page.evaluate(
            """() => {
                const watch = new MutationObserver(() => {
                    const building = document.querySelector("[name=dwelling_id_building]");
                    if (building?.options.length > 1 && !building.value) {
                        watch.disconnect();
                        building.selectedIndex = 1;
                        building.dispatchEvent(new Event("change", { bubbles: true }));
                    }
                });
                watch.observe(document.querySelector("#pick-dwelling_id"), { childList: true, subtree: true });
            }"""
        )
        page.get_by_label("小区", exact=True).select_option(label="示范小区甲")
        home = page.get_by_label("房屋", exact=True)
        expect(home.locator("option").nth(1)).to_be_attached()

    def test_enter_in_the_search_does_not_send_the_form(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/residents/new")
        search = page.get_by_role("searchbox", name="住在哪一户")
        search.fill("101")
        search.press("Enter")
        expect(page.locator("#pick-dwelling_id input[type=radio]").first).to_be_visible()
        expect(page).to_have_url(re.compile("/residents/new"))


class TestPhotos:
    def test_seen_judged_and_taken_back_before_they_are_sent(self, open_page, photo: Path, tmp_path: Path) -> None:
        page = open_page(width=390)
        page.goto("/components")
        box = page.locator("#f-photos")
        camera, album = box.locator("input[type=file]").first, box.locator("input[type=file]").last
        camera.set_input_files(photo)
        expect(box.locator("li img")).to_have_count(1)
        text = tmp_path / "text.txt"
        text.write_text("kein Bild", encoding="utf-8")
        album.set_input_files([text])
        expect(page.locator("#toast-stand")).to_contain_text("text.txt: 不是照片，没有选上")
        other = tmp_path / "other.jpg"
        other.write_bytes(photo.read_bytes())
        album.set_input_files([other])
        expect(box.locator("li img")).to_have_count(2)
        assert album.evaluate("each => each.files.length") == 2
        box.get_by_role("button", name=re.compile("去掉")).first.press("Enter")
        expect(box.locator("li img")).to_have_count(1)
        assert album.evaluate("each => each.files.length") == 1
        box.locator("xpath=ancestor::form").get_by_role("button", name="保存").click()
        expect(page.locator("main")).to_contain_text("这里是样例，没有保存任何内容。")


class TestToasts:
    def test_said_in_the_corner_and_without_scripts_on_top(self, open_page) -> None:
        page = open_page()
        page.goto("/components")
        page.get_by_role("button", name="试一下").click()
        toast = page.locator("#toast-stand .toast")
        expect(toast).to_contain_text("已保存。这是一条样例消息。")
        toast.get_by_role("button", name="关闭").focus()
        page.keyboard.press("Escape")
        expect(toast).to_have_count(0)
        plain = open_page(scripts=False)
        plain.goto("/components/toast")
        expect(plain.locator(".flash")).to_contain_text("已保存。这是一条样例消息。")


class TestSteps:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_an_assessment_in_three_steps(self, open_page, scripts: bool) -> None:
        page = open_page("jiedao", scripts=scripts)
        new = "/s/jinsong/console/privacy/assessments/new"
        page.goto(new)
        discard(page)
        page.goto(new)
        title = f"浏览器里的评估 {scripts}"
        page.get_by_label("标题").fill(title)
        # Enter goes on, as everywhere.
        page.get_by_label("标题").press("Enter")
        expect(page.locator("main")).to_contain_text("第 2 步，共 3 步")
        page.get_by_label("保护措施").fill("加密")
        page.get_by_role("button", name="上一步").click()
        expect(page.get_by_label("标题")).to_have_value(title)
        page.get_by_role("button", name="下一步").last.click()
        expect(page.get_by_label("保护措施")).to_have_value("加密")
        page.get_by_role("button", name="下一步").last.click()
        page.get_by_label("评估人").fill("某人")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_stands_in_anybodys_way(open_page, scheme: str, width: int) -> None:
    page = open_page("shequ", width=width)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{ADMIN}/residents/new")
    page.get_by_label("电话").fill("1")
    page.get_by_label("电话").press("Tab")
    expect(page.locator("#f-phone-fault")).to_be_visible()
    page.get_by_role("button", name="打开日历: 入住日期").click()
    expect(page.locator(".days-day").first).to_be_visible()
    assert complaints_of(page) == []
    assert fits(page)
    page.goto(f"{ADMIN}/audit")
    page.locator(".periods summary").click()
    assert complaints_of(page) == []
