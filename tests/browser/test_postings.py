"""A posting from draft to closed snapshot, with an objection answered and the code on its poster opened."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from linli.testing.chromium import fits

pytestmark = pytest.mark.thorough

_TITLE = "浏览器里公示的维修方案"
_PASSED = """
SET session_replication_role = replica;
UPDATE plugin_notices.notice
   SET posting_from = posting_from - {days}, posting_to = posting_to - {days},
       published_at = published_at - {days} * interval '1 day'
 WHERE id = '{notice}';
UPDATE plugin_notices.objection
   SET filed_at = filed_at - {days} * interval '1 day', takes_until = takes_until - {days} * interval '1 day'
 WHERE notice_id = '{notice}';
UPDATE core.job SET run_after = now() WHERE task = 'notices.close_notice' AND args->>'notice_id' = '{notice}';
UPDATE core.job_doorbell SET due_at = now();
"""


def _code_on(pdf: bytes) -> str:
    """What a telephone reads from the poster on the wall: the page as it is printed, at 150 dots an inch."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        printed = document[0].render(scale=150 / 72).to_pil()
    finally:
        document.close()
    [found] = zxingcpp.read_barcodes(printed.convert("L"))
    return found.text


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A picture of a plan, as a camera gives it."""
    picture = io.BytesIO()
    Image.new("RGB", (900, 600), "#4f7f5f").save(picture, "JPEG")
    path = tmp_path / "施工范围图.jpg"
    path.write_bytes(picture.getvalue())
    return path


class TestAPosting:
    def test_goes_from_draft_to_a_closed_record_and_from_the_poster_to_its_page(self, open_page, demo, plan) -> None:
        resident = open_page("jumin", width=390)
        resident.get_by_role("link", name="我的信息").last.click()
        name = resident.locator("#stored dd").first.inner_text()

        # Drafted from a template, with days, a reach, a picture and, by mistake, a name and a door.
        office = open_page("shequ")
        office.get_by_role("link", name="公告公示").first.click()
        office.get_by_role("link", name="起草公告").first.click()
        office.get_by_role("link", name=re.compile("维修方案公示")).first.click()
        office.get_by_label("标题").fill(_TITLE)
        office.get_by_label("正文").fill(
            f"拟更换楼道照明。\n\n- 联系人：{name}，2号楼1单元301室\n- 费用从公共收益中支出"
        )
        office.locator("#f-reach").get_by_label(re.compile("^示范小区")).first.check()
        office.get_by_label("展示多久").fill("5")
        office.get_by_label("天", exact=True).check()
        office.get_by_label("接受意见的天数").fill("")
        office.get_by_label("对外公开：不登录也能看到").check()
        office.get_by_role("button", name="预览").click()
        expect(office.locator("#preview")).to_contain_text("费用从公共收益中支出")
        office.get_by_role("button", name="保存草稿").click()
        expect(office.locator("main")).to_contain_text("居民还看不到")
        notice = office.url.split("?")[0]
        office.get_by_label("添加附件").set_input_files(plan)
        office.get_by_role("button", name="上传").click()
        expect(office.get_by_role("link", name="施工范围图.jpg")).to_be_visible()
        assert open_page().goto(notice.replace("/admin/", "/")).status == 404

        # It is public: what looks like personal data is masked before it is published.
        office.get_by_role("link", name="检查个人信息").click()
        expect(office.locator("main")).to_contain_text(name)
        office.get_by_role("button", name=re.compile("打码")).first.click()
        office.goto(notice)
        expect(office.locator("article")).not_to_contain_text(name)
        office.locator("summary", has_text=re.compile(r"^\s*发布\s*$")).click()
        office.get_by_role("button", name="确定发布").click()
        expect(office.locator("main")).to_contain_text("展示中")

        # A resident hears of it, reads it, and objects.
        resident.goto(notice.replace("/admin/", "/"))
        expect(resident.get_by_role("link", name="施工范围图.jpg")).to_be_visible()
        resident.get_by_role("button", name="我已阅读").click()
        expect(resident.locator("main")).to_contain_text("您已阅读")
        resident.get_by_role("link", name="提异议或意见").click()
        resident.get_by_label("异议", exact=True).check()
        resident.get_by_label("内容").fill("费用应当先由业主商议。")
        assert fits(resident)
        resident.get_by_role("button", name="提交").click()
        expect(resident.locator("main")).to_contain_text("费用应当先由业主商议。")
        mine = resident.url.split("?")[0]

        # The office answers without learning who it was.
        office.goto(notice)
        office.get_by_role("link", name="查看和答复").click()
        office.get_by_role("link", name=re.compile("费用应当先由业主商议")).click()
        expect(office.locator("main")).not_to_contain_text(name)
        office.get_by_label("采纳", exact=True).check()
        office.get_by_label("答复内容").fill("已安排业主代表商议。")
        office.get_by_role("button", name="答复并通知提出人").click()
        expect(office.locator("main")).to_contain_text("已安排业主代表商议。")
        resident.goto(mine)
        expect(resident.locator("main")).to_contain_text("已安排业主代表商议。")

        # Its days pass, and it closes by itself.
        with demo.database() as database:
            database.execute(_PASSED.format(days=6, notice=notice.rsplit("/", 1)[1]))
        for _try in range(40):
            office.goto(notice)
            if office.get_by_role("link", name="核对存档").count():
                break
            office.wait_for_timeout(1000)
        expect(office.get_by_role("link", name="核对存档")).to_be_visible()
        expect(office.locator("main")).to_contain_text("已结束")
        assert office.get_by_role("button", name="上传").count() == 0

        # The poster is fetched and printed, and its code is read by somebody who has no account.
        with office.expect_download() as coming:
            office.get_by_role("link", name="A4 海报").click()
        address = _code_on(Path(coming.value.path()).read_bytes())
        assert address == notice.replace("/admin/", "/")
        passer = open_page(width=390)
        assert passer.goto(address).status == 200
        seen = passer.locator("main")
        expect(seen).to_contain_text(_TITLE)
        expect(seen).to_contain_text("费用应当先由业主商议。")
        expect(seen).to_contain_text("已安排业主代表商议。")
        expect(seen).to_contain_text(f"{name[0]}*")
        for hidden in (name, "301", "1单元"):
            expect(seen).not_to_contain_text(hidden)
        assert fits(passer)

        # Anybody may hold the record against its fingerprint.
        passer.get_by_role("link", name="核对存档").click()
        expect(seen).to_contain_text("核对一致")
        told = passer.locator("dl.hashes code").first.inner_text()
        with passer.expect_download() as coming:
            passer.get_by_role("link", name=re.compile(r"notice-record-\d+")).click()
        content = Path(coming.value.path()).read_bytes()
        assert hashlib.sha256(content).hexdigest() == told
        assert "费用应当先由业主商议。" in content.decode()
        assert name not in content.decode()
        assert fits(passer)
