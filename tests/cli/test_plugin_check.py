"""`linli plugin check`: each rule finds what it is for, in a plugin that is right in all else."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from linli.cli import cli
from linli.cli.plugin.rules import LEVELS, RULES, findings_of, level_asked_by, level_of, title_of
from linli.cli.plugin.rules.project import CheckedProject, Finding
from linli.cli.plugin.scaffold import PARTS, Names, create

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin without a fault."""
    names = Names("lost_and_found", "失物招领", "Lost and found")
    return create(tmp_path_factory.mktemp("good"), names, ("admin",), PARTS)


@pytest.fixture
def spoilt(good: Path, tmp_path: Path) -> Callable[..., CheckedProject]:
    """``spoilt({"src/…": "new text"}, gone=("README.md",))``: a copy with these files changed or gone."""

    def spoil(changes: dict[str, str] | None = None, gone: tuple[str, ...] = (), add: dict[str, str] | None = None):
        folder = tmp_path / "plugin"
        shutil.rmtree(folder, ignore_errors=True)
        for path in good.rglob("*"):
            name = path.relative_to(good).as_posix()
            if path.is_file() and not any(name.startswith(each) for each in gone):
                text = (changes or {}).get(name, path.read_text("utf-8") + (add or {}).get(name, ""))
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, "utf-8")
        for name, text in {**(changes or {}), **(add or {})}.items():
            if not (folder / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, "utf-8")
        return CheckedProject(folder, "lost_and_found")

    return spoil


PACKAGE = "src/linli_lost_and_found"
MORE = f"{PACKAGE}/more.py"


def said(project: CheckedProject) -> list[str]:
    return [f"{each.rule}: {each.place}: {each.words}" for each in findings_of(project)]


def test_a_good_one_has_no_findings(spoilt) -> None:
    assert said(spoilt()) == []


CASES = {
    "one_name": ({"add": {f"{PACKAGE}/templates/other/x.html": "x"}}, "everything lies in templates/lost_and_found/"),
    "manifest": ({"add": {MORE: "def broken(:\n"}}, "cannot be read"),
    "tests": ({"add": {"tests/test_more.py": "def test_nothing() -> None:\n    assert True\n"}}, "asserts nothing"),
    "contract": ({"gone": ("tests/test_contract.py",)}, "subclass PluginContract"),
    "translations": ({"add": {MORE: '"""x"""\nMORE = "没有译文"\n'}}, "no translation of '没有译文'"),
    "readme": ({"changes": {"README.md": "short"}}, "missing, or shorter"),
    "changelog": ({"changes": {"CHANGELOG.md": "# Changelog\n"}}, "says nothing of version 0.1.0"),
    "events": (
        {"add": {MORE: '"""x"""\nfrom linli.sdk import Event\n\n\nclass Item2Lost(Event):\n    NAME = "x"\n'}},
        "say in its docstring",
    ),
    "docs": ({"gone": ("docs/",)}, "there is no page"),
    "types": ({"add": {MORE: '"""x"""\n\n\ndef untyped(x):\n    return x\n'}}, "untyped() has no types"),
}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_finds_its_fault(spoilt, rule) -> None:
    change, words = CASES[rule]
    assert any(each.startswith(f"{rule}: ") and words in each for each in said(spoilt(**change)))


def test_a_personal_column_needs_its_declaration(spoilt, good) -> None:
    text = (good / PACKAGE / "plugin.py").read_text("utf-8").replace("register_personal_data", "forget_personal_data")
    assert any(each.startswith("personal_data: ") for each in said(spoilt({f"{PACKAGE}/plugin.py": text})))


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ('"linli>=0.1,<0.2"', ""),
        ('"linli>=0.1"', "a lower and an upper end"),
        ('"linli"', "a lower and an upper end"),
        ('"linli-notices>=0.1"', "must name linli"),
    ],
)
def test_the_range_of_the_core(spoilt, good, asked, fault) -> None:
    text = (good / "pyproject.toml").read_text("utf-8")
    text = re.sub(r"^dependencies = .*$", f"dependencies = [{asked}]", text, flags=re.MULTILINE)
    found = [each for each in said(spoilt({"pyproject.toml": text})) if each.startswith("dependencies")]
    assert [fault in each for each in found] == ([True] if fault else [])


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("from linli.sdk import Page", ""),
        ("from linli.sdk.migrations import protect", ""),
        ("from linli.testing.facts import PluginFacts", ""),
        ("from linli.db.session import Database", "imports linli.db.session"),
        ("import linli.audit", "imports linli.audit"),
        ("from linli import db", "imports linli.db"),
        ("from linli_notices.api import PostingClosed", ""),
        ("from linli_notices.models import Notice", "import its api module only"),
    ],
)
def test_imports_go_through_the_one_door(spoilt, line, fault) -> None:
    found = [each for each in said(spoilt(add={MORE: f'"""x"""\n{line}\n'})) if each.startswith("imports")]
    assert [fault in each for each in found] == ([True] if fault else [])


