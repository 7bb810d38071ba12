"""The pages, as a browser sees them."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import UUID

import pytest

from linli.sdk import SYSTEM, today
from linli_notices import publishing, service
from linli_notices.schemas import NoticeCreate


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def portal(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}"


@pytest.fixture
def posted(module_house, own):
    """Publishes a notice in the served database and gives its id."""

    def make(**fields) -> UUID:
        with module_house.database.unit_of_work(own.scope) as session:
            data = NoticeCreate(**{"title": "停水通知", "body": "周三停水。", **fields})
            notice = service.create_notice(session, SYSTEM, own.id, data)
            return publishing.publish_notice(session, SYSTEM, own.id, notice.id).id

    return make


def shown(answer) -> str:
    """The page without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def found(pattern: str, answer) -> str:
    """What the pattern's group matches in the page."""
    match = re.search(pattern, html.unescape(answer.text))
    assert match, answer.text
    return match[1]


SOON, LATER = ((today() + timedelta(days=days)).isoformat() for days in (30, 31))
FORM = {"title": "电梯检修", "body": "<p>周五</p><script>alert(1)</script>", "kind": "announcement", "reach": "all"}
CHECK = {"x-form-check": "title"}


class TestWriting:
    """The core keeps, checks and fills the form as it does its own."""

    def test_a_draft_of_a_form_is_its_writers_and_goes_when_it_is_sent(self, browser, world, own, portal) -> None:
        browser.sign_in_as(own.administrator)
        new = f"{portal}/admin/notices/new"
        kept = browser.post(new, {**FORM, "_draft": "save", "_back": new, "title": "还没写完"})
        assert kept.headers["location"].startswith(f"{new}?draft=")
        assert 'value="还没写完"' in html.unescape(browser.get(kept.headers["location"]).text)
        assert "还没写完" not in browser.get(f"{portal}/admin/notices").text
        browser.sign_in_as(world.here.administrator)
        assert "还没写完" not in html.unescape(browser.get(kept.headers["location"]).text)
        browser.sign_in_as(own.administrator)
        assert browser.post(new, {**FORM, "_draft": "keep", "title": "写完了"}).status_code == 303
        assert "恢复填写的内容" not in html.unescape(browser.get(new).text)

    def test_a_check_writes_nothing_and_says_what_the_page_says(self, browser, own, portal) -> None:
        browser.sign_in_as(own.administrator)
        new = f"{portal}/admin/notices/new"
        asked = browser.post(new, {**FORM, "title": "", "allows_objections": "1", "objection_days": "0"}, headers=CHECK)
        assert asked.json()["faults"] == {"title": "必须填写", "objection_days": "太小（不小于 1）"}
        assert browser.post(new, {**FORM, "title": "只是问问"}, headers=CHECK).json() == {"faults": {}}
        assert "只是问问" not in browser.get(f"{portal}/admin/notices").text

    def test_days_of_objections_count_only_where_there_are_any(self, browser, own, portal) -> None:
        browser.sign_in_as(own.administrator)
        answer = browser.post(f"{portal}/admin/notices/new", {**FORM, "objection_days": "a few"})
        assert answer.status_code == 303


