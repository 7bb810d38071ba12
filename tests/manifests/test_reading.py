"""Faults in a manifest: all at once, each with file, line, key and what is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linli.kit.errors import Invalid
from linli.manifests.checks import check_manifest
from linli.manifests.reading import parse_manifest, read_manifest
from linli.manifests.schemas import json_schema

ROOT = Path(__file__).parents[2]


@pytest.fixture
def faults(plugins):
    def read_and_check(text: str) -> None:
        read = parse_manifest(text.encode(), "t.toml")
        check_manifest(read.manifest, plugins, read.faults)
        read.faults.raise_if_any()

    def told(text: str) -> list[tuple[str, str, str]]:
        with pytest.raises(Invalid) as caught:
            read_and_check(text)
        return [(error.field, error.message, error.allowed) for error in caught.value.errors]

    return told


def test_a_good_one_has_none(good, plugins) -> None:
    read = parse_manifest(good.encode(), "t.toml")
    check_manifest(read.manifest, plugins, read.faults)
    assert read.faults.found == []
    [east, _west] = read.manifest.communities or []
    assert [compound.name for compound in east.compounds or []] == ["示范小区甲"]


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "allowed"),
    [
        ('code = "998001001"\n', 'code = "99800100"\n', "t.toml:1 code", "格式不对", "9 位"),
        ('name = "甲', 'nmae = "甲', "t.toml:3 nmae", "您是否想写“name”", "domains"),
        ('"cn-beijing"', '"cn-bejing"', "t.toml:4 rule_set", "您是否想写“cn-beijing”", "cn-shanghai"),
        ("first-street", "First Street", "t.toml:2 slug", "不能用在网址里", "小写字母"),
        ("first-street", "998001002", "t.toml:2 slug", "不能用在网址里", "998001001"),
        ("first.example.cn", "http://x", "t.toml:5 domains[0]", "不是域名", "example"),
        ('theme = "blue"', 'theme = "gold"', "t.toml:9 portal.theme", "不在可选范围内", "teal"),
        ('"甲街道邻里"', "5", "t.toml:8 portal.title", "应当是文字", ""),
        ('"甲街道邻里"', f'"{"长" * 31}"', "t.toml:8 portal.title", "太长", "30"),
        ("plugins.notices", "plugins.notice", "t.toml:11 plugins.notice", "您是否想写“notices”", "notices"),
        ('["998001001001"]', '["998001002001"]', "t.toml:12 plugins.notices.communities[0]", "不是街道", "998001001"),
        (
            "communities = [",
            "settings = { x = 1 }\ncommunities = [",
            "t.toml:12 plugins.notices.settings.x",
            "没有",
            "",
        ),
        (
            "communities = [",
            "allowed = false\ncommunities = [",
            "t.toml:13 plugins.notices.communities",
            "不能启用",
            "",
        ),
        ('code = "998001001002"', 'code = "998001001001"', "t.toml:28 communities[1].code", "重复", ""),
        ('"unit_dormitory"', '"dormitory"', "t.toml:23 communities[0].compounds[0].kind", "不在可选", "commodity"),
        ("1986", "3000", "t.toml:25 communities[0].compounds[0].built_year", "太大", "2200"),
        ("1986", "2190", "t.toml:25 communities[0].compounds[0].built_year", "还没有到来", "不晚于"),
        ("is_old = true", 'is_old = "yes"', "t.toml:24 communities[0].compounds[0].is_old", "是或否", ""),
        ('name = "示范小区甲"\n', "", "t.toml:21 communities[0].compounds[0].name", "必须写", ""),
        ('"street_administrator"', '"king"', "t.toml:33 staff[0].role", "不在可选范围内", "street_administrator"),
        ('"street_administrator"', '"community_administrator"', "t.toml:33 staff[0].role", "不能担任", "community"),
        ('user_name = "trial-street"', "", "t.toml:31 staff[0]", "user_name 或 phone", ""),
        ("19900001234", "123", "t.toml:39 staff[1].phone", "不是电话号码", "11 位"),
    ],
)
def test_a_fault_is_told_with_its_place(good, faults, old, new, place, message, allowed) -> None:
    assert good.count(old) >= 1
    [(told_place, told, told_allowed)] = faults(good.replace(old, new, 1))
    assert told_place == place
    assert message in told
    assert allowed in told_allowed


def test_all_faults_at_once_in_the_order_of_the_file(good, faults) -> None:
    bad = good.replace("cn-beijing", "x").replace("blue", "gold").replace("unit_dormitory", "y")
    assert [place.split()[0] for place, _, _ in faults(bad)] == ["t.toml:4", "t.toml:9", "t.toml:23"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'code = "1"\nname = \n', "t.toml:2"),
        (b'code = "1"\ncode = "2"\n', "t.toml:2"),
        (b'code = "1"\nname = "\xff"\n', "t.toml:2"),
        (b'code = "1"\nname = """x\n\n', "t.toml:4"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(content, place) -> None:
    with pytest.raises(Invalid) as caught:
        parse_manifest(content, "t.toml")
    assert caught.value.errors[0].field == place


def test_the_committed_schema_is_that_of_the_code() -> None:
    committed = json.loads((ROOT / "tenants" / "_schema.json").read_text("utf-8"))
    assert committed == json_schema(), "run: linli tenants schema > tenants/_schema.json"


def test_every_committed_manifest_is_good(plugins) -> None:
    paths = sorted((ROOT / "tenants").glob("*.toml"))
    assert "jinsong.toml" in [path.name for path in paths]
    for path in paths:
        read = read_manifest(path)
        check_manifest(read.manifest, plugins, read.faults)
        assert read.faults.found == []
