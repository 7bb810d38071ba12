"""A resident's own data from request to export, and a look at a number with what it leaves behind."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from linli.testing.chromium import fits

pytestmark = pytest.mark.thorough


class TestMyData:
    def test_from_the_request_to_the_file(self, open_page) -> None:
        page = open_page("jumin", width=390)
        page.get_by_role("link", name="我的信息").last.click()
        expect(page.locator("main")).to_contain_text("199****")
        assert fits(page)
        page.get_by_role("button", name="要一份副本").click()
        expect(page.locator("main")).to_contain_text(re.compile("正在制作|下载副本"))
        for _try in range(20):
            if page.get_by_role("link", name="下载副本").count():
                break
            page.wait_for_timeout(1000)
            page.reload()
        assert fits(page)
        with page.expect_download() as coming:
            page.get_by_role("link", name="下载副本").click()
        with zipfile.ZipFile(coming.value.path()) as archive:
            data = json.loads(archive.read("data.json"))
            words = archive.read("index.html").decode()
        sections = {each["title"]: each["rows"] for each in data["sections"]}
        phone = sections["居民登记"][0]["phone"]
        assert re.fullmatch(r"199\d{8}", phone), "their own number, whole"
        assert phone in words
        page.goto(page.url)
        page.get_by_role("link", name="我的信息").last.click()
        page.get_by_role("button", name="要一份副本").click()
        expect(page.locator("body")).to_contain_text("每天可以要一份副本")

    def test_a_correction_reaches_the_office_and_comes_back(self, open_page) -> None:
        page = open_page("jumin", width=390, scripts=False)
        page.get_by_role("link", name="我的信息").last.click()
        page.get_by_role("link", name="改正信息").click()
        page.get_by_label("备注").fill("需要电梯")
        page.get_by_role("button", name="提交").click()
        expect(page.locator("main")).to_contain_text("待办理")
        office = open_page("shequ")
        office.get_by_role("link", name="个人信息请求").first.click()
        row = office.get_by_role("row").filter(has_text="改正").filter(has_text="待办理").first
        row.get_by_role("link").click()
        expect(office.locator("main")).to_contain_text("需要电梯")
        office.get_by_label("同意", exact=True).check()
        office.get_by_label("理由").fill("已核对")
        office.get_by_role("button", name="提交").click()
        expect(office.locator("main")).to_contain_text("已完成")
        page.reload()
        expect(page.locator("main")).to_contain_text("已核对")


class TestALookAtANumber:
    def test_is_on_record_and_told_to_its_person(self, open_page) -> None:
        resident = open_page("jumin", width=390)
        resident.get_by_role("link", name="我的信息").last.click()
        mask = re.search(r"199\*{4}\d{4}", resident.locator("main").inner_text())[0]
        office = open_page("shequ")
        office.get_by_role("link", name="居民", exact=True).first.click()
        name = resident.locator("#stored dd").first.inner_text()
        office.get_by_label("查找居民").fill(name)
        office.get_by_role("button", name="查询").click()
        office.get_by_role("link", name=name).first.click()
        expect(office.locator("main")).to_contain_text(mask)
        office.get_by_label("具体原因").fill("通知停水检修")
        office.get_by_role("button", name="查看", exact=True).click()
        shown = re.search(r"199\d{8}", office.locator("main").inner_text())
        assert shown is not None
        assert (shown[0][:3], shown[0][-4:]) == (mask[:3], mask[-4:])
        office.get_by_role("link", name="操作记录").first.click()
        expect(office.locator("main")).to_contain_text("通知停水检修")
        assert shown[0] not in office.locator("main").inner_text(), "the trail keeps no number"
        resident.reload()
        expect(resident.locator("#reveals")).to_contain_text("通知停水检修")
        assert fits(resident)
