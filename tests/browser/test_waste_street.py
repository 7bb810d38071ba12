"""Waste sorting as the street office looks at it: indicators, the ledger as a file, communities side by side."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from linli.testing.chromium import complaints_of, fits

pytestmark = pytest.mark.thorough

CONSOLE = "/s/jinsong/console"
#: Each width and each language once; the second pair belongs to the night.
SEEN = [(1280, "zh_CN"), pytest.param(390, "en", marks=pytest.mark.nightly)]


def _whole(page: Any) -> None:
    """Nobody is kept out, and nothing goes sideways."""
    assert complaints_of(page) == []
    assert fits(page)


def _number(text: str) -> float:
    return float(re.search(r"[\d,]+(\.\d+)?", text)[0].replace(",", ""))


class TestIndicators:
    @pytest.mark.parametrize(("width", "locale"), SEEN)
    def test_from_the_overview_to_a_community_and_back_in_time(self, enter, go, width, locale) -> None:
        page, w = enter("jiedao", width, locale)
        figure = page.locator(".figure").filter(has_text=w("分类投放正确率"))
        expect(figure.locator(".figure-value")).to_contain_text(re.compile(r"\d"))
        _whole(page)
        go(page, w("垃圾分类"), w("指标和排名"))
        accuracy = page.locator(".stat").filter(has_text=w("分类投放正确率"))
        expect(accuracy).to_contain_text(w("目标{target}", target=w("不低于 {target}", target="75%")))
        table = page.get_by_role("table", name=w("各社区指标"))
        for name in ("劲松北社区", "劲松东社区"):
            expect(table.get_by_role("row").filter(has_text=name)).to_contain_text("%")
        _whole(page)
        month = page.locator(".period-nav strong")
        now = month.inner_text()
        page.get_by_role("link", name=w("上一期")).click()
        expect(month).not_to_have_text(now)

    def test_a_weight_in_letters_names_its_field(self, enter, go) -> None:
        page, w = enter("jiedao", 390, "en")
        go(page, w("垃圾分类"), w("指标和排名"), w("指标和权重"))
        page.goto(f"{CONSOLE}/waste_sorting/indicators/definitions/edit")
        _whole(page)
        weight = page.get_by_label(w("权重（%）")).first
        weight.fill("很重")
        page.get_by_role("button", name=w("保存为新的版本")).click()
        expect(page.locator(".faults")).to_contain_text(w("权重（%）"))
        expect(weight).to_have_value("很重")
        expect(weight).to_have_attribute("aria-invalid", "true")
        _whole(page)


class TestTheLedger:
    @pytest.mark.parametrize(("width", "locale"), SEEN)
    def test_comes_as_a_file_that_opens_and_says_what_the_page_says(
        self, enter, go, tmp_path: Path, width, locale
    ) -> None:
        page, w = enter("jiedao", width, locale)
        go(page, w("垃圾分类"), w("台账"))
        _whole(page)
        page.get_by_role("link", name=w("上一期")).click()
        expect(page).to_have_url(re.compile("month="))
        total = _number(page.locator(".stat").filter(has_text=w("公斤")).first.inner_text())
        times = int(_number(page.locator(".stat").filter(has_text=w("次清运")).first.inner_text()))
        for title, rows in ((w("导出明细"), times), (w("导出月汇总"), None)):
            with page.expect_download() as waited:
                page.get_by_role("link", name=title).click()
            assert waited.value.suggested_filename.endswith(".xlsx")
            file = tmp_path / waited.value.suggested_filename
            waited.value.save_as(file)
            head, *body = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
            column = head.index(w("重量"))
            if rows is not None:
                assert len(body) == rows
            # The sums of a month stand below its lines.
            of_compounds = [line for line in body if line[head.index(w("小区"))]]
            assert sum(float(line[column]) for line in of_compounds) == pytest.approx(total)
            assert {"劲松北社区", "劲松东社区"} <= {str(cell) for line in body for cell in line}


class TestComparison:
    @pytest.mark.parametrize(("width", "locale"), SEEN)
    def test_two_communities_side_by_side(self, enter, go, width, locale) -> None:
        page, w = enter("jiedao", width, locale)
        go(page, w("对比"))
        page.get_by_label("劲松北社区").check()
        page.get_by_role("button", name=w("对比"), exact=True).click()
        # One alone is not compared with anything, and the page says how many it takes.
        expect(page.locator("main .empty")).to_contain_text(re.compile("2.*6"))
        _whole(page)
        page.get_by_label("劲松东社区").check()
        page.get_by_role("button", name=w("对比"), exact=True).click()
        table = page.get_by_role("table", name=re.compile(w("社区对比")))
        row = table.get_by_role("row").filter(has_text=w("垃圾清运量"))
        expect(row.get_by_role("cell")).to_have_count(3)
        # The same numbers stand where each community is looked at by itself.
        shown = _number(row.get_by_role("cell").nth(1).inner_text())
        _whole(page)
        go(page, w("数据"))
        line = page.get_by_role("row").filter(has_text="劲松北社区")
        assert shown in {_number(each) for each in line.get_by_role("cell").all_inner_texts() if re.search(r"\d", each)}
        _whole(page)
