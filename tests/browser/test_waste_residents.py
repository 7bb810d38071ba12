"""Waste sorting as residents meet it, on a phone and on a desk, in both languages; who it concerns sees it too."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from linli.testing.chromium import complaints_of, fits

pytestmark = pytest.mark.thorough

HOME = "/s/jinsong/c/110105017036"
#: Each width and each language once; what residents do is seen by who works for the community in the other ones.
#: The second time belongs to the night.
SEEN = [(390, "zh_CN", 1280, "en"), pytest.param(1280, "en", 390, "zh_CN", marks=pytest.mark.nightly)]
#: Points that one person may give alone.
_GIVEN = 20
_PAST = """
SELECT id FROM plugin_waste_sorting.slot
 WHERE category = 'bulky' AND day < current_date
   AND community_id = (SELECT id FROM core.community WHERE code = '110105017036')
 ORDER BY day DESC LIMIT 1
"""


def _whole(page: Any) -> None:
    """Nobody is kept out, and nothing goes sideways."""
    assert complaints_of(page) == []
    assert fits(page)


def _card(page: Any, title: str) -> Any:
    return page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))


class TestWhatGoesWhere:
    @pytest.mark.parametrize(("width", "locale", "word"), [(390, "zh_CN", "cddc"), (1280, "en", "battery")])
    def test_a_word_is_enough_and_what_is_unknown_has_a_way_on(self, enter, go, width, locale, word) -> None:
        page, w = enter("jumin", width, locale)
        go(page, w("垃圾分类"), w("什么垃圾投哪里"))
        _whole(page)
        page.get_by_label(w("要扔什么")).fill(word)
        page.get_by_role("button", name=w("查询")).click()
        tiles = page.locator(".tiles .tile")
        expect(tiles.filter(has_text=w("有害垃圾")).first).to_be_visible()
        expect(page).to_have_url(re.compile(f"q={word}"))
        page.get_by_label(w("要扔什么")).fill("qqxxzz")
        page.get_by_role("button", name=w("查询")).click()
        expect(page.locator("#list")).to_contain_text(w("没有找到“{words}”", words="qqxxzz"))
        page.get_by_role("link", name=w("按种类查看")).click()
        expect(page.get_by_role("heading", name=w("本社区规定"))).to_be_visible()

    def test_pinyin_and_initials_find_the_same(self, enter, go) -> None:
        page, w = enter("jumin", 390, "zh_CN")
        go(page, w("垃圾分类"), w("什么垃圾投哪里"))
        found = []
        for word in ("dagutou", "dgt", "大骨头"):
            page.get_by_label(w("要扔什么")).fill(word)
            page.get_by_role("button", name=w("查询")).click()
            expect(page).to_have_url(re.compile("q="))
            expect(page.locator(".tile").filter(has_text="大骨头")).to_have_count(1)
            found.append(page.locator(".tile").filter(has_text="大骨头").locator(".badge").first.inner_text())
        assert set(found) == {"其他垃圾"}


class TestBooking:
    @pytest.mark.parametrize(("width", "locale", "desk", "spoken"), SEEN)
    def test_booked_confirmed_by_the_community_and_cancelled(self, enter, go, width, locale, desk, spoken) -> None:
        page, w = enter("jumin", width, locale)
        go(page, w("垃圾分类"), w("上门回收"))
        _whole(page)
        # What the home has booked already is not offered: by the hour, the next free slot is among those folded away.
        later = page.locator("details.more > summary")
        if later.count():
            later.click()
        page.get_by_role("link", name=w("预约{kind}", kind=w("大件垃圾")), exact=True).first.click()
        send = page.get_by_role("button", name=w("预约，{fee}", fee=w("不收费")))
        thing = f"浏览器里的沙发 {locale}"
        # What is wrong names its field and what is allowed there, in the language of the page.
        page.get_by_label(w("物品{n}几件", n=1), exact=True).fill("0")
        send.click()
        faults = page.locator(".faults")
        expect(faults).to_contain_text(w("提交的内容有误，请按提示修改"))
        expect(faults.get_by_role("link")).to_have_text(
            w("物品{n}几件", n=1) + ": " + w("太小") + w("（{allowed}）", allowed=w("不小于 {n}", n=1))
        )
        _whole(page)
        page.get_by_label(w("物品{n}几件", n=1), exact=True).fill("2")
        send.click()
        expect(faults.get_by_role("link")).to_contain_text(w("物品{n}", n=1))
        page.get_by_label(w("物品{n}", n=1), exact=True).fill(thing)
        send.click()
        expect(page.locator("main")).to_contain_text(thing)
        expect(page.locator("main .badge").first).to_have_text(w("待确认"))
        mine = page.url
        office, o = enter("shequ", desk, spoken)
        go(office, o("垃圾分类"), o("上门回收"))
        row = office.get_by_role("row").filter(has_text=thing)
        row.get_by_role("link").click()
        office.get_by_role("button", name=o("确认上门")).click()
        expect(office.locator("main .badge").first).to_have_text(o("已确认"))
        _whole(office)
        page.goto(mine)
        expect(page.locator("main .badge").first).to_have_text(w("已确认"))
        page.locator("summary", has_text=w("取消预约")).click()
        page.get_by_role("button", name=w("确定取消")).click()
        expect(page).to_have_url(re.compile("/bookings$"))
        go(office, o("上门回收"))
        expect(office.get_by_role("row").filter(has_text=thing)).to_have_count(0)
        page.goto(mine)
        expect(page.locator("main .badge").first).to_have_text(w("已取消"))

    def test_a_slot_that_is_past_says_so(self, enter, demo) -> None:
        with demo.database() as database:
            [past] = database.execute(_PAST).fetchone()
        page, w = enter("jumin", 390, "zh_CN")
        page.goto(f"{HOME}/waste_sorting/bookings/slots/{past}")
        expect(page.locator("main")).to_contain_text("这个时段现在不能预约")
        page.get_by_role("link", name="看别的时段").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(w("上门回收"))


class TestAFullBin:
    @pytest.mark.parametrize(("width", "locale", "desk", "spoken"), SEEN)
    def test_reported_handled_and_answered(self, enter, go, width, locale, desk, spoken) -> None:
        page, w = enter("jumin", width, locale)
        go(page, w("垃圾分类"), w("报告桶满了"))
        station = page.get_by_label(w("哪个投放点"))
        station.select_option(index=1 if locale == "en" else 2)
        chosen = station.locator("option:checked").inner_text().split("（")[0].split(" (")[0]
        page.get_by_label(w("哪种桶")).select_option(label=w("其他垃圾"))
        words = f"旁边也堆满了 {locale}"
        page.get_by_label(w("说明")).fill(words)
        page.get_by_role("button", name=w("报告"), exact=True).click()
        told = page.locator(".card").filter(has_text=w("未处理")).filter(has_text=chosen).first
        expect(told).to_contain_text(w("其他垃圾"))
        _whole(page)
        office, o = enter("shequ", desk, spoken)
        go(office, o("垃圾分类"), o("满桶报告"))
        office.get_by_role("row").filter(has_text=chosen).filter(has_text=o("其他垃圾")).get_by_role(
            "link"
        ).first.click()
        expect(office.locator("main")).to_contain_text(words)
        # Who reported is nobody's business.
        expect(office.locator("main")).not_to_contain_text("居民0003")
        office.get_by_role("button", name=o("登记"), exact=True).click()
        expect(office.locator(".faults")).to_contain_text(o("处理结果") + ": " + o("必须填写"))
        _whole(office)
        answer = f"已清运，换了空桶 {locale}"
        office.get_by_label(o("处理结果")).fill(answer)
        office.get_by_role("button", name=o("登记"), exact=True).click()
        page.reload()
        expect(page.locator(".card").filter(has_text=answer)).to_contain_text(w("已处理"))


class TestPoints:
    @pytest.mark.parametrize(("width", "locale", "desk", "spoken"), SEEN)
    def test_given_read_from_the_code_and_spent(self, enter, go, width, locale, desk, spoken) -> None:
        page, w = enter("jumin", width, locale)
        go(page, w("垃圾分类"), w("我家的积分"))
        _whole(page)
        stand = page.locator(".stat").filter(has_text=w("现有积分")).locator(".stat-value")
        before = int(stand.inner_text())
        office, o = enter("shequ", desk, spoken)
        self._give(office, o, go, _GIVEN)
        page.reload()
        expect(stand).to_have_text(str(before + _GIVEN))
        go(page, w("家庭码"))
        picture = page.get_by_role("img", name=w("您家的家庭码"))
        expect(picture).to_be_visible()
        _whole(page)
        code = page.locator("main strong").first.inner_text()
        [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())).convert("L"))
        assert code.replace(" ", "") in read.text
        go(office, o("垃圾分类"), o("扫家庭码"))
        office.get_by_label(o("家庭码")).fill("zzzz")
        office.locator("main").get_by_role("button", name=o("查找")).click()
        expect(office.locator("main .note")).to_be_visible()
        office.get_by_label(o("家庭码")).fill(code)
        office.locator("main").get_by_role("button", name=o("查找")).click()
        expect(office.locator("main")).to_contain_text(str(before + _GIVEN))
        _whole(office)
        item = office.get_by_label(o("物品"))
        item.select_option(index=1)
        cost = int(re.search(r"(\d+)", item.locator("option:checked").inner_text().split("·")[-1])[1])
        office.get_by_role("button", name=o("扣积分并交付")).click()
        expect(office.locator("main")).to_contain_text(str(before + _GIVEN - cost))
        go(page, w("我家的积分"))
        expect(stand).to_have_text(str(before + _GIVEN - cost))

    def _give(self, office: Any, o: Any, go: Any, points: int) -> None:
        go(office, o("垃圾分类"), o("积分"), o("手工发积分"))
        office.get_by_label(o("积分"), exact=True).fill("0")
        office.get_by_role("button", name=o("发放")).click()
        expect(office.locator(".faults")).to_contain_text(o("积分"))
        expect(office.locator(".faults")).to_contain_text(o("原因") + ": " + o("必须填写"))
        _whole(office)
        building = office.get_by_label(o("楼"), exact=True)
        building.select_option(building.locator("optgroup[label=示范小区乙] option").first.get_attribute("value"))
        office.get_by_label(o("单元和门牌")).fill("1单元 102")
        office.get_by_label(o("积分"), exact=True).fill(str(points))
        office.get_by_label(o("原因")).fill("参加旧物回收活动")
        # What was wrong leaves as the fields are left, and the page moves with it: whoever presses looks first.
        office.get_by_label(o("原因")).blur()
        expect(office.locator("main .field-faulty")).to_have_count(0)
        office.get_by_role("button", name=o("发放")).click()
        expect(office.locator("main")).to_contain_text("参加旧物回收活动")


class TestTheBinWatch:
    @pytest.mark.parametrize(("width", "locale", "desk", "spoken"), SEEN)
    def test_a_gap_is_filled_and_opens_again(self, enter, go, width, locale, desk, spoken) -> None:
        page, w = enter("jumin", width, locale)
        go(page, w("垃圾分类"), w("桶站值守"))
        _whole(page)
        mine = page.get_by_role("button", name=w("找人替班"))
        held = mine.count()
        page.get_by_role("button", name=w("报名"), exact=True).first.click()
        expect(mine).to_have_count(held + 1)
        last = page.locator(".card").filter(has=mine).last
        when = last.locator("strong").inner_text()
        office, o = enter("shequ", desk, spoken)
        go(office, o("垃圾分类"), o("桶站值守"))
        _whole(office)
        last.locator("summary", has_text=w("取消报名")).click()
        last.get_by_role("button", name=w("确定取消")).click()
        expect(mine).to_have_count(held)
        expect(page.locator(".card").filter(has=mine).filter(has_text=when)).to_have_count(0)


class TestResults:
    @pytest.mark.parametrize(("width", "locale"), [(390, "en"), (1280, "zh_CN")])
    def test_of_ones_own_building_and_the_month_before(self, enter, go, width, locale) -> None:
        page, w = enter("jumin", width, locale)
        go(page, w("垃圾分类"), w("分类结果"))
        _whole(page)
        own = page.locator(".card").first
        expect(own).to_contain_text("示范小区乙 1号楼")
        expect(own).to_contain_text(w("居民参与率"))
        month = page.locator(".period-nav strong")
        shown = month.inner_text()
        page.get_by_role("link", name=w("上一期")).click()
        expect(month).not_to_have_text(shown)
        page.get_by_role("link", name=w("下一期")).click()
        expect(month).to_have_text(shown)
        # A ranking names compounds and buildings, never a home.
        page.locator(".card").last.get_by_role("link").first.click()
        expect(page.get_by_role("table", name=w("各项指标"))).to_be_visible()
        expect(page.locator("main")).not_to_contain_text(re.compile(r"单元\s*\d{3}"))
        _whole(page)
