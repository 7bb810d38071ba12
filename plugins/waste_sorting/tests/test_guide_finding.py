"""What is found in the guide, and in which order."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli_waste_sorting.guide.catalogue import Item, catalogue, make_item
from linli_waste_sorting.guide.finding import find, merge

OWN = UUID(int=1)


def names(words: str, category: str = "", items=None) -> list[str]:
    return [each.name for each in find(items or catalogue(), words, category)]


def own(name: str, category: str, *, aliases: tuple[str, ...] = (), hint: str = "") -> Item:
    return make_item(name, aliases, category, hint, hint_en=hint, own_id=OWN)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("大骨头", "大骨头"),
        ("dagutou", "大骨头"),
        ("dgt", "大骨头"),
        ("DGT", "大骨头"),
        ("da gu tou", "大骨头"),
        ("large bones", "大骨头"),
        ("棒骨", "大骨头"),
        ("手纸", "用过的纸巾"),
        ("cdb", "充电宝"),
        ("power bank", "充电宝"),
        ("battery", "干电池"),
        ("电池", "干电池"),
        ("knife", "菜刀"),
        ("7号电池", "干电池"),
        ("Ｔ恤", "旧衣服"),
        ("kongtiao", "空调"),
        ("kt", "空调"),
        ("xihongshi", "番茄"),
        ("喝剩的奶茶", "奶茶杯"),
        ("过期的药片", "过期药品"),
    ],
)
def test_people_write_as_they_like(words, first) -> None:
    assert first in names(words)[:3]
    if len(words) > 2 and words not in ("battery", "knife"):
        assert names(words)[0] == first


def test_the_surest_comes_first() -> None:
    items = [
        make_item(name, aliases, "other", "", english=english)
        for name, aliases, english in (
            ("旧水瓶盖", (), "old caps"),
            ("水瓶盖", (), "caps of bottles"),
            ("玻璃罐", ("水瓶",), "jars"),
            ("瓶", (), "bottles"),
            ("水瓶", (), "water"),
        )
    ]
    assert names("水瓶", items=items[:4]) == ["玻璃罐", "水瓶盖", "旧水瓶盖"]
    assert names("水瓶盖", items=items)[:2] == ["水瓶盖", "旧水瓶盖"]
    assert names("shuiping", items=items[:3]) == ["玻璃罐", "水瓶盖", "旧水瓶盖"]
    assert names("sp", items=items[:3]) == ["玻璃罐", "水瓶盖"]
    assert names("spg", items=items[:3]) == ["水瓶盖", "旧水瓶盖"]
    assert names("bottles", items=items) == ["瓶", "水瓶盖"]


def test_one_letter_or_two_find_beginnings_alone() -> None:
    items = [make_item("大骨头", (), "other", "", english="bones"), make_item("碗", (), "other", "", english="dishes")]
    assert names("d", items=items) == ["碗", "大骨头"]
    assert names("g", items=items) == []
    assert names("dg", items=items) == ["大骨头"]
    assert names("gt", items=items) == []
    long = [make_item("猪的大骨头", (), "other", "")]
    assert names("dgt", items=long) == ["猪的大骨头"]
    assert names("gutou", items=items) == ["大骨头"]
    assert names("utou", items=items) == [], "not within a syllable"


def test_a_kind_narrows_and_nothing_asked_is_all() -> None:
    assert len(names("")) == len(catalogue())
    kitchen = names("", "kitchen")
    assert "剩饭" in kitchen
    assert "大骨头" not in kitchen
    assert names("骨头", "kitchen") == ["鱼骨", "鸡骨头"]
    assert names("没有这种东西") == []


@given(st.text(max_size=30))
def test_whatever_is_typed_is_answered(words) -> None:
    found = find(catalogue(), words)
    assert len(found) == len({each.name for each in found})


class TestOwn:
    def test_they_come_first_however_sure_the_others_are(self) -> None:
        items = merge([own("过期的猫砂袋", "hazardous")], catalogue())
        assert names("猫砂", items=items)[:2] == ["过期的猫砂袋", "猫砂"]

    def test_one_of_the_same_name_stands_in_its_place(self) -> None:
        items = merge([own("猫砂", "kitchen")], catalogue())
        [only] = [each for each in items if each.name == "猫砂"]
        assert (only.category, only.own_id, only.hint) == ("kitchen", OWN, ""), "the other kind's hint would be wrong"
        assert names("膨润土猫砂", items=items)[0] == "猫砂"
        assert names("cat litter", items=items) == ["猫砂"]
        assert len(items) == len(catalogue())

    def test_its_hint_stays_where_the_kind_is_the_same(self) -> None:
        shared = {each.name: each for each in catalogue()}["猫砂"]
        assert merge([own("猫砂", "other")], catalogue())[0].hint == shared.hint
        told = merge([own("猫砂", "other", hint="交给值守人员")], catalogue())[0]
        assert (told.hint, told.hint_en) == ("交给值守人员", "交给值守人员")

    def test_a_name_that_it_takes_is_no_longer_anothers(self) -> None:
        items = merge([own("豆腐猫砂", "kitchen")], catalogue())
        assert names("豆腐猫砂", items=items) == ["豆腐猫砂"]
        rest = next(each for each in items if each.name == "猫砂")
        assert "豆腐猫砂" not in rest.aliases
        assert "膨润土猫砂" in rest.aliases

    def test_an_other_name_may_cover_a_shared_item(self) -> None:
        items = merge([own("宠物垃圾", "other", aliases=("猫砂", "宠物粪便"))], catalogue())
        assert not {"猫砂", "宠物粪便"} & {each.name for each in items}
        assert names("狗屎", items=items) == ["宠物垃圾"]
        words = [key.text for each in items for key in each.keys]
        assert len(words) == len(set(words))


def test_the_longest_name_that_the_words_speak_of_comes_first() -> None:
    assert names("小区里捡到的豆腐猫砂袋子")[0] == "猫砂"
    assert names("豆腐猫砂") == ["猫砂"], "nothing is guessed where the name itself is known"
