"""The record of acts in words."""

from __future__ import annotations

import pytest

from linli.audit import record
from linli.audit.wording import (
    CORE_WORDS,
    RecordWords,
    action_title,
    changes,
    declare_words,
    field_title,
    kinds,
    subject_title,
)
from linli.plugins.registry import Plugins


def test_an_act_is_named_by_its_noun_and_verb() -> None:
    assert action_title("core.household.move_in") == "家庭 · 迁入"


def test_a_plugins_act_is_named_by_the_plugin() -> None:
    assert action_title("parking.space.create", {"parking": "停车"}) == "停车 · 新建"


def test_an_act_without_words_keeps_its_name() -> None:
    assert action_title("core.compound.paint") == "core.compound.paint"
    assert action_title("odd") == "odd"


def test_the_subject_is_named_as_it_is_now_else_as_it_was() -> None:
    assert subject_title("x" * 36, {"name": "旧"}, {"name": "新"}) == "新"
    assert subject_title("x" * 36, {"name": "旧"}, {"floors": 6}) == "旧"


def test_a_code_is_shown_and_a_bare_id_is_not() -> None:
    assert subject_title("core.theme", None, None) == "core.theme"
    assert subject_title("0c230606-1cf4-55a9-950e-43f7cde5e470", None, None) == ""


def test_every_field_is_told_once_with_both_values() -> None:
    told = changes("core.compound.update", {"name": "甲", "is_old": False}, {"name": "乙", "odd": [1]})
    assert [(each.field, each.before, each.after) for each in told] == [
        ("名称", "甲", "乙"),
        ("老旧小区", "否", "—"),
        ("odd", "—", "[1]"),
    ]


class TestWordsOfAPlugin:
    @pytest.fixture(autouse=True)
    def words(self):
        own = RecordWords(
            {"space": "车位", "file": "图纸"}, {"let": "出租", "update": "改期"}, {"plate": "车牌", "name": "位号"}
        )
        declare_words({"core": CORE_WORDS, "parking": own})
        yield
        Plugins.load().activate()

    def test_its_own_come_first_and_the_cores_verbs_and_fields_serve_too(self) -> None:
        titles = {"parking": "停车"}
        assert action_title("parking.space.let", titles) == "车位 · 出租"
        assert action_title("parking.space.update", titles) == "车位 · 改期"
        assert action_title("parking.space.create", titles) == "车位 · 新建"
        assert action_title("parking.file.create", titles) == "图纸 · 新建"
        assert action_title("parking.resident.create", titles) == "停车 · 新建"
        assert field_title("parking.space.let", "plate") == "车牌"
        assert field_title("parking.space.let", "name") == "位号"
        assert field_title("parking.space.let", "phone") == "电话"

    def test_they_change_nothing_for_others(self) -> None:
        assert action_title("core.file.update") == "附件 · 修改"
        assert field_title("core.file.update", "name") == "名称"
        assert field_title("core.file.update", "plate") == "plate"

    def test_the_filter_offers_its_nouns(self) -> None:
        assert kinds()["parking.space"] == "车位"
        assert kinds()["core.file"] == "附件"


@pytest.mark.parametrize(("action", "after"), [("core.compound.paint", {}), ("core.compound.update", {"paint": 1})])
def test_in_tests_an_act_without_words_fails(open_session, world, action, after) -> None:
    with pytest.raises(AssertionError, match="paint"), open_session(world.here.scope) as session:
        record(session, action, ("compound", 1), after=after)
