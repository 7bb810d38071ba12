"""Rule packs: what a file may say, what is told of its faults, and how far a plugin's pack reaches."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.plugins.conftest import make_plugin as make_plugin

from linli.kit.errors import Invalid
from linli.plugins.discovery import discover
from linli.plugins.registry import Plugins
from linli.rules import Duration, RuleKey, RulePack, rule_value
from linli.rules.catalogue import core_book
from linli.rules.packs import read_folder
from linli.testing.houses import activate_plugins

HANGZHOU = """\
jurisdiction = "3301"
rank = "local_regulation"
title = "杭州市物业管理条例"
title_en = "Hangzhou Property Management Regulation"
effective_from = 2022-03-01
confidence = "P"
source = "test"

[[values]]
key = "owners_assembly.vote_window_min"
value = "5 days"
article = "20"

[[values]]
key = "owners_assembly.vote_window_max"
value = "60 days"
article = "20"
"""


@pytest.fixture
def folder(tmp_path: Path):
    """Writes a pack's files; ``folder(hangzhou=text)`` gives where they lie."""

    def write(**files: str) -> Path:
        for name, content in files.items():
            (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
        return tmp_path

    return write


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read_folder(folder, "core", core_book().rules)
    return [f"{each.field}: {each.message} [{each.allowed}]" for each in caught.value.errors]


class TestAFile:
    def test_a_good_one_is_read_whole(self, folder) -> None:
        found = read_folder(folder(hangzhou=HANGZHOU), "hangzhou", core_book().rules)
        assert [(each.key, each.value, each.article, each.level) for each in found] == [
            ("owners_assembly.vote_window_min", "5 days", "20", "city"),
            ("owners_assembly.vote_window_max", "60 days", "20", "city"),
        ]
        assert {(each.owner, each.file) for each in found} == {("hangzhou", "hangzhou.toml")}

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ('"3301"', '"330"', "bad.toml jurisdiction: “330”不是区划代码 [CN，或者 2、4、6、9 位区划代码]"),
            ('"3301"', '"三三"', "bad.toml jurisdiction: “三三”不是区划代码"),
            ('"local_regulation"', '"local"', "bad.toml rank: “local”不在可选范围内 [law、"),
            ('"P"', '"A"', "bad.toml confidence: “A”不在可选范围内 [P、S、S-、K、D]"),
            ('title_en = "Hangzhou Property Management Regulation"\n', "", "bad.toml title_en: 必须填写"),
            ("effective_from = 2022-03-01", "effective_from = 2022", "bad.toml effective_from: 填写有误"),
            (
                "effective_from = 2022-03-01",
                "effective_from = 2022-03-01\neffective_to = 2022-02-28",
                "bad.toml effective_to: 失效日期早于生效日期 [不早于 2022-03-01]",
            ),
            ('source = "test"', 'sources = "test"', "bad.toml sources: 没有这个字段，您是否想写“source”？"),
            (
                '"owners_assembly.vote_window_max"',
                '"owners_assembly.vote_window"',
                "values[1] (owners_assembly.vote_window) key: 没有这项规则，您是否想写“owners_assembly.vote_w",
            ),
            (
                '"60 days"',
                '"60 weeks"',
                "bad.toml values[1] (owners_assembly.vote_window_max) value: 不是时长 [例如 15 days；单位：days]",
            ),
            ('"60 days"', '"60 days"\nnotes = "x"', "values[1] (owners_assembly.vote_window_max) notes: 没有这个字段"),
            ('"60 days"', '"60 days"\nnote = "说明"', "note_en: 说明要有中文和英文"),
            ('"60 days"', "60 days", "bad.toml: 不是 TOML"),
        ],
    )
    def test_a_fault_names_file_entry_field_and_what_is_allowed(self, folder, old, new, fault) -> None:
        assert old in HANGZHOU, "control"
        found = faults_of(folder(bad=HANGZHOU.replace(old, new)))
        assert len(found) == 1
        assert fault in found[0]

    def test_every_fault_of_every_file_is_told_at_once(self, folder) -> None:
        one, two = HANGZHOU.replace("60 days", "x").replace("5 days", "y"), HANGZHOU.replace('"P"', '"Q"')
        assert len(faults_of(folder(one=one, two=two))) == 3

    def test_two_values_that_cannot_be_told_apart_are_refused(self, folder) -> None:
        found = faults_of(folder(one=HANGZHOU, two=HANGZHOU.replace("60 days", "50 days").replace("5 days", "4 days")))
        assert len(found) == 2
        assert "one.toml" in found[0]
        assert "two.toml" in found[0]

    def test_an_empty_folder_is_a_fault(self, folder) -> None:
        assert "没有规则文件" in faults_of(folder())[0]


@pytest.fixture
def load(make_plugin):
    """Loads plugins that contribute these packs; the installed ones come back afterwards."""

    def loaded(**packs: list[RulePack]) -> Plugins:
        made = [make_plugin(name, register_rules=given) for name, given in packs.items()]
        return Plugins.from_discovery(discover((), made))

    yield loaded
    activate_plugins()


