"""The pages, as a person's browser sees them."""

from __future__ import annotations

import html
import io
import re

import pytest
from openpyxl import load_workbook


@pytest.fixture
def root(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting"


def filled(own, **fields: object) -> dict[str, object]:
    return {
        "compound_id": str(own.compound),
        "name": "1号站",
        "place": "南门",
        "kind": "staffed",
        "weekdays": [str(n) for n in range(7)],
        "hours": "7:00-9:00、18:00-20:00",
        "pieces_kitchen": "2",
        "litres_kitchen": "240",
        **fields,
    }


@pytest.mark.actor("community_administrator")
def test_a_station_is_set_up_changed_taken_out_of_use_and_used_again(browser, root, own) -> None:
    sent = browser.post(f"{root}/new", filled(own, name="东门站"))
    assert sent.status_code == 303
    page = sent.headers["location"]
    shown = browser.get(page).text
    assert "7:00–9:00、18:00–20:00" in shown
    assert "240 升" in shown
    form = html.unescape(browser.get(f"{page}/edit").text)
    assert 'value="07:00-09:00、18:00-20:00"' in form, "it can be saved as it is shown"
    version = re.findall(r'name="version" value="(\d+)"', form)[0]
    changed = filled(own, name="东门站", place="北门", weekdays=["0"], hours="", version=version)
    assert browser.post(f"{page}/edit", changed).status_code == 303
    shown = browser.get(page).text
    assert "北门" in shown
    assert "周一" in shown
    assert "全天" in shown
    assert browser.post(f"{page}/close").status_code == 303
    assert "东门站" not in browser.get(root).text
    assert "东门站" in browser.get(f"{root}?state=closed").text
    assert browser.post(f"{page}/reopen").status_code == 303
    assert "东门站" in browser.get(f"{root}?q=北门&kind=staffed&compound={own.compound}").text
    assert "东门站" not in browser.get(f"{root}?kind=bulky").text


@pytest.mark.actor("community_administrator")
def test_faults_stand_beside_their_fields_and_nothing_is_lost(browser, root, own) -> None:
    for field, value, fault in (("hours", "早上七点", "看不懂“早上七点”"), ("name", " ", "必须填写")):
        answer = browser.post(f"{root}/new", filled(own, **{"name": "新站", "place": "西门", field: value}))
        assert answer.status_code == 422
        shown = html.unescape(answer.text)
        assert fault in shown
        assert 'value="西门"' in shown
    for field, value in (("pieces_kitchen", "100"), ("kind", "heap"), ("compound_id", str(own.building))):
        assert browser.post(f"{root}/new", filled(own, name="新站", **{field: value})).status_code == 422, field
    none = filled(own, name="新站")
    del none["weekdays"]
    assert browser.post(f"{root}/new", none).status_code == 422
    assert "新站" not in browser.get(root).text


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize("asked", ["kind=heap", "state=gone", "compound=x"])
def test_a_filter_that_is_none_is_told(browser, root, asked) -> None:
    assert browser.get(f"{root}?{asked}").status_code == 422


@pytest.mark.actor("community_administrator")
def test_the_list_as_a_file_holds_what_the_filter_shows(browser, root, own) -> None:
    browser.post(f"{root}/new", filled(own, name="出口站", kind="recyclables", note="=1+1"))
    file = browser.get(f"{root}/export?kind=recyclables&file=xlsx")
    rows = list(load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True))
    assert rows[0][:4] == ("名称", "小区", "类型", "位置")
    [row] = [each for each in rows if each[0] == "出口站"]
    assert row[rows[0].index("说明")] == "'=1+1"
    assert row[rows[0].index("厨余垃圾容器")] == 2
    assert "出口站" not in browser.get(f"{root}/export?kind=bulky&file=csv").content.decode("utf-8-sig")


@pytest.mark.actor("community_administrator")
def test_residents_see_at_once_what_was_set_up(browser, root, own) -> None:
    browser.post(f"{root}/new", filled(own, name="通宵站", hours=""))
    home = f"/s/{own.street_code}/c/{own.code}"
    browser.sign_in_as(own.resident_account)
    page = browser.get(f"{home}/waste_sorting").text
    assert "通宵站" in page
    assert "全天可投" in page
    assert "厨余垃圾" in page
    assert "垃圾分类" in browser.get(home).text
    assert browser.get(root).status_code == 403


@pytest.mark.actor("street_administrator")
def test_the_street_looks_at_all_and_changes_nothing_here(browser, root, own, world) -> None:
    browser.sign_in_as(own.administrator)
    browser.post(f"{root}/new", filled(own, name="街道看站"))
    browser.sign_in_as(world.here.administrator)
    console = f"/s/{own.street_code}/console/waste_sorting"
    shown = html.unescape(browser.get(f"{console}?q=街道看站").text)
    page = re.findall(rf'href="({console}/[0-9a-f-]+)"', shown)[0]
    assert own.name in shown
    assert "7:00–9:00" in browser.get(page).text
    assert browser.post(f"{page}/close").status_code in (404, 405)
    browser.sign_in_as(world.there.administrator)
    assert "街道看站" not in browser.get(f"/s/{world.there.code}/console/waste_sorting").text


class TestFound:
    @pytest.mark.actor("community_administrator")
    def test_a_station_by_name_place_and_initials(self, browser, root, own) -> None:
        page = browser.post(f"{root}/new", filled(own, name="西柳站", place="小花园旁")).headers["location"]
        search = root.replace("/waste_sorting", "/search")
        for words in ("西柳", "xlz", "xhy", "xiliu"):
            assert f'href="{page}"' in html.unescape(browser.get(f"{search}?q={words}").text), words
        assert f'href="{page}"' not in html.unescape(browser.get(f"{search}?q=ximen").text)
        browser.post(f"{page}/close")
        assert f'href="{page}"' not in html.unescape(browser.get(f"{search}?q=xlz").text)

    @pytest.mark.actor("community_administrator")
    def test_pages_and_acts_by_initials_and_other_words(self, browser, root) -> None:
        search = root.replace("/waste_sorting", "/search/hits")
        for words, path in (("tzzs", "/watch"), ("pb", "/watch"), ("xjtfd", "/new"), ("tfzn", "/guide")):
            found = html.unescape(browser.get(f"{search}?q={words}", headers={"hx-request": "true"}).text)
            assert f'href="{root}{path}"' in found, words

    def test_who_works_for_one_compound_finds_those_of_that_one(self, open_session, make_station, own) -> None:
        from linli.sdk import Actor, Grant, new_id
        from linli.testing.world import WORLD
        from linli_waste_sorting.findable import STATION_SEARCH
        from linli_waste_sorting.permissions import READ

        find = next(each.find for each in STATION_SEARCH if each.portal == "admin")
        with open_session(own.scope) as session:
            station = make_station(session, own, name="东门站")
            allowed = {"x": frozenset({READ})}
            mine = Actor(account_id=new_id(), grants=(Grant("x", own.id, own.compound),), permissions=allowed)
            other = Actor(account_id=new_id(), grants=(Grant("x", own.id, new_id()),), permissions=allowed)
            assert [each.path for each in find(session, mine, "dmz", 8)] == [str(station.id)]
            assert find(session, other, "dmz", 8) == []
        with open_session(WORLD.here.communities[1].scope) as session:
            assert find(session, mine, "dmz", 8) == []