class TestManaging:
    def test_from_the_empty_form_to_the_residents_page(self, browser, own, portal) -> None:
        browser.sign_in_as(own.administrator)
        assert browser.get(f"{portal}/admin/notices").status_code == 200
        assert "起草公告" in shown(browser.get(f"{portal}/admin/notices/new"))
        saved = browser.post(f"{portal}/admin/notices/new", {**FORM, "is_public": "1"})
        assert saved.status_code == 303
        page = saved.headers["location"]
        preview = browser.get(page)
        assert "<p>周五</p>" in preview.text
        assert "<script>alert" not in preview.text
        version = found(r'name="version" value="(\d+)"', preview)
        assert browser.get(page.replace("/admin", "")).status_code == 404
        for _click in range(2):
            assert browser.post(f"{page}/publish", {"version": version}).status_code == 303
        browser.sign_out()
        assert "电梯检修" in shown(browser.get(f"{portal}/notices"))
        assert "周五" in shown(browser.get(page.replace("/admin", "")))

    def test_a_faulty_form_comes_back_with_what_was_typed(self, browser, own, portal) -> None:
        browser.sign_in_as(own.administrator)
        answer = browser.post(
            f"{portal}/admin/notices/new",
            {**FORM, "title": "", "posting_from": "2026-13-01"},
        )
        assert answer.status_code == 422
        assert "周五" in answer.text
        assert "必须填写" in shown(answer)
        backwards = {**FORM, "posting_from": LATER, "posting_to": SOON}
        answer = browser.post(f"{portal}/admin/notices/new", backwards)
        assert (answer.status_code, "末日不能早于首日" in shown(answer)) == (422, True)
        for reach in ("x", "c.1", "b.1.2", f"c.{own.compound}.{own.building}"):
            assert browser.post(f"{portal}/admin/notices/new", {**FORM, "reach": reach}).status_code == 422

    def test_a_cleared_day_is_taken_back(self, browser, own, portal) -> None:
        browser.sign_in_as(own.administrator)
        page = browser.post(f"{portal}/admin/notices/new", {**FORM, "posting_to": SOON}).headers["location"]
        assert f'value="{SOON}"' in browser.get(f"{page}/edit").text
        assert browser.post(f"{page}/edit", {**FORM, "posting_to": "", "version": "1"}).status_code == 303
        assert f'value="{SOON}"' not in browser.get(f"{page}/edit").text
        assert browser.post(f"{page}/edit", {**FORM, "version": "1"}).status_code == 409

    def test_withdrawing_needs_a_reason_and_keeps_it(self, browser, own, portal, posted) -> None:
        page = f"{portal}/admin/notices/{posted(is_public=True)}"
        browser.sign_in_as(own.administrator)
        assert browser.post(f"{page}/withdraw", {"reason": " "}).status_code == 422
        assert browser.post(f"{page}/withdraw", {"reason": "时间有误"}).status_code == 303
        browser.sign_out()
        answer = browser.get(page.replace("/admin", ""))
        assert "时间有误" in shown(answer)
        assert "周三停水" not in shown(answer)

    def test_an_attachment_is_read_by_those_who_read_the_notice_and_once_it_is_published(
        self, browser, own, portal
    ) -> None:
        browser.sign_in_as(own.administrator)
        page = browser.post(f"{portal}/admin/notices/new", {**FORM, "is_public": "1"}).headers["location"]
        sent = browser.post(f"{page}/files", files={"file": ("说明.txt", "周五检修".encode(), "text/plain")})
        assert sent.status_code == 303
        file = found(rf"{portal}/admin(/files/[0-9a-f-]{{36}})", browser.get(page))
        browser.sign_out()
        assert browser.get(f"{portal}{file}").status_code == 404
        browser.sign_in_as(own.administrator)
        browser.post(f"{page}/publish")
        assert browser.post(f"{page}{file}/remove").status_code == 409
        browser.sign_out()
        answer = browser.get(f"{portal}{file}")
        assert (answer.status_code, answer.content) == (200, "周五检修".encode())

    def test_the_export_holds_what_the_page_lists_and_no_formula(self, browser, own, portal, posted) -> None:
        posted(title="=1+1 停电")
        browser.sign_in_as(own.administrator)
        answer = browser.get(f"{portal}/admin/notices/export", params={"q": "停电"})
        lines = answer.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 2
        assert lines[1].startswith("'=1+1 停电,公告,展示中,")

    def test_the_street_publishes_for_all_its_communities(self, browser, world, own, portal) -> None:
        browser.sign_in_as(world.here.administrator)
        console = f"/s/{world.here.code}/console/notices"
        page = browser.post(f"{console}/new", {**FORM, "title": "街道通知", "is_public": "1"}).headers["location"]
        assert browser.post(f"{page}/publish").status_code == 303
        assert "街道通知" in shown(browser.get(console))
        browser.sign_out()
        assert "街道通知" in shown(browser.get(f"{portal}/notices"))


