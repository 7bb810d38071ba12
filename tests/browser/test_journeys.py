"""What each of the three people does on an ordinary day, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from linli.testing.chromium import fits

pytestmark = pytest.mark.thorough


class TestStreetStaff:
    def test_they_find_a_community_and_switch_a_plugin_there(self, open_page, demo) -> None:
        page = open_page("jiedao")
        expect(page).to_have_url(re.compile("/console$"))
        page.get_by_label("查找社区").fill("磨房北里")
        page.get_by_role("button", name="查询").click()
        expect(page.get_by_role("link", name=re.compile("磨房北里社区")).first).to_be_visible()
        page.get_by_role("link", name="功能插件").first.click()
        page.get_by_role("link", name=re.compile("公告公示")).last.click()
        row = page.get_by_role("row", name=re.compile("磨房北里社区"))
        row.get_by_role("button", name="启用").click()
        expect(page.get_by_role("row", name=re.compile("磨房北里社区"))).to_contain_text("已启用")
        visitor = open_page()
        home = _home_of(page, "磨房北里社区")
        assert visitor.goto(f"{home}/notices").status == 200
        page.get_by_role("row", name=re.compile("磨房北里社区")).get_by_role("button", name="停用").click()
        expect(page.get_by_role("row", name=re.compile("磨房北里社区"))).not_to_contain_text("已启用")
        assert visitor.goto(f"{home}/notices").status == 404

    def test_what_they_did_is_on_record(self, open_page) -> None:
        page = open_page("jiedao")
        page.get_by_role("link", name="操作记录").first.click()
        expect(page.locator("main")).to_contain_text("演示街道管理员")


def _home_of(page, community: str) -> str:
    code = {"磨房北里社区": "110105017045"}.get(community)
    return f"/s/jinsong/c/{code}" if code else ""


class TestCommunityAdministrator:
    def test_they_make_a_compound_with_a_building_of_many_dwellings(self, open_page) -> None:
        page = open_page("shequ")
        page.get_by_role("link", name="小区和楼栋").first.click()
        page.get_by_role("link", name=re.compile("新建小区|添加小区")).first.click()
        page.get_by_label("小区名称").fill("浏览器小区")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("浏览器小区")

    def test_a_roster_with_a_fault_is_explained_mended_and_taken_in(self, open_page, tmp_path: Path) -> None:
        page = open_page("shequ")
        page.get_by_role("link", name="名册导入").first.click()
        head = "楼栋,单元,房号,姓名,手机号,面积\n"
        faulty, good = tmp_path / "faulty.csv", tmp_path / "good.csv"
        faulty.write_text(head + "90号楼,1单元,101,测试甲,12345,60\n", encoding="utf-8")
        good.write_text(head + "90号楼,1单元,101,测试甲,19900009001,60\n", encoding="utf-8")
        page.get_by_label("文件").set_input_files(faulty)
        page.get_by_role("button", name="上传并检查").click()
        expect(page.locator("main")).to_contain_text(re.compile("手机|电话"), timeout=30_000)
        expect(page.locator("main")).to_contain_text("12345", timeout=30_000)
        page.get_by_role("link", name="名册导入").first.click()
        page.get_by_label("文件").set_input_files(good)
        page.get_by_role("button", name="上传并检查").click()
        page.get_by_role("button", name=re.compile("确认")).click(timeout=30_000)
        expect(page.locator("main")).to_contain_text(re.compile("已写入|已导入|完成"), timeout=30_000)
        page.get_by_role("link", name="居民", exact=True).first.click()
        page.get_by_label("查找居民").fill("测试甲")
        page.get_by_role("button", name="查询").click()
        expect(page.get_by_role("link", name="测试甲")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("19900009001")

    def test_a_notice_goes_from_draft_to_the_residents_phones(self, open_page) -> None:
        page = open_page("shequ")
        page.get_by_role("link", name="公告公示").first.click()
        page.get_by_role("link", name=re.compile("起草|新建")).first.click()
        page.get_by_role("link", name="从空白开始").click()
        page.get_by_label("标题").fill("浏览器里起草的公告")
        page.get_by_label("正文").fill("楼道照明周三检修。\n\n- 上午一单元\n- 下午二单元")
        page.get_by_role("button", name="保存草稿").click()
        resident = open_page("jumin", width=390)
        resident.get_by_role("link", name="公告公示").first.click()
        expect(resident.locator("main")).not_to_contain_text("浏览器里起草的公告")
        # The first click opens the question, the second one answers it.
        page.locator("summary", has_text=re.compile("^\\s*发布\\s*$")).click()
        page.get_by_role("button", name=re.compile("发布")).first.click()
        expect(page.locator("main")).to_contain_text(re.compile("已发布|展示中"))
        resident.reload()
        resident.get_by_role("link", name="浏览器里起草的公告").click()
        expect(resident.locator("main")).to_contain_text("上午一单元")
        assert fits(resident)


class TestResident:
    def test_they_see_their_home_and_what_is_stored_about_them(self, open_page) -> None:
        page = open_page("jumin", width=390)
        expect(page.locator("main")).to_contain_text("我的家")
        page.get_by_role("link", name="我的家").last.click()
        expect(page.locator("main")).to_contain_text("1单元")
        page.get_by_role("link", name="我的信息").last.click()
        expect(page.locator("main")).to_contain_text("199****")
        assert fits(page)

    def test_they_change_the_language_and_the_size_of_type(self, open_page) -> None:
        page = open_page("jumin", width=390)
        before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
        page.get_by_role("link", name="使用大字").click()
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > before
        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("link", name="My home").first).to_be_visible()

    def test_others_portals_stay_shut(self, open_page) -> None:
        page = open_page("jumin", width=390)
        assert page.goto("/s/jinsong/console").status == 403
        assert page.goto("/s/jinsong/c/110105017036/admin/residents").status == 403
        expect(page.locator("main")).not_to_contain_text("居民0001")


class TestWithoutScripts:
    def test_signing_in_and_reading_work(self, open_page) -> None:
        page = open_page("jumin", width=390, scripts=False)
        page.get_by_role("link", name="公告公示").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("公告公示")

    def test_a_wrong_password_says_so_and_keeps_the_name(self, open_page) -> None:
        page = open_page(scripts=False)
        page.goto("/account/sign-in")
        page.get_by_label("用户名或手机号").fill("jumin")
        page.get_by_label("密码").fill("not the password")
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_label("用户名或手机号")).to_have_value("jumin")
        expect(page.locator("main")).to_contain_text(re.compile("密码|不对|不正确"))
