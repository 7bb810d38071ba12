"""The record of acts in words."""

from __future__ import annotations

from linli.audit.wording import action_title, changes, subject_title


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
    told = changes({"name": "甲", "is_old": False}, {"name": "乙", "odd": [1]})
    assert [(each.field, each.before, each.after) for each in told] == [
        ("名称", "甲", "乙"),
        ("老旧小区", "否", "—"),
        ("odd", "—", "[1]"),
    ]