class TestAPluginsPack:
    def test_it_holds_where_the_street_allows_the_plugin_and_within_its_place_alone(
        self, load, folder, open_session, world
    ) -> None:
        pack = RulePack(
            folder=folder(here=HANGZHOU.replace("3301", world.here.code[:4])), regions={"9990": ("某市", "X")}
        )
        plugins = load(hangzhou=[pack])
        assert plugins.faults == ()
        plugins.activate()
        key = "owners_assembly.vote_window_max"
        allow = "INSERT INTO core.plugin_allowance (plugin) VALUES ('hangzhou')"
        with open_session(world.here.scope) as session:
            assert not rule_value(session, key).is_known, "the street does not allow the plugin"
            session.connection().exec_driver_sql(allow)
            found = rule_value(session, key)
            assert (found.value, found.winner.owner) == (Duration(60, "days"), "hangzhou")
            assert not rule_value(session, key, on=date(2022, 2, 28)).is_known
            assert rule_value(session, "owners_assembly.notice").winner.owner == "core", "it says nothing of others"

    def test_elsewhere_it_says_nothing(self, load, folder, open_session, world) -> None:
        load(hangzhou=[RulePack(folder=folder(far=HANGZHOU))]).activate()
        with open_session(world.here.scope) as session:
            session.connection().exec_driver_sql("INSERT INTO core.plugin_allowance (plugin) VALUES ('hangzhou')")
            assert not rule_value(session, "owners_assembly.vote_window_max").is_known

    def test_it_may_not_undercut_the_law(self, load, folder, open_session, world) -> None:
        weak = HANGZHOU.replace("3301", world.here.code[:4]).replace(
            "owners_assembly.vote_window_max", "owners_assembly.notice"
        )
        load(hangzhou=[RulePack(folder=folder(weak=weak.replace("60 days", "3 days")))]).activate()
        with open_session(world.here.scope) as session:
            session.connection().exec_driver_sql("INSERT INTO core.plugin_allowance (plugin) VALUES ('hangzhou')")
            found = rule_value(session, "owners_assembly.notice")
            assert found.value == Duration(15, "days")
            assert next(step for step in found.why if step.candidate.owner == "hangzhou").verdict == "weaker"

    def test_two_plugins_that_say_the_same_of_one_place_are_told_apart_by_refusing_the_second(
        self, load, folder
    ) -> None:
        where = folder(same=HANGZHOU)
        plugins = load(first=[RulePack(folder=where)], second=[RulePack(folder=where)])
        assert [each.name for each in plugins.plugins] == ["first"]
        assert plugins.faults[0].plugin == "second"
        assert "first (same.toml)" in plugins.faults[0].message
        assert "second (same.toml)" in plugins.faults[0].message

    def test_it_may_not_repeat_what_the_core_says(self, load, folder) -> None:
        again = HANGZHOU.replace("3301", "11").replace("2022-03-01", "2020-05-01")
        again = again.replace("owners_assembly.vote_window_max", "owners_assembly.notice").replace("60 days", "20 days")
        message = load(beijing=[RulePack(folder=folder(again=again))]).faults[0].message
        assert "core (beijing/property_regulation.toml)" in message
        assert "beijing (again.toml)" in message

    def test_it_may_not_speak_for_the_nation(self, load, folder) -> None:
        message = load(nation=[RulePack(folder=folder(cn=HANGZHOU.replace("3301", "CN")))]).faults[0].message
        assert "不能给 core 的规则写全国的值" in message

    def test_its_own_rules_bear_its_name_and_have_values_for_the_nation(
        self, load, folder, open_session, world
    ) -> None:
        own = RuleKey(key="tickets.answer", title="答复期限", type="duration", stricter="lower")
        values = HANGZHOU.partition("[[values]]")[0].replace("3301", "CN")
        values += '[[values]]\nkey = "tickets.answer"\nvalue = "5 working_days"\n'
        pack = RulePack(folder=folder(own=values), rules=[own], topics={"tickets": "工单"})
        plugins = load(tickets=[pack])
        assert plugins.faults == ()
        plugins.activate()
        with open_session(world.here.scope) as session:
            assert not rule_value(session, "tickets.answer").is_known
            session.connection().exec_driver_sql("INSERT INTO core.plugin_allowance (plugin) VALUES ('tickets')")
            assert rule_value(session, "tickets.answer").value == Duration(5, "working_days")

    @pytest.mark.parametrize(
        ("key", "fault"),
        [
            ("other.answer", "插件的规则要以插件名开头"),
            ("owners_assembly.notice", "已由 core 声明，tickets 不能再声明"),
        ],
    )
    def test_rules_of_others_are_not_its_to_declare(self, load, key, fault) -> None:
        rule = RuleKey(key=key, title="x", type="integer")
        assert fault in load(tickets=[RulePack(rules=[rule])]).faults[0].message

    def test_a_broken_file_is_told_to_its_author(self, load, folder) -> None:
        message = load(city=[RulePack(folder=folder(bad=HANGZHOU.replace("60 days", "soon")))]).faults[0].message
        assert "bad.toml values[1] (owners_assembly.vote_window_max) value" in message


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"key": "notopic"}, "<topic>.<name>"),
        ({"type": "number"}, "is not one of"),
        ({"type": "choice"}, "a choice needs choices"),
        ({"choices": {"a": "甲"}}, "choices belong to"),
        ({"only_stricter": True}, "needs a direction"),
        ({"type": "text", "stricter": "higher"}, "have no order"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(parts, fault) -> None:
    with pytest.raises(ValueError, match=fault):
        RuleKey(**{"key": "a.b", "title": "x", "type": "integer", **parts})
