"""The Makefile keeps its promises: stable targets, help for each, one line each, any folder name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROMISED = {
    "help",
    "setup",
    "demo",
    "test",
    "check",
    "bench",
    "browser",
    "docs",
    "requirements",
    "lock",
    "i18n",
}
_RULE = re.compile(r"^([a-z0-9]+):(?!=)(.*)\n((?:\t.*\n)*)", re.MULTILINE)


@pytest.fixture
def rules(root: Path) -> dict[str, tuple[str, str]]:
    """Per target its help and its recipe."""
    text = (root / "Makefile").read_text("utf-8")
    return {name: (rest.partition("##")[2].strip(), recipe) for name, rest, recipe in _RULE.findall(text)}


def make(root: Path, *arguments: str) -> str:
    command = ["make", "--no-print-directory", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_every_promised_target_exists(rules: dict[str, tuple[str, str]]) -> None:
    assert rules.keys() >= PROMISED


def test_every_target_has_help_in_both_languages_and_one_line(rules: dict[str, tuple[str, str]]) -> None:
    for name, (help_text, recipe) in rules.items():
        assert re.search(r"[\u4e00-\u9fff]", help_text), name
        assert re.search(r"[A-Za-z]{3}", help_text), name
        assert recipe.count("\n") == 1, name


def test_no_target_is_taken_for_a_file(root: Path, rules: dict[str, tuple[str, str]]) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == rules.keys()


def test_help_lists_every_target(root: Path, rules: dict[str, tuple[str, str]]) -> None:
    listed = make(root, "help")
    assert [name for name in rules if f"make {name} " not in listed] == []


def test_plain_make_is_help(root: Path) -> None:
    assert make(root) == make(root, "help")


def test_demo_hands_on_port_and_reset(root: Path) -> None:
    assert "--reset" not in make(root, "-n", "demo")
    assert "--reset" not in make(root, "-n", "demo", "RESET=0")
    planned = make(root, "-n", "demo", "PORT=9000", "RESET=1")
    assert '--port "9000"' in planned
    assert "--reset" in planned


def test_no_recipe_depends_on_where_the_project_lies(root: Path) -> None:
    text = (root / "Makefile").read_text("utf-8")
    assert "$(CURDIR)" not in text
    assert "$(PWD)" not in text
