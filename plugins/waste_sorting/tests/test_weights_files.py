"""The records of collections as a file, and the same file pasted again."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from linli.sdk import SYSTEM, Invalid, new_id, today
from linli_waste_sorting.weights.models import Collection
from linli_waste_sorting.weights.pasting import Register, read_pasted
from linli_waste_sorting.weights.schemas import CollectionVoid
from linli_waste_sorting.weights.service import void_collection

KNOWN = UUID(int=1)
REGISTER = Register(
    {"甲园": KNOWN}, {"厨余垃圾": "kitchen"}, {"环卫中心": UUID(int=2)}, {(KNOWN, "1号站"): UUID(int=3)}
)


class TestTitles:
    def test_columns_are_known_by_their_titles_in_any_order(self) -> None:
        titles = ("状态", "公斤", "收运单位", "投放点", "日期", "小区", "垃圾", "时间", "登记人")
        cells = ("有效", "86.5", "环卫中心", "1号站", "2026-11-02", "甲园", "厨余垃圾", "6:30", "某人")
        text = "\t".join(titles) + "\n" + "\t".join(cells)
        [line], numbers = read_pasted(text, REGISTER)
        assert (line.kg, line.day, line.compound_id) == (Decimal("86.5"), date(2026, 11, 2), KNOWN)
        assert (line.station_id, line.clock, line.pieces, line.destination) == (UUID(int=3), "06:30", None, "")
        assert numbers == [2]

    @pytest.mark.parametrize(
        ("amount", "kg", "pieces"),
        [("86.5 公斤", "86.5", None), ("2 桶", None, 2), ("1,086.5 公斤 · 12 桶", "1086.5", 12)],
    )
    def test_an_amount_in_one_cell(self, amount, kg, pieces) -> None:
        text = f"日期\t小区\t垃圾\t数量\t收运单位\n2026-11-02\t甲园\t厨余垃圾\t{amount}\t环卫中心"
        [line], _numbers = read_pasted(text, REGISTER)
        assert (line.kg, line.pieces) == (Decimal(kg) if kg else None, pieces)

    def test_what_was_struck_out_is_left_out_and_rows_keep_their_numbers(self) -> None:
        row = "2026-11-02\t甲园\t厨余垃圾\t1 桶\t环卫中心\t厂\t"
        text = f"日期\t小区\t垃圾\t数量\t收运单位\t去向\t状态\n{row}已划掉\n\n{row}核对过\n{row}有效"
        lines, numbers = read_pasted(text, REGISTER)
        assert (len(lines), numbers) == (2, [4, 5])
        with pytest.raises(Invalid) as error:
            read_pasted("\n".join(text.splitlines()[:2]), REGISTER)
        assert "都已划掉" in error.value.errors[0].message

    @pytest.mark.parametrize(
        ("column", "cell", "fault"),
        [
            ("数量", "很多", "“很多”不是数量"),
            ("时间", "25:00", "“25:00”不是时间"),
            ("投放点", "9号站", "没有在用的投放点“9号站”"),
            ("公斤", "一点", "“一点”不是公斤数"),
        ],
    )
    def test_a_fault_names_its_row(self, column, cell, fault) -> None:
        row = {"说明": "", "日期": "2026-11-02", "小区": "甲园", "垃圾": "厨余垃圾", "收运单位": "环卫中心"}
        row |= {"数量": "1 桶", column: cell}
        text = "\t".join(row) + "\n" + "\t".join(row.values())
        with pytest.raises(Invalid) as error:
            read_pasted(text, REGISTER)
        assert error.value.errors[0].message.startswith("第 2 行：")
        assert fault in error.value.errors[0].message

    def test_a_comma_in_words_parts_no_row(self) -> None:
        row = "2026-11-02,甲园,厨余垃圾,1 桶,环卫中心,"
        rows = f"日期,小区,垃圾,数量,收运单位,说明\n{row}下雨，晚到\n{row}'=1+1"
        lines, _numbers = read_pasted(rows, REGISTER)
        assert [line.note for line in lines] == ["下雨，晚到", "=1+1"]
        typed, _numbers = read_pasted("2026-11-02，甲园，厨余垃圾，环卫中心，5", REGISTER)
        assert typed[0].kg == 5


@pytest.fixture
def page(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/collections"


def file_of(browser, page: str, asked: str = "") -> list[list[str]]:
    answer = browser.get(f"{page}/export?file=csv&{asked}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def kept(module_house, own) -> list[tuple]:
    """What stands in the ledger, without what pasting writes anew."""
    with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
        rows = session.scalars(select(Collection).where(Collection.voided_at.is_(None)))
        return sorted(
            (row.day, str(row.kg), str(row.pieces), str(row.clock), str(row.station_id), row.destination, row.note)
            for row in rows
        )


@pytest.mark.actor("community_administrator")
@pytest.mark.usefixtures("empty_ledger")
class TestTheFile:
    @pytest.fixture(autouse=True)
    def records(self, module_house, own, world, note, make_station) -> None:
        with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
            station = make_station(session, own, name=f"站{new_id().hex[-6:]}")
            note(session, own, "30.5", clock="06:30", note="下雨，晚到", station_id=station.id)
            note(session, own, None, pieces=3, category="other", day=today() - timedelta(days=1), destination="=1+1")
            void_collection(
                session, SYSTEM, own.id, note(session, own, "7", category="bulky").id, CollectionVoid(reason="写错")
            )
        other = world.here.communities[1]
        with module_house.database.unit_of_work(other.scope, SYSTEM) as session:
            note(session, other, "999")

    def test_is_the_page_filtered_and_in_its_order(self, browser, page) -> None:
        every = file_of(browser, page, "columns=all")
        assert every[0] == [
            *("日期", "小区", "垃圾", "数量", "收运单位", "去向", "状态"),
            *("时间", "投放点", "公斤", "桶数", "说明", "划掉的理由"),
        ]
        assert [row[3] for row in file_of(browser, page, "columns=shown&sort=-kg")[1:]] == [
            "30.5 公斤",
            "7.0 公斤",
            "3 桶",
        ]
        assert file_of(browser, page, "columns=shown&sort=day")[1][3] == "3 桶"
        assert [row[6] for row in file_of(browser, page, "state=void")[1:]] == ["已划掉"]
        assert [row[-1] for row in file_of(browser, page, "state=void")[1:]] == ["写错"]
        assert [row[2] for row in file_of(browser, page, "category=other")[1:]] == ["其他垃圾"]
        assert len(file_of(browser, page, "month=2020-01")) == 1
        assert not any("999" in cell for row in every for cell in row)
        book = load_workbook(io.BytesIO(browser.get(f"{page}/export?columns=all").content))
        cells = list(book.active.iter_rows(values_only=True))
        assert 30.5 in [row[9] for row in cells], "a number that a spreadsheet adds up"
        assert "'=1+1" in [row[5] for row in cells], "no cell runs as a formula"
        assert browser.get(f"{page}/export?sort=note").status_code == 422
        listed = html.unescape(browser.get(page).text)
        assert f'action="{page}/export"' in listed

    @pytest.mark.parametrize("columns", ["all", "shown"])
    def test_goes_in_again_as_it_came_out(self, browser, page, module_house, own, columns) -> None:
        before = kept(module_house, own)
        content = browser.get(f"{page}/export?file=csv&columns={columns}").content.decode("utf-8-sig")
        with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
            connection.execute("TRUNCATE plugin_waste_sorting.collection CASCADE")
        sent = browser.post(f"{page}/paste", {"rows": content, "confirmed": "1"})
        assert sent.status_code == 303, re.findall(r"第 \d+ 行：[^<]*", sent.text)
        after = kept(module_house, own)
        if columns == "all":
            assert after == before
        else:
            assert [row[:3] for row in after] == [row[:3] for row in before]
        assert len(after) == 2, "what was struck out is not noted again"

    def test_a_doubt_names_the_row_of_the_file(self, browser, page) -> None:
        content = browser.get(f"{page}/export?file=csv&columns=all&sort=-day").content.decode("utf-8-sig")
        asked = browser.post(f"{page}/paste", {"rows": content})
        assert asked.status_code == 422
        text = html.unescape(asked.text)
        lines = content.splitlines()
        at = next(n for n, line in enumerate(lines, 1) if "06:30" in line)
        assert f"第 {at} 行：" in text

    def test_only_for_those_who_read_the_records_and_as_far_as_they_do(self, browser, page, own, world) -> None:
        browser.sign_in_as(own.resident_account)
        assert browser.get(f"{page}/export").status_code == 403
        browser.sign_in_as(world.here.communities[1].administrator)
        assert browser.get(f"{page}/export").status_code in (403, 404)
