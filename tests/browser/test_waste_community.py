"""Waste sorting as those meet it who work for a community: rosters, rounds, weights, rankings, and who sees them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from linli.testing.chromium import complaints_of, fits

pytestmark = pytest.mark.thorough

ADMIN = "/s/jinsong/c/110105017036/admin"
#: Each width and each language once; the second pair belongs to the night.
SEEN = [(1280, "zh_CN"), pytest.param(390, "en", marks=pytest.mark.nightly)]


def _whole(page: Any) -> None:
    """Nobody is kept out, and nothing goes sideways."""
    assert complaints_of(page) == []
    assert fits(page)


def _number(text: str) -> float:
    return float(re.search(r"[\d,]+(\.\d+)?", text)[0].replace(",", ""))


class TestTheRoster:
    @pytest.mark.parametrize(("width", "locale"), SEEN)
    def test_a_gap_of_the_week_is_filled_by_hand_and_opened_again(self, enter, go, width, locale) -> None:
        page, w = enter("shequ", width, locale)
        go(page, w("垃圾分类"), w("桶站值守"))
        # The next week has hours that are still to come, whatever the day.
        page.get_by_role("link", name=w("下一期")).click()
        note = page.locator("#list .note").first
        expect(note).to_contain_text(re.compile(r"\d"))
        _whole(page)
        week, missing = page.url, int(_number(note.inner_text()))
        gap = page.locator("#list a", has=page.locator(".badge-warn")).first
        gap.click()
        name = f"替班的老张 {locale}"
        page.get_by_label(w("没有登记的人：姓名")).fill(name)
        page.get_by_role("button", name=w("安排"), exact=True).last.click()
        row = page.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text(w("工作人员安排"))
        _whole(page)
        shift = page.url
        page.goto(week)
        if missing > 1:
            expect(note).to_have_text(w("这一周还缺 {n} 人次。", n=missing - 1))
        else:
            expect(note).to_have_count(0)
        page.goto(shift)
        row.locator("summary", has_text=w("取消此人")).click()
        row.get_by_role("button", name=w("确定取消")).click()
        expect(row).to_have_count(0)
        page.goto(week)
        expect(note).to_have_text(w("这一周还缺 {n} 人次。", n=missing))

    def test_a_plan_without_hours_says_how_they_are_written(self, enter, go) -> None:
        page, w = enter("shequ", 390, "en")
        go(page, w("垃圾分类"), w("桶站值守"), w("安排值守"))
        page.get_by_label(w("时段")).fill("早上")
        page.get_by_role("button", name=w("安排"), exact=True).click()
        expect(page.locator(".faults")).to_contain_text(w("时段"))
        expect(page.locator(".faults")).to_contain_text(re.compile(r"\d{1,2}:\d\d"))
        _whole(page)


class TestARound:
    @pytest.mark.parametrize(("width", "locale"), SEEN)
    def test_walked_from_station_to_station_and_ended(self, enter, go, width, locale) -> None:
        page, w = enter("shequ", width, locale)
        go(page, w("垃圾分类"), w("分类检查"), w("开始巡查"))
        page.get_by_text("示范小区甲", exact=True).click()
        page.get_by_role("button", name=w("开始"), exact=True).click()
        expect(page.locator("main")).to_contain_text(w("一个站一个站地看"))
        _whole(page)
        page.locator("main a.button[href*='/stations/']").first.click()
        for group in page.locator("fieldset", has=page.locator("input[type=radio]")).all():
            group.get_by_text(w("是"), exact=True).click()
        _whole(page)
        page.get_by_role("button", name=w("保存，接着看投放")).click()
        # Nothing chosen: the fault names the question.
        page.get_by_role("button", name=w("记下"), exact=True).click()
        expect(page.locator(".faults")).to_contain_text(w("结果"))
        _whole(page)
        page.get_by_text(w("正确"), exact=True).first.click()
        page.get_by_role("button", name=w("记下"), exact=True).click()
        expect(page.get_by_role("table").get_by_text(w("正确"), exact=True)).to_be_visible()
        page.get_by_role("link", name=w("回到巡查"), exact=True).click()
        page.locator("summary", has_text=re.compile(rf"^\s*{w('结束巡查')}\s*$")).click()
        page.get_by_role("button", name=w("确定结束")).click()
        expect(page.get_by_role("table", name=w("投放得对不对"))).to_be_visible()
        expect(page.get_by_role("table", name=w("投放点检查"))).to_contain_text(w("达标"))
        _whole(page)
        go(page, w("分类检查"))
        expect(page.get_by_role("row").nth(1)).to_contain_text("示范小区甲")
        expect(page.get_by_role("row").nth(1)).to_contain_text(w("已结束"))


class TestWeights:
    @pytest.mark.parametrize(("width", "locale"), SEEN)
    def test_letters_are_refused_what_is_implausible_is_asked_and_counts(self, enter, go, width, locale) -> None:
        page, w = enter("shequ", width, locale)
        total = self._total(page, w)
        go(page, w("垃圾分类"), w("清运记录"), w("登记清运"))
        page.get_by_label(w("小区"), exact=True).select_option(label="示范小区甲")
        page.get_by_label(w("垃圾"), exact=True).select_option(label=w("其他垃圾"))
        kilograms = page.get_by_label(re.compile(f"^{w('公斤')}"))
        kilograms.fill("很多")
        send = page.get_by_role("button", name=w("登记"), exact=True)
        send.click()
        faults = page.locator(".faults")
        expect(faults).to_contain_text(w("公斤") + ": " + w("应当是数字") + w("（{allowed}）", allowed=w("例如 12.5")))
        expect(kilograms).to_have_attribute("aria-invalid", "true")
        expect(kilograms).to_have_value("很多")
        _whole(page)
        kilograms.fill("9000")
        send.click()
        doubt = page.get_by_label(w("数字没错"))
        expect(doubt).to_be_visible()
        expect(faults).to_contain_text("9,000")
        _whole(page)
        meanwhile = page.context.new_page()
        assert self._total(meanwhile, w) == total
        meanwhile.close()
        doubt.check()
        send.click()
        said = w("已登记：{category} {amount}", category=w("其他垃圾"), amount="9,000")
        expect(page.locator("#toast-stand, .flash").filter(has_text=said)).to_be_visible()
        assert self._total(page, w) == pytest.approx(total + 9000)
        # It is struck out with a reason, stays to be read, and no longer counts.
        go(page, w("垃圾分类"), w("清运记录"))
        page.get_by_role("row").filter(has_text="9,000").get_by_role("link").first.click()
        page.get_by_role("button", name=w("划掉"), exact=True).click()
        expect(faults).to_contain_text(w("理由") + ": " + w("必须填写"))
        page.get_by_label(w("理由")).fill("登记了两次")
        page.get_by_role("button", name=w("划掉"), exact=True).click()
        expect(page.locator("main")).to_contain_text("登记了两次")
        _whole(page)
        assert self._total(page, w) == pytest.approx(total)

    def _total(self, page: Any, w: Any) -> float:
        page.goto(f"{ADMIN}/waste_sorting/ledger")
        return _number(page.locator(".stat").filter(has_text=w("公斤")).first.inner_text())


class TestASlot:
    def test_of_a_day_that_is_past_is_not_offered(self, enter, go) -> None:
        page, w = enter("shequ", 390, "en")
        go(page, w("垃圾分类"), w("上门回收"), w("回收时段"), w("新建时段"))
        _whole(page)
        page.get_by_label(w("日期"), exact=True).fill("2020-01-02")
        page.get_by_label(w("几点到几点")).fill("9:00-11:30")
        page.get_by_role("button", name=w("保存"), exact=True).click()
        fault = page.locator(".faults").get_by_role("link").filter(has_text=re.compile(f"^{w('日期')}:"))
        expect(fault).to_contain_text(w("今天起一年以内"))
        _whole(page)


class TestARanking:
    @pytest.mark.parametrize(
        ("width", "locale", "subject", "phone"), [(1280, "zh_CN", "各小区", 390), (390, "en", "各楼栋", 1280)]
    )
    def test_drafted_read_over_and_published_as_a_notice(self, enter, go, width, locale, subject, phone) -> None:
        page, w = enter("shequ", width, locale)
        go(page, w("垃圾分类"), w("指标和排名"))
        _whole(page)
        go(page, w("月度排名"))
        month = page.get_by_label(w("月份"))
        # The first month of the records has no ranking yet.
        chosen = month.locator("option").filter(has_text=re.compile(r"\d{4}-\d\d")).nth(2).inner_text()
        month.select_option(label=chosen)
        page.get_by_label(w("排什么")).select_option(label=w(subject))
        page.get_by_role("button", name=w("起草"), exact=True).click()
        expect(page.locator("main .badge").first).to_have_text(w("草稿"))
        _whole(page)
        title = page.get_by_role("heading", level=1).inner_text()
        page.get_by_role("button", name=w("核对无误")).click()
        page.locator("summary", has_text=re.compile(rf"^\s*{w('公布')}\s*$")).click()
        page.get_by_role("button", name=w("确定公布")).click()
        expect(page.locator("main .badge").first).to_have_text(w("已公布"))
        resident, r = enter("jumin", phone, locale)
        go(resident, r("公告公示"))
        year, n = chosen.split("-")
        notice = resident.get_by_role("link").filter(has_text=f"{year}年{int(n)}月垃圾分类排名（{subject}）")
        notice.first.click()
        expect(resident.get_by_role("heading", level=1)).to_contain_text(f"{int(n)}月")
        expect(resident.get_by_role("table")).to_be_visible()
        _whole(resident)
        go(resident, r("垃圾分类"), r("分类结果"))
        expect(resident.locator(".card").last).to_contain_text(title)
