"""The tutorial for plugin authors works as it stands, and the checklist knows every rule."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linli.cli.plugin.rules import LEVELS, RULES, level_asked_by

PAGES = Path(__file__).parents[2] / "docs" / "plugin-authors"
LINLI = [sys.executable, "-c", "from linli.cli import main; main()"]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: What the tutorial leaves to the reader's own words.
TRANSLATIONS = {"例如：小区门卫室": "At the gatekeeper's, for example"}


def blocks(kind: str) -> list[str]:
    text = (PAGES / "tutorial.md").read_text("utf-8")
    return [words for found, words in _BLOCK.findall(text) if found == kind]


def command(start: str) -> list[str]:
    """The one line of the tutorial that begins so, as words."""
    (line,) = [line for words in blocks("sh") for line in words.splitlines() if line.startswith(start)]
    return [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin at the end of the tutorial."""
    subprocess.run([*LINLI, *command("linli plugin new")[1:]], cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "linli-lost-and-found"
    for change in blocks("diff"):
        done = subprocess.run(
            ["git", "apply", "-"], cwd=folder, input=change, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{done.stderr}\n{change}"
    told = subprocess.run([*LINLI, "plugin", "messages", "."], cwd=folder, capture_output=True, text=True, check=False)
    catalogue = folder / "src/linli_lost_and_found/locale/en/LC_MESSAGES/linli_lost_and_found.po"
    words = catalogue.read_text("utf-8")
    for chinese, english in TRANSLATIONS.items():
        assert chinese in told.stdout, "it says which text lacks its English"
        words = words.replace(f'msgid "{chinese}"\nmsgstr ""', f'msgid "{chinese}"\nmsgstr "{english}"')
    catalogue.write_text(words, "utf-8")
    return folder


def test_every_change_of_the_tutorial_fits_and_the_result_is_gold(plugin: Path) -> None:
    done = subprocess.run(
        [*LINLI, *command("linli plugin check")[1:]], cwd=plugin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.nightly
def test_what_the_tutorial_makes_passes_its_tests(plugin: Path, superuser_url: str) -> None:
    target = plugin.parent / "installed"
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    assert uv is not None
    options = ["--python", sys.executable, "--target", target, "--offline", "--no-deps", "-q", "--no-build-isolation"]
    subprocess.run([uv, "pip", "install", *options, plugin], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=plugin,
        env={**os.environ, "PYTHONPATH": str(target), "LINLI_TEST_SUPERUSER_URL": superuser_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_the_checklist_names_every_rule_with_its_level() -> None:
    text = (PAGES / "quality.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE))
    assert rows == {name: level_asked_by(name) for name in RULES}
    assert set(rows.values()) == set(LEVELS)
