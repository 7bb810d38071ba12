"""Lists in a real browser: rows ticked one by one and all at once, what is done to them, and taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from linli.testing.chromium import complaints_of, fits

pytestmark = pytest.mark.thorough

ADMIN = "/s/jinsong/c/110105017036/admin"
SLOTS = f"{ADMIN}/waste_sorting/bookings/slots"
SHIFTS = f"{ADMIN}/waste_sorting/watch/shifts"


@pytest.mark.parametrize("path", [SLOTS, SHIFTS])
@pytest.mark.parametrize("width", [1280, 390])
def test_all_on_a_page_are_ticked_and_counted(open_page, path: str, width: int) -> None:
    page = open_page("shequ", width=width)
    page.goto(path)
    rows = page.locator("input[name=id]")
    number = rows.count()
    assert number > 1
    every, count = page.get_by_label(re.compile("本页全部")), page.locator("[data-tick-count]")
    expect(every).not_to_be_checked()
    every.check()
    expect(page.locator("input[name=id]:checked")).to_have_count(number)
    expect(count).to_have_text(f"已选 {number} 条")
    rows.first.uncheck()
    expect(count).to_have_text(f"已选 {number - 1} 条")
    expect(every).not_to_be_checked()
    assert every.evaluate("box => box.indeterminate")
    rows.first.check()
    expect(every).to_be_checked()
    every.uncheck()
    expect(page.locator("input[name=id]:checked")).to_have_count(0)
    expect(count).to_have_text("")
    assert complaints_of(page) == []
    assert fits(page)


def test_what_was_done_to_several_rows_is_told_and_taken_back(open_page) -> None:
    page = open_page("shequ")
    page.goto(SLOTS)
    for n in (0, 1):
        page.locator("input[name=id]").nth(n).check()
    days = page.locator("tbody tr th a").all_inner_texts()[:2]
    page.locator("summary", has_text="停止预约").click()
    page.get_by_role("button", name="对选中的行：停止预约").click()
    expect(page.locator("main")).to_contain_text("已完成 2 条")
    page.get_by_role("button", name=re.compile("恢复预约|撤销")).first.click()
    expect(page.locator("main")).to_contain_text("已完成 2 条")
    page.goto(SLOTS)
    assert page.locator("tbody tr th a").all_inner_texts()[:2] == days
