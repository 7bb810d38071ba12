"""What comes in as a roster: good files in every dress, bad files of every kind, and the file that goes back marked."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from tests.residents.actors import id_number
from tests.residents.rosters import HEADER, counts, csv_file, row, saved, workbook

from linli.kit.errors import Conflict, Invalid
from linli.residents.roster import error_workbook, template_workbook
from linli.residents.roster.columns import COLUMNS, MAX_COLUMNS
from linli.residents.roster.reading import look_into

PHONE = "19912345678"
GOOD = [row("101", "甲", PHONE, id_number(1))]


def _zip(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def _with_part(content: bytes, name: str, change) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in source.namelist():
            text = source.read(part)
            copy.writestr(part, change(text) if part == name else text)
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMB = _zip(**{"xl/workbook.xml": b"<workbook/>", SHEET: b" " * 40_000_000})
DOCTYPE = _with_part(workbook(GOOD), SHEET, lambda xml: b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + xml)


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "name", "said"),
        [
            (b"", "a.xlsx", "空"),
            (b"", "a.csv", "空"),
            (b"PK\x03\x04 not a zip", "a.xlsx", "损坏"),
            (workbook(GOOD)[:-300], "a.xlsx", "损坏"),
            (_zip(**{"word/document.xml": b"<x/>"}), "a.xlsx", "损坏"),
            (_with_part(workbook(GOOD), SHEET, lambda xml: xml[: len(xml) // 2]), "a.xlsx", "损坏"),
            (BOMB, "a.xlsx", "太大"),
            (DOCTYPE, "a.xlsx", "损坏"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "旧版"),
            (workbook(GOOD), "a.csv", "扩展名"),
            (workbook(GOOD), "a.pdf", "不支持"),
            ("楼栋,房号,姓名\n1,2,3".encode("utf-16"), "a.csv", "UTF-16"),
            (b"\xff\x81\x00\x80 \xfe", "a.csv", "编码"),
            (csv_file([], ["无关", "列名"]), "a.csv", "没有找到表头"),
            (csv_file([["1号楼", "甲"]], ["楼栋", "姓名"]), "a.csv", "缺少“房号”列"),
            (workbook([], ["a", "b"]), "a.xlsx", "没有找到表头"),
            (csv_file(GOOD, before=[["说明"]] * 40), "a.csv", "没有找到表头"),
        ],
    )
    def test_with_a_clear_sentence(self, desk, content, name, said) -> None:
        with pytest.raises(Invalid) as fault:
            desk.upload(content, name)
        assert any(said in each.message for each in fault.value.errors), fault.value.errors
        assert list(desk.storage.keys(desk.scope.tenant_id, older_than=timedelta(0))) == []

    @pytest.mark.parametrize(
        ("content", "name", "said"),
        [
            (csv_file([[*GOOD[0], *["x"] * MAX_COLUMNS]]), "a.csv", "列太多"),
            (workbook([[*GOOD[0], *["x"] * MAX_COLUMNS]]), "a.xlsx", "列太多"),
            (csv_file([]), "a.csv", "没有数据"),
            (csv_file(GOOD * 50) + b'"' + b"x" * 200_000, "a.csv", "引号"),
        ],
    )
    def test_when_the_rows_are_read(self, desk, content, name, said) -> None:
        state = desk.check(content, name)
        assert state.state == "failed"
        assert said in state.message

    def test_a_workbook_with_a_password_flag(self, desk) -> None:
        content = bytearray(workbook(GOOD))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = content.find(mark)
            while at >= 0:
                content[at + place] |= 1
                at = content.find(mark, at + 4)
        with pytest.raises(Invalid) as fault:
            desk.upload(bytes(content))
        assert "密码" in fault.value.errors[0].message


class TestAccepted:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    @pytest.mark.parametrize("delimiter", [",", "\t", ";"])
    def test_csv_in_any_dress(self, desk, encoding, delimiter) -> None:
        content = csv_file(GOOD, encoding=encoding, delimiter=delimiter, before=[["某小区名册", "2026 年"], []])
        assert desk.check(content, "名册.CSV").state == "ready"

    def test_headers_by_other_names_and_in_any_order(self, desk) -> None:
        header = ["备 注", "联系电话（必填）", "住户姓名*", "门牌号", "单元号", "楼 号", "建筑面积(㎡)", "与户主的关系"]
        state = desk.check(workbook([["", PHONE, "甲", "101", "1", "5", "60.5㎡", "本人"]], header))
        assert (state.state, state.unknown_columns) == ("ready", [])

    def test_the_second_sheet_when_the_first_has_no_header(self, desk) -> None:
        book = openpyxl.load_workbook(io.BytesIO(workbook(GOOD)))
        book.create_sheet("封面", 0)["A1"] = "某小区"
        assert desk.check(saved(book)).state == "ready"

    def test_numbers_dates_and_shares_as_a_spreadsheet_keeps_them(self, desk) -> None:
        header = ["楼栋", "单元", "房号", "姓名", "手机", "面积", "入住日期", "搬出日期", "身份"]
        cells = [
            [
                5,
                1,
                101,
                "甲",
                19912345678.0,
                60.5,
                datetime(2020, 5, 1, tzinfo=UTC).replace(tzinfo=None),
                45000,
                "租户",
            ],
            [5.0, "1", "102", "乙", "1.9912345679E10", "1,060.50", "2020年5月1日", "2020/6/1", "业主"],
            ["5", 1, 103, "丙", "199 1234-5670", 61, "20200501", "2021.6.1 00:00", "家属"],
        ]
        state = desk.check(workbook(cells, header))
        assert desk.faults(state) == []
        desk.bring_in(workbook(cells, header))
        assert counts(desk.bring_in(workbook(cells, header))) == (0, 0, 3, 0)

    def test_merged_cells_stand_for_every_row_they_cover(self, desk) -> None:
        book = openpyxl.load_workbook(io.BytesIO(workbook([row("101", "甲"), row("101", "乙"), row("102", "丙")])))
        sheet = book["名册"]
        for area in ("A2:A4", "B2:B4", "C2:C3"):
            sheet.merge_cells(area)
        state = desk.check(saved(book))
        assert (state.state, state.counts["doors"]) == ("ready", 2)

    def test_blank_rows_are_read_over_and_keep_the_numbering(self, desk) -> None:
        blank = [""] * len(HEADER)
        state = desk.check(workbook([blank, *GOOD, blank, row("102", "乙", "1")]))
        assert [each[:2] for each in desk.faults(state)] == [(5, "phone")]

    def test_the_template_is_a_roster(self, desk) -> None:
        content = b"".join(template_workbook().content)
        layout = look_into(io.BytesIO(content), "a.xlsx")
        assert layout.fields == [column.field for column in COLUMNS]
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert len(book["名册"].data_validations.dataValidation) == sum(bool(each.choices) for each in COLUMNS)
        sheet = book["名册"]
        sheet.append(["5号楼", "1单元", "101", "甲"])
        assert desk.check(saved(book)).state == "ready"


class TestBadCells:
    @pytest.mark.parametrize(
        ("header", "cell", "said"),
        [
            ("手机", "=A1", "公式"),
            ("手机", "1.38E+10", "科学计数法"),
            ("手机", "1" * 10_000, "太长"),
            ("身份证号", 990000199001010017, "丢失"),
            ("身份证号", "990000199001010016", "校验位"),
            ("身份证号", "99000019900101", "14 位"),
            ("性别", "先生", "不认识“先生”"),
            ("身份", "房东", "不认识"),
            ("面积", "六十", "不是数字"),
            ("面积", "0", "大于 0"),
            ("面积", "60.123", "两位小数"),
            ("面积", "NaN", "大于 0"),
            ("入住日期", "2024-02-30", "没有这一天"),
            ("入住日期", "去年", "日期不正确"),
            ("入住日期", "1800-01-01", "超出范围"),
            ("产权比例", "3/2", "份额不正确"),
            ("备注", "长" * 10_000, "共 10000 个字"),
        ],
    )
    def test_are_named_with_their_fault(self, desk, header, cell, said) -> None:
        state = desk.check(workbook([["5号楼", "101", "甲", cell]], ["楼栋", "房号", "姓名", header]))
        assert state.state == "faulty"
        assert said in desk.faults(state)[0][2]

    def test_a_door_that_became_a_date(self, desk) -> None:
        state = desk.check(
            workbook([["5号楼", datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None), "甲"]], ["楼栋", "房号", "姓名"])
        )
        assert "变成了日期" in desk.faults(state)[0][2]

    def test_an_identity_number_and_a_gender_that_disagree(self, desk) -> None:
        number = id_number(1)
        wrong = "女" if int(number[16]) % 2 else "男"
        header = ["楼栋", "房号", "姓名", "身份证号", "性别"]
        state = desk.check(workbook([["5号楼", "101", "甲", number, wrong]], header))
        assert [each[:2] for each in desk.faults(state)] == [(2, "gender")]


class TestErrorFile:
    def _produced(self, desk, state) -> tuple[str, bytes]:
        made = desk.act(error_workbook, state.id)
        return made.name, b"".join(made.content)

    def test_the_users_workbook_comes_back_with_comments_and_colour(self, desk) -> None:
        book = openpyxl.load_workbook(
            io.BytesIO(
                workbook(
                    [[*row("101", "甲", "12345"), "京A00000"], [*row("", "乙"), ""], [*row("103", "丙"), ""]],
                    [*HEADER, "车牌"],
                    before=[["某小区名册"]],
                )
            )
        )
        book.create_sheet("别的表")["A1"] = "留着"
        state = desk.check(saved(book), "我的 名册.xlsx")
        name, content = self._produced(desk, state)
        marked = openpyxl.load_workbook(io.BytesIO(content))
        sheet = marked["名册"]
        assert name == "我的 名册-错误标注.xlsx"
        assert (sheet["A1"].value, sheet["L3"].value, marked["别的表"]["A1"].value) == (
            "某小区名册",
            "京A00000",
            "留着",
        )
        assert {cell.coordinate for cells in sheet.iter_rows() for cell in cells if cell.comment} == {"E3", "C4"}
        assert "11 位手机号" in sheet["E3"].comment.text
        assert sheet["E3"].fill.fgColor.rgb == "00FFC7CE"

        sheet["E3"] = "19912345678"
        sheet["C4"] = "102"
        fixed = desk.check(saved(marked), name)
        assert fixed.state == "ready"

    def test_marks_of_the_last_round_are_taken_away(self, desk) -> None:
        state = desk.check(workbook([row("101", "甲", "12345"), row("102", "乙", "1")]))
        _name, content = self._produced(desk, state)
        marked = openpyxl.load_workbook(io.BytesIO(content))
        marked["名册"]["E2"] = "19912345678"
        state = desk.check(saved(marked))
        _name, content = self._produced(desk, state)
        again = openpyxl.load_workbook(io.BytesIO(content))["名册"]
        assert (again["E2"].comment, again["E3"].comment is None) == (None, False)

    def test_a_large_workbook_is_written_row_by_row(self, desk, monkeypatch) -> None:
        monkeypatch.setattr("linli.residents.roster.error_file.WHOLE_WORKBOOK_ROWS", 1)
        content = workbook([[*row("101", "甲", "12345"), "=1+1"], row("102", "乙")], [*HEADER, "车牌"])
        _name, content = self._produced(desk, desk.check(content))
        sheet = openpyxl.load_workbook(io.BytesIO(content))["名册"]
        assert (sheet["E2"].comment is not None, sheet["L2"].value, sheet["L1"].value) == (True, "=1+1", "车牌")
        sheet["E2"] = "19912345678"
        assert desk.check(saved(sheet.parent)).state == "ready"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_a_csv_comes_back_in_its_encoding_with_one_column_more(self, desk, encoding) -> None:
        original = [[*row("101", "甲𠮷", "12345"), "京A00000"], [*row("102", "乙"), "x,y"]]
        content = csv_file(original, [*HEADER, "车牌"], encoding=encoding, delimiter=";", before=[["某小区"]])
        _name, marked = self._produced(desk, desk.check(content, "a.csv"))
        rows = list(csv.reader(io.StringIO(marked.decode(encoding), newline=""), delimiter=";"))
        assert marked.startswith(b"\xef\xbb\xbf") is (encoding == "utf-8-sig")
        assert rows[1] == [*HEADER, "车牌", "错误说明"]
        assert rows[2][:-1] == original[0]
        assert rows[2][-1].startswith("手机：电话号码不正确")
        assert rows[3] == [*original[1], ""]

        rows[2][4] = "19912345678"
        target = io.StringIO(newline="")
        csv.writer(target, delimiter=";").writerows(rows)
        fixed = desk.check(target.getvalue().encode(encoding), "a.csv")
        assert (fixed.state, fixed.unknown_columns) == ("ready", ["车牌"])

    def test_a_file_without_faults_has_no_error_file(self, desk) -> None:
        state = desk.check(workbook(GOOD))
        with pytest.raises(Conflict):
            desk.act(error_workbook, state.id)
