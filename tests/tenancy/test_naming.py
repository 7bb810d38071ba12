"""Names of places: one place has one key however it is written, and keys sort as people count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.tenancy.naming import building_name, door_name, label, natural_key, sort_key, unit_name


@pytest.mark.parametrize("written", ["3", "3#", "３号楼", "三号楼", "3栋", " 3 幢", "03号楼"])
def test_spellings_of_one_building_share_a_key(written) -> None:
    assert natural_key(written) == natural_key("3号楼")


@pytest.mark.parametrize(("one", "other"), [("3号楼", "13号楼"), ("A座", "B座"), ("甲3号楼", "3号楼"), ("101", "-101")])
def test_different_places_have_different_keys(one, other) -> None:
    assert natural_key(one) != natural_key(other)


@pytest.mark.parametrize(
    ("text", "number"), [("十号楼", 10), ("十二单元", 12), ("二十一栋", 21), ("一百零三号", 103), ("二〇三室", 203)]
)
def test_chinese_numbers_are_read(text, number) -> None:
    assert natural_key(text) == natural_key(str(number))


def test_stored_names_are_completed_but_not_invented() -> None:
    assert (building_name("3#"), building_name("望京A座"), building_name("b2")) == ("3号楼", "望京A座", "B2号楼")
    assert (unit_name("02"), unit_name(""), unit_name("东门")) == ("2单元", "", "东门")
    assert (door_name("501室"), door_name("地下室"), door_name("b101")) == ("501", "地下室", "B101")


def test_dwellings_are_listed_as_people_count() -> None:
    doors = [("10号楼", "1单元", "101"), ("2号楼", "2单元", "1001"), ("2号楼", "2单元", "901"), ("2号楼", "", "101")]
    assert sorted(doors, key=lambda door: sort_key(*door)) == [doors[3], doors[2], doors[1], doors[0]]


def test_a_label_leaves_out_the_missing_unit() -> None:
    assert label("3号楼", "", "501") == "3号楼 501"


@given(st.lists(st.integers(1, 99999), min_size=2, unique=True))
def test_numbers_sort_as_numbers(numbers) -> None:
    assert sorted(numbers) == sorted(numbers, key=lambda n: natural_key(f"{n}号楼"))


@given(st.text(max_size=20))
def test_tidying_twice_changes_nothing(text) -> None:
    for tidied in (building_name, unit_name, door_name):
        assert tidied(tidied(text)) == tidied(text)
