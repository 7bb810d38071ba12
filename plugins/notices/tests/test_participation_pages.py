"""Objections, posters, reach and the check for personal data, as a browser sees them."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from linli.sdk import SYSTEM, today
from linli.testing.choices import set_setting
from linli_notices import publishing, service
from linli_notices.attachments import attach
from linli_notices.schemas import NoticeCreate

PDF = ("材料.pdf", b"%PDF-1.7\n", "application/pdf")


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def portal(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}"


@pytest.fixture
def posted(module_house, own):
    """Publishes a posting that takes objections, and gives its id."""

    def make(**fields) -> UUID:
        with module_house.database.unit_of_work(own.scope) as session:
            given = {"title": "收支公示", "body": "收支情况如下。", "kind": "posting", "allows_objections": True}
            data = NoticeCreate(**{**given, "posting_to": today() + timedelta(days=5), **fields})
            notice = service.create_notice(session, SYSTEM, own.id, data)
            return publishing.publish_notice(session, SYSTEM, own.id, notice.id).id

    return make


def shown(answer) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def version_in(answer) -> str:
    match = re.search(r'name="version" value="(\d+)"', answer.text)
    assert match, answer.text
    return match[1]


class TestObjecting:
    def test_from_the_residents_form_to_the_answer_that_everybody_reads(self, browser, own, portal, posted) -> None:
        notice_id = posted(is_public=True, title="停车收费公示")
        page = f"{portal}/notices/{notice_id}"
        assert "登录后提异议或意见" in shown(browser.get(page))
        browser.sign_in_as(own.resident_account)
        assert "提异议或意见" in shown(browser.get(page))
        faulty = browser.post(f"{page}/objections/new", {"kind": "objection", "body": " "})
        assert (faulty.status_code, "必须填写" in shown(faulty)) == (422, True)
        said = {"kind": "objection", "body": "收费太高"}
        first, again = (browser.post(f"{page}/objections/new", said) for _click in range(2))
        assert first.status_code == again.status_code == 303
        mine = first.headers["location"]
        assert again.headers["location"] == mine
        edited = {"kind": "objection", "body": "收费<b>太高</b>", "version": version_in(browser.get(f"{mine}/edit"))}
        assert browser.post(f"{mine}/edit", edited).status_code == 303
        assert "收费<b>太高</b>" in html.unescape(browser.get(mine).text)
        browser.sign_out()
        assert "太高" not in shown(browser.get(page))
        browser.sign_in_as(own.administrator)
        listed = browser.get(f"{portal}/admin/notices/objections?q=太高")
        assert "停车收费公示" in shown(listed)
        assert "测试居民1" not in shown(listed)
        [link] = set(
            re.findall(rf'href="({portal}/admin/notices/objections/[0-9a-f-]{{36}})"', html.unescape(listed.text))
        )
        version = version_in(browser.get(link))
        assert browser.post(f"{link}/answer", {"version": version, "answer": "已调整"}).status_code == 422
        answer = {"version": version, "answer": "已调整", "outcome": "accepted"}
        assert browser.post(f"{link}/answer", answer).status_code == 303
        assert "测试居民1" not in shown(browser.get(link))
        assert browser.post(f"{link}/reveal", {"reason": ""}).status_code == 422
        revealed = browser.post(f"{link}/reveal", {"reason": "上门核实"})
        assert (revealed.status_code, "测试居民1" in shown(revealed)) == (200, True)
        browser.sign_out()
        read = shown(browser.get(page))
        assert "已调整" in read
        assert "测试居民1" not in read

    def test_the_export_is_filtered_and_masked(self, browser, own, portal, posted) -> None:
        page = f"{portal}/notices/{posted(title='导出用公示')}"
        browser.sign_in_as(own.resident_account)
        browser.post(f"{page}/objections/new", {"kind": "comment", "body": "=1+1 建议公开明细"})
        browser.sign_out()
        browser.sign_in_as(own.administrator)
        found = browser.get(f"{portal}/admin/notices/objections/export?q=公开明细&file=csv")
        lines = found.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 2
        assert "测试居民1" not in lines[1]
        assert ",=1+1" not in lines[1]
        empty = browser.get(f"{portal}/admin/notices/objections/export?overdue=1&q=公开明细")
        assert len(empty.content.decode("utf-8-sig").splitlines()) == 1

    def test_handed_in_on_paper(self, browser, own, portal, posted) -> None:
        notice_id = posted()
        browser.sign_in_as(own.administrator)
        form = f"{portal}/admin/notices/{notice_id}/paper?q=测试居民2"
        assert "测试居民2" in shown(browser.get(form))
        typed = {"resident_id": str(own.residents[1]), "kind": "objection", "body": "看不清账"}
        refused = browser.post(form, typed)
        assert (refused.status_code, "照片或扫描件" in shown(refused)) == (422, True)
        assert browser.post(form, typed, files={"file1": PDF}).status_code == 303
        assert "纸质" in shown(browser.get(f"{portal}/admin/notices/objections?notice={notice_id}"))

    def test_somebody_elses_is_not_there(self, browser, own, portal, posted, world) -> None:
        page = f"{portal}/notices/{posted()}"
        browser.sign_in_as(own.resident_account)
        mine = browser.post(f"{page}/objections/new", {"kind": "comment", "body": "我的"}).headers["location"]
        browser.sign_out()
        browser.sign_in_as(own.administrator)
        assert browser.get(mine).status_code == 404
        browser.sign_out()
        browser.sign_in_as(world.here.communities[1].administrator)
        row = mine.rpartition("/")[2]
        assert browser.get(f"{portal}/admin/notices/objections/{row}").status_code in (403, 404)


class TestPosters:
    @pytest.mark.parametrize(("paper", "width"), [("a4", 595), ("a3", 842)])
    def test_on_both_papers(self, browser, own, portal, posted, paper, width) -> None:
        notice_id = posted(is_public=True)
        browser.sign_in_as(own.administrator)
        answer = browser.get(f"{portal}/admin/notices/{notice_id}/poster?paper={paper}")
        assert answer.headers["content-type"] == "application/pdf"
        page = PdfReader(io.BytesIO(answer.content)).pages[0]
        assert round(page.mediabox.width) == width
        assert "收支公示" in re.sub(r"\s+", "", page.extract_text())

    def test_it_shows_an_attached_picture_and_its_code_opens_the_page(self, browser, own, portal, module_house) -> None:
        photo = io.BytesIO()
        Image.new("RGB", (900, 600), (30, 120, 60)).save(photo, "JPEG")
        with module_house.database.unit_of_work(own.scope) as session:
            data = NoticeCreate(title="维修方案", body="更换照明。", kind="posting", posting_to=today(), is_public=True)
            notice = service.create_notice(session, SYSTEM, own.id, data)
            attach(session, SYSTEM, own.id, notice.id, photo.getvalue(), name="范围图.jpg")
            notice_id = publishing.publish_notice(session, SYSTEM, own.id, notice.id).id
        browser.sign_in_as(own.administrator)
        answer = browser.get(f"{portal}/admin/notices/{notice_id}/poster")
        document = pypdfium2.PdfDocument(answer.content)
        printed = document[0].render(scale=2).to_pil()
        document.close()
        [code] = zxingcpp.read_barcodes(printed.convert("L"))
        assert code.text == f"{module_house.settings.base_url}{portal}/notices/{notice_id}"
        colours = printed.convert("RGB").getcolors(1 << 24)
        greens = sum(n for n, (red, green, blue) in colours if red < 60 < 100 < green < 140 and blue < 90)
        assert greens > printed.width * printed.height // 20
        browser.sign_out()
        assert "更换照明" in shown(browser.get(code.text.removeprefix(module_house.settings.base_url)))

    def test_no_draft_has_one_and_other_papers_are_refused(self, browser, own, portal, module_house, posted) -> None:
        with module_house.database.unit_of_work(own.scope) as session:
            draft = service.create_notice(session, SYSTEM, own.id, NoticeCreate(title="草稿", body="未定")).id
        browser.sign_in_as(own.administrator)
        assert browser.get(f"{portal}/admin/notices/{draft}/poster").status_code == 409
        assert browser.get(f"{portal}/admin/notices/{posted()}/poster?paper=a5").status_code in (400, 422)


class TestReach:
    def test_told_read_and_not_reached(self, browser, own, portal, posted) -> None:
        notice_id = posted()
        browser.sign_in_as(own.administrator)
        unread = browser.get(f"{portal}/admin/notices/{notice_id}/reach/unreached")
        assert "1单元 101" in shown(unread)
        assert "测试居民1" not in shown(unread)
        browser.sign_out()
        browser.sign_in_as(own.resident_account)
        for _click in range(2):
            assert browser.post(f"{portal}/notices/{notice_id}/read", {}).status_code == 303
        browser.sign_out()
        browser.sign_in_as(own.administrator)
        table = browser.get(f"{portal}/admin/notices/{notice_id}/reach/export").content.decode("utf-8-sig")
        [row] = [line.split(",") for line in table.splitlines() if ",1号楼," in line]
        assert row[-2:] == ["1", "1"]
        assert "已读户数" in shown(browser.get(f"{portal}/admin/notices/{notice_id}/reach"))
        assert "1单元 101" not in shown(browser.get(f"{portal}/admin/notices/{notice_id}/reach/unreached"))


class TestPublicPage:
    def test_search_engines_are_asked_to_stay_away_unless_they_may(self, browser, own, portal, posted, module_house):
        page = f"{portal}/notices/{posted(is_public=True)}"
        answer = browser.get(page)
        assert '<meta name="robots" content="noindex' in answer.text
        assert '<meta property="og:title" content="收支公示">' in answer.text
        with module_house.database.unit_of_work(own.scope) as session:
            set_setting(session, SYSTEM, "notices", "search_engines", value=True, community_id=own.id)
        assert "noindex" not in browser.get(page).text

    def test_what_is_not_public_has_no_card(self, browser, own, portal, posted) -> None:
        page = f"{portal}/notices/{posted(is_public=False)}"
        browser.sign_in_as(own.resident_account)
        answer = browser.get(page)
        assert answer.status_code == 200
        assert "og:title" not in answer.text

    def test_personal_data_is_masked_or_answered_for_before_it_is_public(
        self, browser, own, portal, module_house
    ) -> None:
        with module_house.database.unit_of_work(own.scope) as session:
            given = {"title": "补贴公示", "body": "测试居民2，1号楼1单元201，13800001234", "is_public": True}
            drafts = [service.create_notice(session, SYSTEM, own.id, NoticeCreate(**given)).id for _n in range(2)]
        browser.sign_in_as(own.administrator)
        masked, told = (f"{portal}/admin/notices/{each}" for each in drafts)
        refused = browser.post(f"{masked}/publish", {})
        assert (refused.status_code, "像是个人信息" in shown(refused)) == (422, True)
        assert "1号楼***" in shown(browser.get(f"{masked}/personal"))
        for _click in range(2):
            assert browser.post(f"{masked}/personal/mask", {}).status_code == 303
        assert browser.post(f"{masked}/publish", {}).status_code == 303
        assert browser.post(f"{told}/personal/disclose", {"reason": " "}).status_code == 422
        assert browser.post(f"{told}/publish", {}).status_code == 422
        assert browser.post(f"{told}/personal/disclose", {"reason": "本人单独同意"}).status_code == 303
        assert browser.post(f"{told}/publish", {}).status_code == 303
        browser.sign_out()
        assert "测试居民2" not in browser.get(masked.replace("/admin", "")).text
        assert "测试居民2" in browser.get(told.replace("/admin", "")).text