class TestGuards:
    def test_it_does_not_exist_where_it_is_off(self, browser, world) -> None:
        from linli_notices import portal as pages

        off = world.here.communities[1]
        browser.sign_in_as(off.administrator)
        some = str(UUID(int=7))
        root = f"/s/{off.street_code}/c/{off.code}"
        for prefix, handlers in ((f"{root}/admin", pages.admin), (root, pages.resident)):
            for handler in handlers:
                path = re.sub(r"{[^}]*}", some, handler.path).rstrip("/")
                send = browser.get if handler.method == "GET" else browser.post
                assert send(f"{prefix}/notices{path}").status_code == 404, (handler.method, path)
        assert "公告公示" not in shown(browser.get(f"{root}/admin"))

    def test_who_lacks_the_permission_is_refused(self, browser, own, portal, posted) -> None:
        page = f"{portal}/admin/notices/{posted()}"
        browser.sign_in_as(own.resident_account)
        for path in ("", "/new", "/export"):
            assert browser.get(f"{portal}/admin/notices{path}").status_code == 403
        browser.sign_in_as(own.steward)
        assert browser.get(page).status_code == 404
        assert browser.post(f"{page}/publish").status_code == 403
        assert browser.post(f"{page}/withdraw", {"reason": "一"}).status_code == 403

    def test_another_communitys_administrator_is_refused(self, browser, world, own, portal) -> None:
        browser.sign_in_as(world.here.communities[1].administrator)
        assert browser.get(f"{portal}/admin/notices").status_code == 403


class TestReading:
    def test_a_date_is_not_broken_over_two_lines(self, browser, own, portal, posted) -> None:
        notice = posted(is_public=True, posting_to=today() + timedelta(days=40))
        for path in ("/notices", f"/notices/{notice}", ""):
            assert browser.get(portal + path).text.count('<span class="date">') >= 1, path

    def test_a_resident_confirms_and_is_counted_once(self, browser, own, portal, posted) -> None:
        notice = posted()
        page = f"{portal}/notices/{notice}"
        browser.sign_out()
        assert browser.get(page).status_code == 404
        browser.sign_in_as(own.resident_account)
        assert "我已阅读" in shown(browser.get(page))
        for _click in range(2):
            assert browser.post(f"{page}/read").status_code == 303
        assert "您已阅读" in shown(browser.get(page))
        browser.sign_in_as(own.administrator)
        assert re.search(r"阅读人数 1\b", shown(browser.get(f"{portal}/admin/notices/{notice}")))

    def test_a_broken_page_mark_is_told_apart_from_an_empty_page(self, browser, portal) -> None:
        browser.sign_out()
        assert browser.get(f"{portal}/notices", params={"after": "x"}).status_code == 422
        assert browser.get(f"{portal}/notices", params={"status": "draft"}).status_code == 200


class TestSeveralAtOnce:
    def test_are_withdrawn_with_one_reason_and_each_says_what_became_of_it(self, browser, own, portal, posted) -> None:
        browser.sign_in_as(own.administrator)
        ids = [str(posted(title=f"多则撤回{n}")) for n in range(2)]
        acts = f"{portal}/admin/notices/acts"
        missing = browser.post(acts, {"act": "withdraw", "id": ids})
        assert missing.status_code == 303, "no reason"
        fields = {"act": "withdraw", "id": [*ids, str(own.id)], "answer_withdraw": "内容有误"}
        answer = browser.post(acts, fields)
        assert "已完成 2 条" in answer.text
        assert "1 条没有办成" in answer.text
        again = browser.post(acts, fields)
        assert "2 条本来就是这样" in again.text
        for each in ids:
            assert "内容有误" in shown(browser.get(f"{portal}/admin/notices/{each}"))

    def test_the_file_follows_the_columns_of_the_page_or_holds_all(self, browser, own, portal, posted) -> None:
        browser.sign_in_as(own.administrator)
        posted(title="导出的公告")
        page = f"{portal}/admin/notices"
        assert browser.post(f"{page}/table", {"step": "columns", "column": ["readers"]}).status_code == 303
        seen = browser.get(f"{page}/export?columns=shown").content.decode("utf-8-sig").splitlines()
        assert seen[0] == "标题,阅读人数"
        every = browser.get(f"{page}/export?columns=all").content.decode("utf-8-sig").splitlines()
        assert every[0].startswith("标题,类别,状态,展示日期,发布范围")
        browser.post(f"{page}/table", {"step": "reset"})
