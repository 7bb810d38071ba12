"""The residents' portal on a telephone and the community's on a walk: without a network, in large type, from paper."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from linli.testing.chromium import complaints_of, fits

pytestmark = pytest.mark.thorough

HOME = "/s/jinsong/c/110105017036"
ADMIN = f"{HOME}/admin"
_KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found[new URL(request.url).pathname] = [name, await (await cache.match(request)).text()];
    }
  }
  return found;
}"""


def _until(page: Any, asked: str, given: object = None) -> None:
    """Wait until the page answers yes. By the debugger: the page's own policy evaluates no text."""
    for _attempt in range(100):
        if page.evaluate(asked, given):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {asked}")


def _looked_after(page: Any) -> None:
    """Wait until the worker is there and looks after the page; one that was on its way before is not taken over."""
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.reload()
    _until(page, "() => navigator.serviceWorker.controller !== null")


def _until_kept(page: Any, path: str) -> None:
    _until(page, "async path => !!(await caches.match(path))", path)


def _notice(page: Any) -> str:
    """The path of a public notice, which the page has been led to."""
    page.goto(f"{HOME}/notices")
    page.locator("main a[href*='/notices/']").first.click()
    expect(page.locator("link[rel=canonical]")).to_have_count(1)
    return page.evaluate("location.pathname")


