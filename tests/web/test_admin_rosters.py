"""Bringing a roster in through the portal: upload, wait, read the faults, correct, preview, confirm."""

from __future__ import annotations

import html
import io
import time
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import func, select

from linli.house import House
from linli.residents.models import Resident, RosterImport
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World

HEADER = "楼栋,单元,房号,姓名,手机,身份"
GOOD = f"{HEADER}\n1,1,401,名册甲,13800000001,业主\n1,1,401,名册乙,,家属\n"
BAD = f"{HEADER}\n1,1,401,名册丙,1380000,其他\n1,1,,名册丁,,其他\n"
LODGERS = f"{HEADER}\n1,1,401,借住甲,13800000003,其他\n"


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def admin(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}/admin"


@pytest.fixture
def signed_in(browser: Browser, here: CommunityWorld) -> Browser:
    return browser.sign_in_as(here.administrator)


def upload(browser: Browser, admin: str, here: CommunityWorld, text: str, name: str = "名册.csv") -> str:
    answer = browser.post(
        f"{admin}/rosters",
        {"compound_id": str(here.compound)},
        files={"file": (name, text.encode(), "text/csv")},
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def settled(browser: Browser, page: str) -> str:
    """The import's page once nothing is under way any more."""
    text = ""
    for _attempt in range(200):
        text = html.unescape(browser.get(page).text)
        if 'hx-trigger="every 2s"' not in text:
            return text
        time.sleep(0.05)
    raise AssertionError(f"still waiting: {text}")


def people(house: House, here: CommunityWorld, name: str) -> int:
    with house.database.unit_of_work(here.scope) as session:
        return session.scalar(select(func.count()).where(Resident.name == name)) or 0


class TestTheWholeWay:
    def test_a_good_roster_is_previewed_and_written_once(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        page = upload(signed_in, admin, here, GOOD)
        preview = settled(signed_in, page)
        assert "全部 2 行检查通过" in preview
        assert "名册甲" in preview
        assert "138****0001" in preview
        assert "13800000001" not in preview
        assert people(module_house, here, "名册甲") == 0
        for _click in range(2):
            assert signed_in.post(f"{page}/commit").status_code == 303
        assert "已写入 2 行" in settled(signed_in, page)
        assert signed_in.post(f"{page}/commit").status_code == 303
        assert people(module_house, here, "名册甲") == 1
        history = html.unescape(signed_in.get(f"{admin}/rosters").text)
        assert "名册.csv" in history
        assert "已导入" in history
        assert "名册.csv" in html.unescape(signed_in.get(admin).text)

    def test_each_bad_cell_is_marked_with_why_and_what_is_allowed(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        page = upload(signed_in, admin, here, BAD)
        text = settled(signed_in, page)
        assert "共 2 行，其中 2 行有错" in text
        assert "第 2 行" in text
        assert '<span class="bad-cell">1380000</span>' in text
        assert "11 位手机号" in text
        assert "第 3 行" in text
        rows = html.unescape(signed_in.get(f"{page}?show=rows").text)
        assert '<span class="bad-cell">1380000</span>' in rows
        assert "名册丁" in rows
        refused = signed_in.post(f"{page}/commit")
        assert refused.status_code == 422
        assert "还没有检查通过" in refused.text
        assert people(module_house, here, "名册丙") == 0

    def test_the_file_comes_back_with_its_faults_and_goes_in_again_corrected(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        page = upload(signed_in, admin, here, BAD)
        settled(signed_in, page)
        marked = signed_in.get(f"{page}/errors")
        assert marked.status_code == 200
        assert "attachment" in marked.headers["content-disposition"]
        text = marked.content.decode("utf-8-sig")
        assert "名册丙" in text
        assert "11 位手机号" in text
        corrected = text.replace("1380000,", "13800000009,").replace("1,1,,名册丁", "1,1,401,名册丁")
        assert "检查通过" in settled(signed_in, upload(signed_in, admin, here, corrected))

    def test_a_discarded_roster_is_gone_and_a_second_click_is_harmless(
        self, signed_in: Browser, module_house: House, here: CommunityWorld, admin: str
    ) -> None:
        page = upload(signed_in, admin, here, LODGERS)
        settled(signed_in, page)
        for _click in range(2):
            assert signed_in.post(f"{page}/discard").status_code == 303
        assert "这次导入已放弃" in settled(signed_in, page)
        assert people(module_house, here, "借住甲") == 0

    def test_a_ready_roster_can_be_checked_again(self, signed_in: Browser, here: CommunityWorld, admin: str) -> None:
        page = upload(signed_in, admin, here, LODGERS)
        settled(signed_in, page)
        assert signed_in.post(f"{page}/recheck").status_code == 303
        assert "检查通过" in settled(signed_in, page)


class TestBadFiles:
    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("旧表.xls", b"\xd0\xcf\x11\xe0rest", "请另存为 .xlsx 再上传"),
            ("空的.csv", b"", "文件是空的"),
            ("图片.png", b"\x89PNG\r\n", "请上传 .xlsx 或 .csv 文件"),
            ("坏的.xlsx", b"PK\x03\x04broken", ""),
            ("没有标题.csv", "甲,乙\n1,2\n".encode(), ""),
        ],
    )
    def test_what_is_no_roster_is_refused_beside_the_field(
        self, signed_in: Browser, here: CommunityWorld, admin: str, name: str, content: bytes, told: str
    ) -> None:
        answer = signed_in.post(
            f"{admin}/rosters",
            {"compound_id": str(here.compound)},
            files={"file": (name, content, "application/octet-stream")},
        )
        assert answer.status_code == 422
        assert 'id="f-file-fault"' in answer.text
        assert told in answer.text
        assert f'value="{here.compound}" selected' in answer.text

    def test_no_file_at_all_and_one_that_is_too_large(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        answer = signed_in.post(f"{admin}/rosters", {"compound_id": str(here.compound)})
        assert answer.status_code == 422
        assert "请选择文件" in answer.text
        content = b"x" * (20 * 1024 * 1024 + 1)
        large = signed_in.post(
            f"{admin}/rosters",
            {"compound_id": str(here.compound)},
            files={"file": ("大.csv", content, "text/csv")},
        )
        assert large.status_code == 422
        assert 'id="f-file-fault"' in large.text
        assert "20" in html.unescape(large.text).partition('id="f-file-fault"')[2][:400]


class TestWhoMaySee:
    def test_imports_of_others_are_not_there(
        self, signed_in: Browser, browser: Browser, world: World, here: CommunityWorld, admin: str
    ) -> None:
        own = upload(signed_in, admin, here, GOOD, "只有本社区看得到.csv")
        settled(signed_in, own)
        import_id = own.rpartition("/")[2]
        for other in (world.here.communities[1], world.there.communities[0]):
            browser.sign_in_as(other.administrator)
            there = f"/s/{other.street_code}/c/{other.code}/admin"
            assert "只有本社区看得到" not in browser.get(f"{there}/rosters").text
            for path in ("", "/errors"):
                assert browser.get(f"{there}/rosters/{import_id}{path}").status_code == 404
            for act in ("commit", "discard", "recheck"):
                assert browser.post(f"{there}/rosters/{import_id}/{act}").status_code == 404
            assert browser.get(f"{admin}/rosters").status_code == 403
        assert browser.sign_in_as(here.administrator).get(f"{admin}/rosters/{uuid4()}").status_code == 404

    def test_a_compound_of_another_community_takes_no_roster(
        self, signed_in: Browser, module_house: House, world: World, admin: str
    ) -> None:
        foreign = world.here.communities[1]
        answer = signed_in.post(
            f"{admin}/rosters",
            {"compound_id": str(foreign.compound)},
            files={"file": ("名册.csv", GOOD.encode(), "text/csv")},
        )
        assert answer.status_code == 404
        with module_house.database.unit_of_work(foreign.scope) as session:
            assert session.scalar(select(func.count(RosterImport.id))) == 0

    def test_stewards_residents_and_visitors_do_not_import(
        self, browser: Browser, here: CommunityWorld, admin: str
    ) -> None:
        for account in (here.steward, here.resident_account):
            browser.sign_in_as(account)
            assert browser.get(f"{admin}/rosters").status_code == 403
            assert browser.post(f"{admin}/rosters/export", {}).status_code == 403
        browser.sign_out()
        assert browser.get(f"{admin}/rosters").status_code == 303


class TestFilesToSave:
    def test_the_template_has_the_columns(self, signed_in: Browser, admin: str) -> None:
        answer = signed_in.get(f"{admin}/rosters/template")
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
        titles = [cell.value for cell in sheet[1]]
        assert {"楼栋", "房号", "姓名"} <= set(titles)

    def test_the_export_is_masked_and_goes_in_again_unchanged(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        answer = signed_in.post(f"{admin}/rosters/export", {"compound_id": str(here.compound), "file_format": "csv"})
        assert answer.status_code == 200
        text = answer.content.decode("utf-8-sig")
        assert "测试居民1" in text
        assert "****" in text
        again = settled(signed_in, upload(signed_in, admin, here, text, "导出.csv"))
        assert "检查通过" in again

    def test_whole_numbers_are_exported_for_a_reason_only(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        wanted = {"compound_id": str(here.compound), "file_format": "csv", "full": "1"}
        refused = signed_in.post(f"{admin}/rosters/export", wanted)
        assert refused.status_code == 422
        assert "请填写导出完整号码的原因" in refused.text
        given = signed_in.post(f"{admin}/rosters/export", wanted | {"reason": "换届核对"})
        assert "1990000" in given.content.decode("utf-8-sig")
