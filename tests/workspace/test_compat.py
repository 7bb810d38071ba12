"""`make compat`: which SDK was the last, and whether a plugin is judged by what it says of itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def compat(script):
    return script("compat")


@pytest.fixture
def history(compat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``history("tag", "sdk-1.0")`` runs git in a fresh project; without words it only commits."""
    monkeypatch.setattr(compat, "ROOT", tmp_path)

    def git(*words: str) -> str:
        who = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
        return subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "Begin")
    return git


def test_before_the_first_release_there_is_none(compat, history) -> None:
    assert compat.previous() is None


def test_without_a_tag_it_is_the_commit_that_wrote_the_released_surface(compat, history, tmp_path) -> None:
    surface = tmp_path / compat.RELEASED
    surface.parent.mkdir(parents=True)
    surface.write_text("1.0")
    history("add", "-A")
    history("commit", "-q", "-m", "Release")
    released = history("rev-parse", "HEAD").strip()
    history("commit", "-q", "--allow-empty", "-m", "Go on")
    assert compat.previous() == released


def test_of_the_tags_it_is_the_highest_number_that_is_behind_us(compat, history) -> None:
    for name in ("sdk-1.9", "sdk-1.10", "sdk-next", "v9"):
        history("tag", name)
    history("checkout", "-q", "-b", "aside")
    history("commit", "-q", "--allow-empty", "-m", "Another line")
    history("tag", "sdk-2.0")
    history("checkout", "-q", "-")
    assert compat.previous() == "sdk-1.10"


def test_a_folder_that_names_no_plugin_is_told(compat, tmp_path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    with pytest.raises(compat.CompatFault, match="0 plugins"):
        compat._name_of(tmp_path)


@pytest.mark.nightly
def test_every_plugin_keeps_the_contract_of_today(root: Path) -> None:
    done = subprocess.run(["make", "compat"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok     today's notices" in done.stdout
    assert "ok     today's lost_and_found" in done.stdout
