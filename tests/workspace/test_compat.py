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


def test_without_a_tag_it_is_the_last_commit_before_todays_number(compat, history, tmp_path) -> None:
    manifest = tmp_path / compat.MANIFEST
    manifest.parent.mkdir(parents=True)
    last = ""
    for number in ("1.1", "1.2"):
        last = history("rev-parse", "HEAD").strip()
        manifest.write_text(f'SDK_VERSION = "{number}"\n')
        history("add", "-A")
        history("commit", "-q", "-m", f"SDK {number}")
    manifest.write_text('SDK_VERSION = "1.2"\n# more\n')
    history("commit", "-qam", "Go on")
    assert compat.previous() == last
    assert compat._sdk_of(compat._checkout(last, tmp_path / "then")) == "1.1"
    assert compat._sdk_of(tmp_path) == "1.2"


def test_a_project_without_a_number_is_told(compat, tmp_path) -> None:
    (tmp_path / compat.MANIFEST).parent.mkdir(parents=True)
    (tmp_path / compat.MANIFEST).write_text("")
    with pytest.raises(compat.CompatFault, match="names no SDK_VERSION"):
        compat._sdk_of(tmp_path)


def test_a_reference_that_is_no_earlier_sdk_is_refused(compat, history, tmp_path, monkeypatch) -> None:
    manifest = tmp_path / compat.MANIFEST
    manifest.parent.mkdir(parents=True)
    manifest.write_text('SDK_VERSION = "1.2"\n')
    history("add", "-A")
    history("commit", "-q", "-m", "SDK 1.2")
    history("tag", "sdk-1.1")
    for name in ("_scaffold", "environment", "build"):
        monkeypatch.setattr(compat, name, lambda *_words: tmp_path)
    monkeypatch.setattr(compat, "_first_party", lambda _root: [])
    monkeypatch.setattr(compat, "_keeps_contract", lambda *_words: None)
    with pytest.raises(compat.CompatFault, match=r"sdk-1\.1 has SDK 1\.2, today's is 1\.2"):
        list(compat._try_all(tmp_path / "work"))


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