@pytest.mark.parametrize(
    "line",
    [
        "import psycopg",
        "import subprocess",
        "import ctypes",
        "import pickle",
        "x = eval('1')",
        "os.system('ls')",
        "create_engine('postgresql://')",
        "session.get_bind()",
        "session.execute(text('SELECT ' + name))",
        "session.execute(text(\"SELECT set_config('app.scope', '', true)\"))",
        "session.execute(text('SET ROLE linli_owner'))",
    ],
)
def test_dangerous_code_needs_a_reason(spoilt, line) -> None:
    found = [each for each in said(spoilt(add={MORE: f'"""x"""\n{line}\n'})) if each.startswith("dangers")]
    assert found
    excused = f'"""x"""\n# linli: allow: because\n{line}\n'
    assert [each for each in said(spoilt(add={MORE: excused})) if each.startswith("dangers")] == []
    silent = f'"""x"""\n# linli: allow\n{line}\n'
    assert len([each for each in said(spoilt(add={MORE: silent})) if each.startswith("dangers")]) == len(found)


@pytest.mark.parametrize("line", ["import re\nx = re.compile('a')", "text('SELECT 1')", "'''set up a role'''"])
def test_harmless_code_needs_none(spoilt, line) -> None:
    assert [each for each in said(spoilt(add={MORE: f'"""x"""\n{line}\n'})) if each.startswith("dangers")] == []


def finding(level: str) -> Finding:
    return Finding("x", level, "", "")


@pytest.mark.parametrize(
    ("missed", "reached"),
    [([], "gold"), (["gold"], "silver"), (["silver"], "bronze"), (["bronze"], "none"), (["gold", "bronze"], "none")],
)
def test_a_level_asks_for_those_below(missed, reached) -> None:
    assert level_of([finding(level) for level in missed]) == reached


def test_every_rule_has_a_file_a_title_and_a_level() -> None:
    folder = ROOT / "platform" / "src" / "linli" / "cli" / "plugin" / "rules"
    assert {path.stem for path in folder.glob("*.py")} == {*RULES, "__init__", "project"}
    assert all(title_of(name) and level_asked_by(name) in LEVELS for name in RULES)
    assert set(CASES) | {"imports", "dangers", "dependencies", "personal_data"} == set(RULES)


class TestCommand:
    def check(self, *words: str, expect: int = 0) -> str:
        result = CliRunner().invoke(cli, ["plugin", "check", *words])
        assert result.exit_code == expect, result.output
        return result.output

    def test_says_that_it_is_no_sandbox(self, good) -> None:
        assert "不是安全隔离" in self.check(str(good))

    def test_fails_below_the_level_asked_for(self, spoilt) -> None:
        folder = str(spoilt(gone=("docs/",)).folder)
        assert "银级" in self.check(folder, "--level", "silver")
        assert "金级" in self.check(folder, "--level", "gold", expect=1)

    def test_as_json_with_what_each_rule_asks(self, spoilt) -> None:
        folder = str(spoilt({"CHANGELOG.md": ""}).folder)
        answer = json.loads(self.check(folder, "--json"))
        assert (answer["plugin"], answer["level"]) == ("lost_and_found", "bronze")
        assert [each["rule"] for each in answer["findings"]] == ["changelog"]
        assert set(answer["rules"]) == set(RULES)

    def test_a_test_that_fails_is_told(self, spoilt) -> None:
        failing = {"tests/test_more.py": "def test_it() -> None:\n    assert [] == [1]\n"}
        project = spoilt(add=failing, gone=("tests/test_", "tests/conftest.py"))
        told = json.loads(self.check(str(project.folder), "--json", "--tests", expect=1))
        assert any(each["rule"] == "run_tests" and "1 failed" in each["words"] for each in told["findings"])

    @pytest.mark.parametrize("folder", sorted(ROOT.glob("plugins/*")), ids=lambda path: path.name)
    def test_our_own_plugins_reach_gold(self, folder) -> None:
        self.check(str(folder), "--level", "gold")
