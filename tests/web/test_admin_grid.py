"""The roster typed from paper: faults beside their cells, nothing half-written, then the preview of every import."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import func, select

from linli.files.models import StoredFile
from linli.residents.models import Resident, RosterImport, RosterRow
from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def grid(browser: Browser, here: CommunityWorld) -> str:
    browser.sign_in_as(here.administrator)
    return f"/s/{here.street_code}/c/{here.code}/admin/rosters/grid"


def rows(*lines: str) -> dict[str, str]:
    """``building,unit,door,name,phone`` of each row."""
    names = ("building", "unit", "door", "name", "phone")
    cells = [(n, list(zip(names, each.split(","), strict=False))) for n, each in enumerate(lines)]
    return {f"{name}-{n}": text for n, row in cells for name, text in row}


def send(
    browser: Browser, grid: str, here: CommunityWorld, cells: dict[str, str], step: str = "check", count: int = 15
):
    sheet = {"compound_id": str(here.compound), "rows": str(count), "step": step}
    return browser.post(grid, {**sheet, **cells})


def kept(module_house, here: CommunityWorld) -> list[int]:
    with module_house.owner.unit_of_work(here.scope) as session:
        return [
            session.scalar(select(func.count()).select_from(each)) or 0
            for each in (Resident, RosterImport, RosterRow, StoredFile)
        ]


def cell(text: str, name: str) -> str:
    return re.search(rf'<td[^>]*>\s*<(?:input|select)[^>]* name="{name}".*?</td>', text, re.DOTALL)[0]


def test_a_sheet_without_faults_goes_on_to_its_preview_and_is_written_when_confirmed(browser, grid, here) -> None:
    answer = send(browser, grid, here, rows("1,1,401,纸上甲,13800000011", ",,,纸上乙,", "1,1,101,纸上丙,"))
    assert answer.status_code == 303, answer.text
    text = html.unescape(browser.get(answer.headers["location"]).text)
    assert "纸上甲" in text
    assert text.count("401") >= 2, "the second row lives where the first does"
    assert "确认" in text


def test_faults_stand_beside_their_cells_and_nothing_is_kept(browser, module_house, grid, here) -> None:
    before = kept(module_house, here)
    answer = send(browser, grid, here, rows("1,1,401,纸上丁,13800000012", "1,1,,纸上戊,", "1,1,401,纸上己,1380"))
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert 'aria-invalid="true"' in cell(text, "door-1")
    assert 'aria-invalid="true"' in cell(text, "phone-2")
    assert "aria-invalid" not in cell(text, "phone-0")
    assert 'value="纸上丁"' in cell(text, "name-0"), "what was typed stands"
    assert kept(module_house, here) == before


def test_an_empty_sheet_says_so(browser, grid, here) -> None:
    answer = send(browser, grid, here, {})
    assert answer.status_code == 422
    assert "一行都没有填" in html.unescape(answer.text)


def test_rows_keep_their_numbers_across_empty_ones(browser, grid, here) -> None:
    answer = send(
        browser, grid, here, {"building-4": "1", "unit-4": "1", "door-4": "401", "name-4": "纸上庚", "phone-4": "12"}
    )
    assert 'aria-invalid="true"' in cell(html.unescape(answer.text), "phone-4")


def test_pasted_rows_are_spread_below_what_is_there(browser, module_house, grid, here) -> None:
    before = kept(module_house, here)
    pasted = "1\t1\t401\t贴甲\t13800000013\n1\t1\t401\t贴乙"
    answer = send(browser, grid, here, {**rows("1,1,101,先有"), "pasted": pasted}, step="fill")
    text = html.unescape(answer.text)
    assert 'value="先有"' in cell(text, "name-0")
    assert 'value="贴甲"' in cell(text, "name-1")
    assert 'value="贴乙"' in cell(text, "name-2")
    assert kept(module_house, here) == before


def test_more_rows_are_added_up_to_a_limit(browser, grid, here) -> None:
    answer = send(browser, grid, here, rows("1,1,101,先有"), step="more")
    assert answer.status_code in (200, 201)
    assert 'name="name-29"' in answer.text
    assert 'value="先有"' in html.unescape(answer.text)
    assert 'name="name-60"' not in send(browser, grid, here, {}, step="more", count=55).text


def test_another_communitys_compound_is_not_there(browser, grid, world: World, here) -> None:
    cells = {**rows("1,1,401,甲,"), "compound_id": str(world.here.communities[1].compound), "rows": "15"}
    assert browser.post(grid, cells).status_code == 404


def test_residents_have_no_sheet(browser, grid, here) -> None:
    browser.sign_in_as(here.resident_account)
    assert browser.get(grid).status_code == 403
