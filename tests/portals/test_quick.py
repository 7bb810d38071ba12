"""Quick entry: short forms behind one button, with what was chosen last."""

from __future__ import annotations

import pytest

from linli.web.remembering import last_choices


@pytest.fixture
def admin(browser, portal, here):
    browser.client.cookies.delete("last")
    browser.sign_in_as(here.administrator)
    yield f"{portal}/admin"
    browser.client.cookies.delete("last")


def test_the_page_lists_the_short_forms_that_one_may_fill_in(browser, read, admin, portal, here) -> None:
    text = read(f"{admin}/quick").partition("<main")[2]
    assert f'{admin}/residents/new"' in text
    assert f'{admin}/rosters/grid"' in text
    assert f'{admin}/notices/start"' in text
    browser.sign_in_as(here.steward)
    assert f'{admin}/residents/new"' not in read(f"{admin}/quick").partition("<main")[2]


def test_the_button_stands_on_each_page_but_its_own(read, admin) -> None:
    for path in ("", "/residents", "/notices"):
        assert 'class="record"' in read(admin + path)
    assert 'class="record"' not in read(f"{admin}/quick")


def test_quick_forms_do_not_crowd_the_menu(read, admin) -> None:
    menu = read(admin).partition('class="side-menu"')[2].partition("</nav>")[0]
    assert f'{admin}/residents/new"' not in menu


def test_what_was_chosen_last_is_filled_in(browser, read, admin, here) -> None:
    sheet = {"compound_id": str(here.compound), "rows": "1", "_keep": "compound_id", "step": "check"}
    filled = {"building-0": "1", "unit-0": "1", "door-0": "101", "name-0": "测试居民1"}
    assert browser.post(f"{admin}/rosters/grid", {**sheet, **filled}).status_code == 303
    assert str(here.compound) in browser.client.cookies["last"]


def test_only_short_values_of_marked_fields_are_kept(browser, admin, here) -> None:
    sheet = {"compound_id": str(here.compound), "rows": "1", "step": "check"}
    filled = {"building-0": "1", "unit-0": "1", "door-0": "101", "name-0": "测试居民1", "_keep": "name-0"}
    assert browser.post(f"{admin}/rosters/grid", {**sheet, **filled}).status_code == 303
    assert "last" not in browser.client.cookies or "name" not in browser.client.cookies["last"]


class _Asked:
    def __init__(self, cookie: str) -> None:
        self.cookies = {"last": cookie}


@pytest.mark.parametrize("cookie", ["a=%00", "A=1", "a=" + "x" * 61, "=1", "a", "__class__=1"])
def test_what_no_form_of_ours_has_kept_is_left_out(cookie: str) -> None:
    assert last_choices(_Asked(cookie), https=False) == {}  # type: ignore[arg-type]
    assert last_choices(_Asked("compound_id=1"), https=False) == {"compound_id": "1"}  # type: ignore[arg-type]