class TestWithoutNetwork:
    def test_a_page_says_what_can_still_be_read_and_shows_it(self, open_page) -> None:
        page = open_page("jumin", width=390)
        _looked_after(page)
        path = _notice(page)
        title = page.get_by_role("heading", level=1).inner_text()
        _until_kept(page, path)
        page.context.set_offline(True)
        page.goto(f"{HOME}/my-home")
        expect(page.get_by_role("heading", level=1)).to_contain_text("没有网络")
        expect(page.get_by_role("heading", level=1)).to_contain_text("No network")
        expect(page.locator("a[href^='tel:']")).to_be_visible()
        page.get_by_role("link", name=title).click()
        expect(page.locator("main")).to_contain_text("现在没有网络")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert fits(page)
        page.context.set_offline(False)
        page.goto(f"{HOME}/my-home")
        expect(page.get_by_role("heading", level=1)).to_have_text("我的家")

    def test_nothing_that_is_kept_is_about_a_person(self, open_page) -> None:
        page = open_page("jumin", width=390)
        _looked_after(page)
        for path in ("", "/my-home", "/my-data", "/inbox", "/more", "/waste_sorting"):
            page.goto(HOME + path)
        path = _notice(page)
        _until_kept(page, path)
        kept = page.evaluate(_KEPT)
        pages = {each: text for each, (_cache, text) in kept.items() if not each.startswith("/static/")}
        assert set(pages) == {f"{HOME}/offline", path}
        for text in pages.values():
            assert "演示居民" not in text
            assert "csrf" not in text
            assert "退出登录" not in text
        stored = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert set(stored) <= {"htmx-current-path-for-history"}

    def test_who_signs_out_leaves_no_trace_of_what_they_read(self, open_page) -> None:
        page = open_page("jumin", width=390, afresh=True)
        _looked_after(page)
        path = _notice(page)
        _until_kept(page, path)
        page.goto(f"{HOME}/more")
        page.locator("main").get_by_role("button", name="退出登录").click()
        _until(page, "async path => !(await caches.match(path))", path)

    def test_a_new_worker_throws_away_what_the_last_one_kept(self, open_page) -> None:
        page = open_page(width=390)
        page.goto("/account/sign-in")
        page.evaluate("async name => { await caches.open(name); }", f"linli:{HOME}:shell:before")
        page.goto(HOME)
        _looked_after(page)
        _until(page, "async () => (await caches.keys()).filter(n => n.includes(':shell:')).length === 1")
        assert page.evaluate("async () => (await caches.keys()).some(n => n.endsWith(':before'))") is False

    def test_the_worker_leaves_the_administration_alone(self, open_page) -> None:
        page = open_page("shequ", width=390)
        page.goto(HOME)
        _looked_after(page)
        page.context.set_offline(True)
        with pytest.raises(Exception, match=r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
            page.goto(ADMIN)
        page.context.set_offline(False)

    def test_english_readers_find_english_kept(self, open_page) -> None:
        page = open_page("jumin", width=390)
        page.goto(f"/language/en?next={HOME}")
        _looked_after(page)
        path = _notice(page)
        _until_kept(page, path)
        page.context.set_offline(True)
        page.goto(path)
        expect(page.locator("main")).to_contain_text("There is no network")
        page.context.set_offline(False)


class TestLargeType:
    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
    def test_one_switch_is_remembered_and_makes_everything_larger(self, open_page, scripts: bool) -> None:
        page = open_page("jumin", width=390, scripts=scripts)
        bar = page.locator(".bar-menu a")
        before = (bar.count(), bar.first.bounding_box()["height"])
        page.locator(".type-switch").click()
        for path in ("", "/my-home", "/notices", "/more", "/waste_sorting"):
            page.goto(HOME + path)
            expect(page.locator("html")).to_have_class(re.compile("large-type"))
            expect(page.locator(".call-us")).to_be_visible()
            assert fits(page), path
        assert bar.count() <= 4
        assert bar.count() <= before[0]
        assert bar.first.bounding_box()["height"] > before[1]
        columns = {round(box["x"]) for each in page.locator("main > .card").all() if (box := each.bounding_box())}
        assert len(columns) <= 1
        page.locator(".type-switch").click()
        expect(page.locator("html")).not_to_have_class(re.compile("large-type"))

    def test_targets_under_the_thumb_are_large_and_few(self, open_page) -> None:
        page = open_page("jumin", width=390)
        boxes = [each.bounding_box() for each in page.locator(".bar-menu a").all()]
        assert 3 <= len(boxes) <= 5
        assert min(box["width"] for box in boxes) >= 48
        assert min(box["height"] for box in boxes) >= 48


class TestFirstVisit:
    @pytest.mark.parametrize(
        "person", ["jumin", None, "shequ", "jiedao"], ids=["resident", "visitor", "community", "street"]
    )
    def test_a_page_takes_less_than_150_kilobytes(self, open_page, demo, record_property, person: str | None) -> None:
        page = open_page(person, width=390)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.clearBrowserCache")
        devtools.send("Network.setBypassServiceWorker", {"bypass": True})
        taken: list[int] = []
        devtools.on("Network.loadingFinished", lambda each: taken.append(int(each["encodedDataLength"])))
        page.goto(demo.people[person][1] if person else HOME, wait_until="networkidle")
        record_property("first_visit_bytes", sum(taken))
        assert 5_000 < sum(taken) < 150_000

    def test_every_picture_has_its_size(self, open_page) -> None:
        page = open_page(width=390)
        for path in ("", "/notices", "/share?page=/notices"):
            page.goto(HOME + path)
            unsized = "[...document.images].filter(i => !i.hasAttribute('width') || !i.hasAttribute('height')).length"
            assert page.evaluate(unsized) == 0, path


class TestFromPaper:
    def test_enter_goes_down_a_table_is_pasted_and_faults_stand_in_their_cells(self, open_page) -> None:
        page = open_page("shequ")
        page.goto(f"{ADMIN}/rosters/grid")
        page.get_by_label("第 1 行姓名").focus()
        page.keyboard.type("键盘甲")
        page.keyboard.press("Enter")
        expect(page.get_by_label("第 2 行姓名")).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(page.get_by_label("第 1 行姓名")).to_be_focused()
        page.get_by_label("第 1 行楼栋").focus()
        paste = """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
        page.evaluate(paste, "1号楼\t1单元\t101\t键盘乙\t123\n\t\t\t键盘丙\t")
        expect(page.get_by_label("第 2 行姓名")).to_have_value("键盘丙")
        page.get_by_role("button", name="检查并预览").click()
        fault = page.get_by_label("第 1 行手机")
        expect(fault).to_have_attribute("aria-invalid", "true")
        fault.fill("")
        page.get_by_role("button", name="检查并预览").click()
        expect(page.locator("main")).to_contain_text("键盘丙")
        page.get_by_text("放弃").first.click()

    def test_it_works_without_scripts(self, open_page) -> None:
        page = open_page("shequ", scripts=False)
        page.goto(f"{ADMIN}/rosters/grid")
        page.locator("summary", has_text="一次粘贴很多行").click()
        page.get_by_label("粘贴的内容").fill("1号楼\t1单元\t101\t无脚本甲")
        page.get_by_role("button", name="填进表格").click()
        expect(page.get_by_label("第 1 行姓名")).to_have_value("无脚本甲")


class TestOnAWalk:
    def test_the_button_leads_to_a_short_form(self, open_page) -> None:
        page = open_page("shequ", width=390)
        page.locator("a.record").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("记一笔")
        page.get_by_role("link", name="记录清运").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("登记清运")
        assert fits(page)

    def test_one_compound_is_chosen_and_left_again(self, open_page) -> None:
        page = open_page("shequ", width=390)
        page.get_by_role("link", name="只看一个小区").click()
        name = page.locator("button.choose").first.inner_text().split("\n")[0]
        page.locator("button.choose").first.click()
        page.goto(f"{ADMIN}/dwellings")
        expect(page.locator(".narrowed")).to_contain_text(name)
        page.get_by_role("button", name="看全部小区").click()
        expect(page.locator(".narrowed")).to_have_count(0)


_LOOKED_AT = (
    ("jumin", ("", "/more", "/whose", "/my-home", "/share?page=/notices", "/offline", "/disclosures")),
    ("shequ", ("/admin", "/admin/narrow", "/admin/quick", "/admin/rosters/grid")),
)


#: Each language and each scheme in every run, the other pairs of them at night.
_LOOKS = [
    ("light", "zh_CN"),
    ("dark", "en"),
    pytest.param("light", "en", marks=pytest.mark.nightly),
    pytest.param("dark", "zh_CN", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("scheme", "locale"), _LOOKS)
@pytest.mark.parametrize(("person", "paths"), _LOOKED_AT, ids=["resident", "administrator"])
def test_no_page_keeps_anybody_out(open_page, person: str, paths: tuple[str, ...], scheme: str, locale: str) -> None:
    page = open_page(person, width=390)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/language/{locale}?next=/")
    faults = []
    for large in (0, 1):
        page.goto(f"/large-type?on={large}&next=/")
        for path in paths:
            page.goto(HOME + path)
            faults += [(path, large, each) for each in complaints_of(page)]
            assert fits(page), (path, large)
    assert faults == []
