"""The pages of collections, contracts and the ledger, as a person's browser sees them."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from linli.sdk import today
from linli_waste_sorting.weights.ledger import month_of

pytestmark = [pytest.mark.actor("community_administrator"), pytest.mark.usefixtures("empty_ledger")]


@pytest.fixture
def root(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting"


@pytest.fixture
def carrier(browser, root) -> str:
    """A carrier that was written down on the page."""
    sent = {"name": "环卫中心", "licence": "环许1号", "contact": "010-0000-0000"}
    assert browser.post(f"{root}/carriers/new", sent).status_code == 303
    return carriers_on(browser, root)[0]


@pytest.fixture
def entry(own, carrier) -> dict[str, object]:
    return {
        "compound_id": str(own.compound),
        "category": "kitchen",
        "carrier_id": carrier,
        "day": today().isoformat(),
        "clock": "06:30",
        "kg": "86.5",
        "pieces": "2",
        "destination": "处理厂",
    }


def read(answer) -> str:
    return html.unescape(answer.text)


def carriers_on(browser, root) -> list[str]:
    return re.findall(r"/carriers/([0-9a-f-]{36})/edit", read(browser.get(f"{root}/carriers")))


def records_on(browser, root, asked: str = "") -> list[str]:
    found = re.findall(r"/collections/([0-9a-f-]{36})", read(browser.get(f"{root}/collections{asked}")))
    return list(dict.fromkeys(found))


def contract(own, carrier: str, **fields: object) -> dict[str, object]:
    days = {"starts_on": str(today() - timedelta(days=9)), "ends_on": str(today() + timedelta(days=9))}
    given = {"carrier_id": carrier, "number": "清运1号", "categories": ["kitchen", "other"], "destination": "焚烧厂"}
    return {**given, **days, "compound_ids": [str(own.compound)], **fields}


class TestContracts:
    def test_carriers_come_and_go(self, browser, root, carrier) -> None:
        assert browser.post(f"{root}/carriers/new", {"name": "环卫中心"}).status_code == 422
        page = f"{root}/carriers/{carrier}"
        version = re.findall(r'name="version" value="(\d+)"', read(browser.get(f"{page}/edit")))[0]
        assert browser.post(f"{page}/edit", {"name": "环卫公司", "version": version}).status_code == 303
        assert "环卫公司" in browser.get(f"{root}/carriers").text
        assert browser.post(f"{page}/close").status_code == 303
        assert "已停用" in browser.get(f"{root}/carriers").text
        assert "还没有收运单位" in browser.get(f"{root}/collections/new").text
        assert browser.post(f"{page}/reopen").status_code == 303

    def test_a_contract_is_written_down_warned_of_changed_and_ended(self, browser, root, own, carrier) -> None:
        faulty = browser.post(f"{root}/contracts/new", contract(own, carrier, ends_on="2020-01-01"))
        assert faulty.status_code == 422
        assert "早于起始日" in faulty.text
        assert browser.post(f"{root}/contracts/new", contract(own, carrier)).status_code == 303
        shown = read(browser.get(f"{root}/carriers"))
        assert "还有 9 天到期" in shown
        assert "厨余垃圾、其他垃圾" in shown
        page = root + re.findall(r"/contracts/[0-9a-f-]{36}", shown)[0]
        version = re.findall(r'name="version" value="(\d+)"', read(browser.get(f"{page}/edit")))[0]
        later = contract(own, carrier, ends_on=str(today() + timedelta(days=99)), version=version)
        assert browser.post(f"{page}/edit", later).status_code == 303
        assert "天到期" not in browser.get(f"{root}/carriers").text
        assert browser.post(f"{page}/edit", later).status_code == 409
        assert browser.post(f"{page}/end", {"ends_on": "2020-01-01", "reason": ""}).status_code == 422
        assert browser.post(f"{page}/end", {"ends_on": str(today()), "reason": "换单位"}).status_code == 303
        assert "提前终止：换单位" in read(browser.get(f"{root}/carriers"))


class TestEntries:
    def test_a_quick_entry_takes_the_destination_of_the_contract_and_is_ready_for_the_next(
        self, browser, root, own, carrier, entry
    ) -> None:
        browser.post(f"{root}/contracts/new", contract(own, carrier))
        sent = browser.post(f"{root}/collections/new", {**entry, "destination": ""})
        assert sent.status_code == 303
        following = read(browser.get(sent.headers["location"]))
        assert "已登记：厨余垃圾 86.5 公斤" in following
        assert f'<option value="{carrier}" selected>' in following
        [row] = records_on(browser, root)
        shown = read(browser.get(f"{root}/collections/{row}"))
        for words in ("86.5 公斤 · 2 桶", "焚烧厂", "06:30", "环卫中心"):
            assert words in shown

    def test_what_looks_implausible_comes_back_with_a_question(self, browser, root, entry) -> None:
        browser.post(f"{root}/collections/new", {**entry, "day": str(today() - timedelta(days=1))})
        heavy = {**entry, "kg": "865"}
        asked = browser.post(f"{root}/collections/new", heavy)
        assert asked.status_code == 422
        shown = read(asked)
        assert "中位数（86.5 公斤）的 3 倍以上" in shown
        assert re.search(r'name="confirmed" value="1"(?! checked)', shown)
        assert 'value="865"' in shown, "nothing is lost"
        assert "confirmed" not in browser.get(f"{root}/collections/new").text
        assert browser.post(f"{root}/collections/new", {**heavy, "confirmed": "1"}).status_code == 303
        assert "核对过" in browser.get(f"{root}/collections?state=confirmed").text
        assert len(records_on(browser, root, "?state=confirmed")) == 1

    def test_a_wrong_one_is_put_right_and_both_stay(self, browser, root, entry) -> None:
        browser.post(f"{root}/collections/new", entry)
        [wrong] = records_on(browser, root)
        page = f"{root}/collections/{wrong}"
        assert 'value="86.5"' in read(browser.get(f"{page}/correct"))
        changed = {**entry, "kg": "68.5"}
        assert browser.post(f"{page}/correct", changed).status_code == 422
        sent = browser.post(f"{page}/correct", {**changed, "reason": "看错了"})
        assert sent.status_code == 303
        assert "查看被更正的原记录" in browser.get(sent.headers["location"]).text
        shown = read(browser.get(page))
        assert "已划掉，不计入台账。理由：看错了" in shown
        assert "查看更正后的记录" in shown
        assert len(records_on(browser, root)) == 2
        assert browser.post(sent.headers["location"] + "/void", {"reason": " "}).status_code == 422
        assert browser.post(sent.headers["location"] + "/void", {"reason": "没有清运"}).status_code == 303
        assert records_on(browser, root, "?state=valid") == []

    def test_a_sheet_of_a_day(self, browser, root, own, carrier) -> None:
        cells = {f"kg-{own.compound}-kitchen": "12.5", f"pieces-{own.compound}-other": "3"}
        sent = {"day": str(today()), "carrier_id": carrier, "destination": "厂"}
        page = read(browser.get(f"{root}/collections/sheet"))
        assert all(f'name="{name}"' in page for name in cells)
        assert "一行都没有填" in browser.post(f"{root}/collections/sheet", sent).text
        for name, fault in ((f"kg-{own.compound}-kitchen", "多"), (f"pieces-{own.compound}-other", "0")):
            faulty = browser.post(f"{root}/collections/sheet", {**sent, **cells, name: fault})
            assert faulty.status_code == 422
            assert f'id="f-{name}-fault"' in faulty.text
        assert records_on(browser, root) == []
        done = browser.post(f"{root}/collections/sheet", {**sent, **cells})
        assert "已登记 2 条，共 12.5 公斤" in browser.get(done.headers["location"]).text
        again = browser.post(f"{root}/collections/sheet", {**sent, **cells})
        assert again.status_code == 422
        assert 'name="confirmed"' in again.text
        assert f'id="f-kg-{own.compound}-kitchen-fault"' in again.text
        assert browser.post(f"{root}/collections/sheet", {**sent, **cells, "confirmed": "1"}).status_code == 303
        assert len(records_on(browser, root)) == 4

    def test_rows_of_a_spreadsheet(self, browser, root, own, carrier, world) -> None:
        name = re.findall(r"2 小区</dt><dd>([^<]+)<", read(browser.get(f"{root}/collections/paste")))[0]
        day = f"{today():%Y/%m/%d}"
        rows = [f"{day}\t{name}\t厨余垃圾\t环卫中心\t12.5\t2\t厂", f"{day}\t{name}\t其他垃圾\t环卫中心\t30\t\t厂"]
        faulty = browser.post(f"{root}/collections/paste", {"rows": rows[0] + f"\n{day}\t某园\t厨余垃圾\t环卫中心\t1"})
        assert faulty.status_code == 422
        assert "第 2 行：没有“某园”" in read(faulty)
        assert records_on(browser, root) == []
        titled = "\n".join(["日期\t小区\t垃圾\t收运单位\t公斤", *rows])
        assert browser.post(f"{root}/collections/paste", {"rows": titled}).status_code == 303
        assert len(records_on(browser, root)) == 2
        asked = browser.post(f"{root}/collections/paste", {"rows": titled})
        assert "已经登记过由同一单位清运" in read(asked)
        assert 'name="confirmed"' in asked.text

    @pytest.mark.parametrize("asked", ["category=heap", "state=gone", "compound=x", "month=2026-13", "month=1999-01"])
    def test_a_filter_that_is_none_is_told(self, browser, root, asked) -> None:
        assert browser.get(f"{root}/collections?{asked}").status_code == 422


class TestLedger:
    def test_a_month_is_shown_reported_taken_back_and_reported_again(self, browser, root, entry) -> None:
        month = month_of(today()).before
        browser.post(f"{root}/collections/new", {**entry, "day": str(month.first)})
        browser.post(f"{root}/collections/new", {**entry, "day": str(month.first), "category": "other", "kg": "259.5"})
        page = f"{root}/ledger?month={month.key}"
        shown = read(browser.get(page))
        assert "25.0%" in shown
        assert "346" in shown
        assert browser.post(f"{root}/ledger/report", {"month": month_of(today()).key}).status_code == 422
        assert browser.post(f"{root}/ledger/report", {"month": month.key}).status_code == 303
        shown = read(browser.get(page))
        assert "已上报" in shown
        refused = browser.post(f"{root}/collections/new", {**entry, "day": str(month.last)})
        assert refused.status_code == 409
        assert browser.post(f"{root}/ledger/report", {"month": month.key}).status_code == 409
        again = root + re.findall(r"/ledger/[0-9a-f-]{36}/reopen", shown)[0]
        assert browser.get(again).status_code == 200
        assert browser.post(again, {"reason": ""}).status_code == 422
        assert browser.post(again, {"reason": "漏记一天"}).status_code == 303
        assert "346 公斤的上报：漏记一天" in read(browser.get(page))
        assert browser.post(f"{root}/ledger/report", {"month": month.key}).status_code == 303

    def test_as_a_file(self, browser, root, entry) -> None:
        browser.post(f"{root}/collections/new", {**entry, "destination": "=1+1"})
        file = browser.get(f"{root}/ledger/export?what=days&file=xlsx")
        rows = list(load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True))
        assert rows[0] == (
            *("日期", "社区", "小区", "种类", "收运单位", "次数", "桶数", "重量", "单位", "未称重次数", "去向"),
        )
        assert (rows[1][0], rows[1][3], rows[1][7], rows[1][8]) == (str(today()), "厨余垃圾", 86.5, "公斤")
        assert rows[1][10] == "'=1+1", "no cell runs as a formula"
        summary = browser.get(f"{root}/ledger/export?what=months&file=csv").content.decode("utf-8-sig")
        assert "合计" in summary
        empty = browser.get(f"{root}/ledger/export?what=months&file=csv&month=2020-01").content.decode("utf-8-sig")
        assert len(empty.splitlines()) == 1

    def test_the_street_sees_all_communities_and_their_sum(self, browser, root, own, world, entry) -> None:
        browser.post(f"{root}/collections/new", entry)
        browser.sign_in_as(world.here.administrator)
        console = f"/s/{own.street_code}/console/waste_sorting/ledger"
        shown = read(browser.get(console))
        assert own.name in shown
        assert shown.count("86.5") >= 3, "the community, the sum, the number on top"
        one = read(browser.get(f"{console}?community_id={own.id}"))
        assert "环卫中心" in one
        other = read(browser.get(f"{console}?community_id={world.here.communities[1].id}"))
        assert "86.5" not in other
        file = browser.get(f"{console}/export?file=csv").content.decode("utf-8-sig")
        assert own.name in file
        browser.sign_in_as(world.there.administrator)
        assert "86.5" not in browser.get(f"/s/{world.there.code}/console/waste_sorting/ledger").text


def test_residents_and_others_without_the_right_see_none_of_it(browser, root, own, entry) -> None:
    browser.post(f"{root}/collections/new", entry)
    browser.sign_in_as(own.steward)
    assert browser.get(f"{root}/collections").status_code == 200
    assert "登记清运" not in browser.get(f"{root}/collections").text
    assert browser.post(f"{root}/collections/new", entry).status_code == 403
    browser.sign_in_as(own.resident_account)
    assert browser.get(f"{root}/ledger").status_code == 403
