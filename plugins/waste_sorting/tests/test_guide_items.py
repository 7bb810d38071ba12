"""The list of what goes where, as it is written."""

from __future__ import annotations

import csv
import re
from collections import Counter

import pytest

from linli_waste_sorting.guide.catalogue import FILE, catalogue, fold, split_aliases
from linli_waste_sorting.guide.schemas import MOST_ALIASES
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.words import _NATIONAL, _WET_DRY

#: What stands for the name of a kind in a hint.
MARK = re.compile(r"\{([^}]*)\}")


def test_it_holds_what_people_have_at_home() -> None:
    counts = Counter(each.category for each in catalogue())
    assert len(catalogue()) >= 330
    assert set(counts) == set(CATEGORIES), "every kind is known, and each has items"
    assert all(counts[each] >= 30 for each in ("recyclable", "hazardous", "kitchen", "other"))


def test_no_name_leads_to_two_answers() -> None:
    words = Counter(key.text for item in catalogue() for key in item.keys)
    assert [word for word, times in words.items() if times > 1] == []
    assert [each.name for each in catalogue() if len(each.aliases) > MOST_ALIASES] == []


def test_each_item_is_found_in_both_languages_and_by_pinyin() -> None:
    assert [each.name for each in catalogue() if not re.fullmatch(r"[A-Za-z][A-Za-z .'-]+", each.english)] == []
    assert [word for word, times in Counter(each.english for each in catalogue()).items() if times > 1] == []
    dumb = [key.text for item in catalogue() for key in item.keys if not re.fullmatch(r"[a-z0-9]+", key.full)]
    assert dumb == [], "a name that cannot be spelt"
    lost = [key.text for item in catalogue() for key in item.keys if len(key.initials) > len(key.full)]
    assert lost == []


@pytest.mark.parametrize("titles", [_NATIONAL, _WET_DRY])
def test_hints_are_short_and_say_the_same_in_both_languages(titles) -> None:
    for item in catalogue():
        assert bool(item.hint) == bool(item.hint_en), item.name
        assert len(item.hint.format_map(titles)) <= 40, item.name
        assert len(item.hint_en) <= 80, item.name
        assert set(MARK.findall(item.hint)) == set(MARK.findall(item.hint_en)), item.name
        assert set(MARK.findall(item.hint)) <= set(CATEGORIES), item.name
        assert not re.search(r"[\u3400-\u9fff]", item.hint_en + item.english), item.name
        # 湿垃圾 in Shanghai: a hint that writes the name of a kind is wrong in half of the country.
        assert not any(each in item.hint for each in (*_NATIONAL.values(), "湿垃圾", "干垃圾") if each != "垃圾"), (
            item.name
        )


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("大骨头", "other"),
        ("鸡骨头", "kitchen"),
        ("贝壳", "other"),
        ("螃蟹壳", "kitchen"),
        ("榴莲壳", "other"),
        ("用过的纸巾", "other"),
        ("干电池", "other"),
        ("充电宝", "hazardous"),
        ("纽扣电池", "hazardous"),
        ("过期药品", "hazardous"),
        ("荧光灯管", "hazardous"),
        ("LED灯", "other"),
        ("水银体温计", "hazardous"),
        ("油漆桶", "hazardous"),
        ("牛奶盒", "recyclable"),
        ("牛奶袋", "other"),
        ("奶茶杯", "other"),
        ("珍珠", "kitchen"),
        ("猫砂", "other"),
        ("中药渣", "kitchen"),
        ("鲜花", "kitchen"),
        ("床垫", "bulky"),
        ("瓷砖", "decoration"),
        ("树枝", "garden"),
    ],
)
def test_where_people_hesitate(name, category) -> None:
    assert {each.name: each.category for each in catalogue()}[name] == category


def test_the_file_is_plain_and_in_the_order_of_the_kinds() -> None:
    raw = FILE.read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    rows = list(csv.DictReader(raw.decode("utf-8").splitlines()))
    order = [CATEGORIES.index(each["category"]) for each in rows]
    assert order == sorted(order)
    assert all(value == value.strip() for row in rows for value in row.values())
    assert [
        row["name"] for row in rows if split_aliases(row["aliases"]) != [*filter(None, row["aliases"].split("、"))]
    ] == []


def test_names_are_compared_whatever_their_width_and_case() -> None:
    assert fold(" Ｔ恤 ") == fold("t 恤")
    assert split_aliases("电瓶， 蓄电池;电瓶 /铅 酸；") == ["电瓶", "蓄电池", "铅 酸"]
