"""Reading the register: what is accepted, and how each fault is told."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kit.errors import Invalid
from linli.tenancy.register import TOLD_FAULTS, parse_register, portal_name

GOOD = "code,name\n110105,朝阳区\n110105017,劲松街道\n110105017036,劲松北社区居委会\n"


def faults(content: str | bytes) -> list[tuple[str, str]]:
    data = content.encode() if isinstance(content, str) else content
    with pytest.raises(Invalid) as caught:
        parse_register(data, "r.csv")
    return [(error.field, error.message) for error in caught.value.errors]


def with_row(row: str) -> str:
    return GOOD + row + "\n"


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("gb18030"),
        GOOD.replace("\n", "\r\n").encode(),
        ("\n" + GOOD.replace("\n", "\n\n")).encode(),
        GOOD.replace("code,name", "Code , NAME").encode(),
        GOOD.replace("code,name", "统计用区划代码,名称").encode(),
        GOOD.replace("110105017,", "１１０１０５０１７,").encode(),
        GOOD.replace("110105,", "110105000000,").replace("110105017,", "110105017000,").encode(),
        ("11,北京市\n" + GOOD).replace("11,北京市\ncode,name", "code,name\n11,北京市").encode(),
    ],
    ids=["utf-8", "bom", "gb18030", "crlf", "blank lines", "spaces", "chinese", "full width", "padded", "city"],
)
def test_the_same_units_from_each_spelling(data) -> None:
    register = parse_register(data, "r.csv")
    assert [unit.name for unit in register.streets_of("110105")] == ["劲松街道"]
    assert [unit.code for unit in register.communities["110105017"]] == ["110105017036"]
    assert register.districts["110105"].name == "朝阳区"


def test_further_columns_and_another_order_are_fine() -> None:
    register = parse_register("town_type,name,code\n111,劲松街道,110105017\n".encode(), "r.csv")
    assert register.streets["110105017"].name == "劲松街道"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",无代码", "没有代码"),
        ("11010501A,字母街道", "不全是数字"),
        ("11010501,八位", "有 8 位"),
        ("1.10105E+11,变形", "科学计数法"),
        ("010105017,零开头", "以 0 开头"),
        ("110105018,", "没有名称"),
        ("110105018", "缺少代码或名称"),
        ("110105018," + "长" * 61, "名称有 61 个字"),
        ("110105018,看不见\u200b街道", "看不见的字符"),
        ("110105017,又一个劲松", "与第 3 行重复"),
        ("110105099001,孤儿社区", "所属的街道 110105099 不在文件里"),
    ],
)
def test_a_bad_row_is_told_with_its_line(row, message) -> None:
    [(place, told)] = faults(with_row(row))
    assert place == "r.csv 第 5 行"
    assert message in told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "没有任何区划"),
        ("code,name\n", "没有任何区划"),
        ("a,b\n110105,朝阳区\n", "表头里没有 code 和 name"),
        ("110105,朝阳区\n", "表头里没有 code 和 name"),
        ("PK\x03\x04...", "表格软件的文件"),
        (b"code,name\n110105,\xff\xff\xff\n", "不是可读的文字"),
        ('code,name\n110105,"朝阳区\n110106,丰台区\n', "引号没有成对"),
    ],
)
def test_a_file_that_is_no_register_is_refused(content, message) -> None:
    assert message in faults(content)[0][1]


def test_all_faults_are_told_at_once_and_in_order() -> None:
    told = faults(GOOD + "x,甲\n110105099001,孤儿\n,乙\n")
    assert [place for place, _ in told] == ["r.csv 第 5 行", "r.csv 第 6 行", "r.csv 第 7 行"]


def test_very_many_faults_are_counted() -> None:
    told = faults(GOOD + "x,甲\n" * (TOLD_FAULTS + 5))
    assert len(told) == TOLD_FAULTS + 1
    assert told[-1] == ("r.csv", "还有 5 处错误")


def test_a_name_with_a_line_break_keeps_the_count_of_lines_right() -> None:
    [(place, _told), (second, _)] = faults(GOOD + '110105018,"两行\n街道"\nx,甲\n')
    assert (place, second) == ("r.csv 第 5 行", "r.csv 第 7 行")


@pytest.mark.parametrize(
    ("register_name", "portal"),
    [
        ("劲松北社区居委会", "劲松北社区"),
        ("首城社区居民委员会", "首城社区"),
        ("多福巷社区", "多福巷社区"),
        ("楼梓庄居委会", "楼梓庄社区"),
        ("楼梓庄村委会", "楼梓庄村"),
        ("燕落村村民委员会", "燕落村"),
        ("朝阳农场地区居委会", "朝阳农场地区"),
        ("居委会", "居委会"),
    ],
)
def test_the_portal_names_the_area_not_the_committee(register_name, portal) -> None:
    assert portal_name(register_name) == portal


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(content) -> None:
    with suppress(Invalid):
        assert parse_register(content, "r.csv")
