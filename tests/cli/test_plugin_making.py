"""`linli plugin new`, `add` and `messages`: whole folders or none, and nothing that an author wrote is lost."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from linli.cli import cli
from linli.cli.plugin.editing import CannotEdit, tidied, with_element, with_import, with_statement
from linli.cli.plugin.scaffold import SCAFFOLD
from linli.kit.messages import Domain

TITLES = ("--title-zh", "失物招领", "--title-en", "Lost and found", "--noun-zh", "物品", "--yes")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """``run("plugin", "new", …, expect=0)``."""

    def invoke(*words: str, expect: int = 0, **options: str) -> Result:
        result = CliRunner().invoke(cli, list(words), **options)
        assert result.exit_code == expect, result.output
        assert "Traceback" not in result.output
        return result

    return invoke


@pytest.fixture
def make(run, tmp_path: Path) -> Callable[..., Path]:
    """Makes a plugin; gives its folder."""

    def new(*words: str, name: str = "lost_and_found") -> Path:
        run("plugin", "new", name, *TITLES, "--folder", str(tmp_path), *words)
        return tmp_path / f"linli-{name.replace('_', '-')}"

    return new


def contents(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in sorted(folder.rglob("*")) if p.is_file()}


class TestNew:
    def test_a_whole_plugin_without_a_trace_of_the_scaffold(self, make) -> None:
        files = contents(make())
        assert not [name for name, text in files.items() if "@@" in name + text or name.endswith(".tmpl")]
        for name, text in files.items():
            if name.endswith(".py"):
                ast.parse(text, name)
        project = tomllib.loads(files["pyproject.toml"])["project"]
        assert project["name"] == "linli-lost-and-found"
        assert project["entry-points"]["linli.plugins"] == {"lost_and_found": "linli_lost_and_found.plugin"}
        assert "Apache License" in files["LICENSE"]

    def test_every_message_is_translated(self, make) -> None:
        folder = make()
        domain = Domain("linli_lost_and_found", folder / "src" / "linli_lost_and_found", folder)
        assert domain.untranslated("en") == []
        assert domain.faults() == []

    def test_it_reaches_gold_at_once(self, make, run) -> None:
        answer = json.loads(run("plugin", "check", str(make()), "--json", "--level", "gold").stdout)
        assert (answer["level"], answer["findings"]) == ("gold", [])

    def test_our_linter_has_nothing_against_it(self, make) -> None:
        ruff, folder = Path(sys.executable).parent / "ruff", make()
        for command in (["check", "--select", "E,F,W,I,B,UP,N"], ["format", "--check"]):
            done = subprocess.run([ruff, *command, "."], cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout

    @pytest.mark.parametrize(
        ("portals", "pages"), [("admin", {"admin"}), ("none", set()), ("resident,console", {"resident", "console"})]
    )
    def test_the_portals_are_chosen(self, make, portals, pages) -> None:
        files = contents(make("--portals", portals))
        found = {
            name.split("/")[-1].removesuffix("_pages.py")
            for name in files
            if name.endswith("_pages.py") and "test_" not in name
        }
        assert found == pages

    def test_it_asks_for_titles_and_portals(self, run, tmp_path) -> None:
        asked = run("plugin", "new", "tool_library", "--folder", str(tmp_path), input="工具借用\n\nadmin\n")
        assert "中文标题" in asked.output
        plugin = (tmp_path / "linli-tool-library/src/linli_tool_library/plugin.py").read_text("utf-8")
        assert 'title="工具借用"' in plugin
        assert (tmp_path / "linli-tool-library/src/linli_tool_library/admin_pages.py").is_file()

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("Lost",), "小写字母"),
            (("a",), "小写字母"),
            (("a" * 32,), "小写字母"),
            (("admin",), "已保留"),
            (("linli_x",), "已保留"),
            (("notices",), "已经安装"),
            (("good", "--noun", "order"), "保留字"),
            (("good", "--noun", "good"), "同名"),
            (("good", "--noun", "Item"), "小写英文单词"),
            (("good", "--title-zh", '失"物'), "--title-zh"),
            (("good", "--portals", "admin,shop"), "shop"),
        ],
    )
    def test_a_bad_name_is_refused_and_nothing_is_written(self, run, tmp_path, words, said) -> None:
        given = [words[0], "--title-zh", "好", *words[1:], "--folder", str(tmp_path), "--yes"]
        assert said in run("plugin", "new", *given, expect=1).stderr
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_there_stays_as_it_is(self, make, run, tmp_path) -> None:
        (tmp_path / "linli-lost-and-found").mkdir()
        (tmp_path / "linli-lost-and-found" / "mine.txt").write_text("mine", "utf-8")
        said = run("plugin", "new", "lost_and_found", *TITLES, "--folder", str(tmp_path), expect=1).stderr
        assert "已经存在" in said
        assert contents(tmp_path) == {"linli-lost-and-found/mine.txt": "mine"}

    def test_a_fault_half_way_leaves_nothing(self, run, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr("linli.cli.plugin.scaffold.Project.translate", _fall)
        run("plugin", "new", "lost_and_found", *TITLES, "--folder", str(tmp_path), expect=1)
        assert list(tmp_path.iterdir()) == []


def _fall(_project: object) -> int:
    raise OSError(28, "No space left on device")


class TestAdd:
    def test_parts_added_later_are_those_of_a_new_plugin(self, make, run, tmp_path) -> None:
        whole = contents(make())
        bare = make("--portals", "none", name="lost_and_founds")
        for part in (["portal", "console"], ["portal", "admin"], ["portal", "resident"]):
            run("plugin", "add", *part, "--folder", str(bare))
        names = {name.replace("lost_and_founds", "lost_and_found") for name in contents(bare)}
        assert names == set(whole)
        plugin = contents(bare)["src/linli_lost_and_founds/plugin.py"]
        assert "return [*console_pages.PAGES, *admin_pages.PAGES, *resident_pages.PAGES]" in plugin

    @pytest.mark.parametrize("part", [["portal", "admin"], ["api"], ["settings"], ["task"], ["event"], ["obligation"]])
    def test_a_second_time_nothing_changes(self, make, run, part) -> None:
        folder = make()
        before = contents(folder)
        assert "已经有了" in run("plugin", "add", *part, "--folder", str(folder)).stdout
        assert contents(folder) == before

    def test_what_the_author_wrote_stays(self, make, run) -> None:
        folder = make("--portals", "admin")
        plugin = folder / "src/linli_lost_and_found/plugin.py"
        plugin.write_text(plugin.read_text("utf-8") + "\n\n# mine\nMINE = 1\n", "utf-8")
        pages = folder / "src/linli_lost_and_found/admin_pages.py"
        pages.write_text("# all mine\n" + pages.read_text("utf-8"), "utf-8")
        run("plugin", "add", "portal", "resident", "--folder", str(folder))
        text = plugin.read_text("utf-8")
        assert "# mine\nMINE = 1" in text
        assert "*resident_pages.PAGES" in text
        assert pages.read_text("utf-8").startswith("# all mine\n")

    def test_a_hook_of_another_shape_is_left_to_its_author(self, make, run) -> None:
        folder = make("--portals", "admin")
        plugin = folder / "src/linli_lost_and_found/plugin.py"
        text = plugin.read_text("utf-8").replace("return [*admin_pages.PAGES]", "return tuple(admin_pages.PAGES)")
        plugin.write_text(text, "utf-8")
        before = contents(folder)
        said = run("plugin", "add", "portal", "resident", "--folder", str(folder), expect=1).stderr
        assert "register_pages: return [..., *resident_pages.PAGES]" in said
        assert contents(folder) == before

    def test_a_folder_without_a_plugin_is_told_so(self, run, tmp_path) -> None:
        assert "没有 Linli 插件" in run("plugin", "add", "api", "--folder", str(tmp_path), expect=1).stderr

    def test_a_portal_needs_its_name(self, make, run) -> None:
        folder = make("--portals", "none")
        assert "add portal admin" in run("plugin", "add", "portal", "--folder", str(folder), expect=1).stderr


class TestMessages:
    def test_new_ones_are_collected_and_told_and_known_ones_kept(self, make, run) -> None:
        folder = make("--portals", "none")
        settings = folder / "src/linli_lost_and_found/settings.py"
        settings.write_text(settings.read_text("utf-8") + '\nMORE = "还没有译文"\n', "utf-8")
        told = run("plugin", "messages", str(folder)).stdout
        assert "1 条没有译文" in told
        assert "还没有译文" in told
        catalogue = folder / "src/linli_lost_and_found/locale/en/LC_MESSAGES/linli_lost_and_found.po"
        assert 'msgstr "Lost and found"' in catalogue.read_text("utf-8")


class TestEditing:
    def test_an_import_joins_those_of_its_module_in_order(self) -> None:
        source = "from a.sdk import Card, get\n\nx = 1\n"
        assert with_import(source, "a.sdk", "PAGE") == "from a.sdk import PAGE, Card, get\n\nx = 1\n"
        assert with_import(source, "a.sdk", "get") == source

    def test_an_import_of_a_new_module_stands_in_order(self) -> None:
        source = "from a import b\nfrom a.d import e\n\nx = 1\n"
        assert with_import(source, "a.c", "z").splitlines()[:3] == [
            "from a import b",
            "from a.c import z",
            "from a.d import e",
        ]

    def test_a_statement_stands_before_the_last_return(self) -> None:
        source = "def close(row):\n    row.state = 1\n    return row\n"
        changed = with_statement(source, "close", "tell(row)")
        assert changed == "def close(row):\n    row.state = 1\n    tell(row)\n    return row\n"
        assert with_statement(changed, "close", "tell(row)") == changed
        with pytest.raises(CannotEdit, match="open"):
            with_statement(source, "open", "tell(row)")

    def test_an_element_joins_a_list_of_several_lines(self) -> None:
        source = "def register_pages():\n    return [\n        *one,\n    ]\n"
        assert "return [*one, *two]" in with_element(source, "register_pages", "Pages", "*two")

    def test_names_are_put_in_order(self) -> None:
        assert tidied("from a import b, C, DE, Az\n") == "from a import DE, Az, C, b\n"


def test_every_file_of_the_scaffold_is_a_template_and_every_token_is_known() -> None:
    strange = [p.name for p in SCAFFOLD.rglob("*") if p.is_file() and not p.name.endswith((".tmpl", ".toml"))]
    assert strange == []
    known = set(re.findall(r'"(\w+)":', (SCAFFOLD.parent / "plugin" / "scaffold.py").read_text("utf-8")))
    used = {
        t for p in SCAFFOLD.rglob("*") if p.is_file() for t in re.findall(r"@@(\w+)@@", p.name + p.read_text("utf-8"))
    }
    assert used <= known
