"""What must not lie in the repository, and what its files must not name."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

# Written in parts, so that this file does not find itself.
_HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry." + "npmjs",
    "npm" + "mirror.com",
    "tsing" + "hua.edu.cn",
)
_OUTSIDE = re.compile(r"(?<![\w./-])/(?:work|root|home/\w+|Users/\w+|opt/wheels|opt/pypi)(?:/|\b)")
_TEXT = {
    *(".py", ".toml", ".txt", ".in", ".md", ".json", ".mjs", ".js", ".css", ".html", ".jinja", ".sql"),
    *(".yml", ".yaml", ".sh", ".po", ".cfg", ""),
}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    root = Path(__file__).resolve().parents[2]
    try:
        answer = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the repository's list of files is not at hand")
    return [path for name in answer.stdout.split("\0") if name and (path := root / name).is_file()]


def test_platform_is_no_package(root: Path) -> None:
    assert not (root / "platform" / "__init__.py").exists()


def test_no_test_lies_under_platform(tracked: list[Path], root: Path) -> None:
    under = [path for path in tracked if path.is_relative_to(root / "platform")]
    assert [path for path in under if path.name.startswith("test_") or path.name == "conftest.py"] == []


def test_tests_of_plugins_are_no_packages(root: Path) -> None:
    assert list(root.glob("plugins/*/tests/**/__init__.py")) == []


def test_no_lock_with_addresses(tracked: list[Path]) -> None:
    assert [path for path in tracked if path.name == "uv.lock" or path.match("pylock*.toml")] == []


def test_nothing_built_is_committed(tracked: list[Path]) -> None:
    unwanted = {"node_modules", "__pycache__", ".venv", "built", "dist"}
    assert [path for path in tracked if unwanted & set(path.parts)] == []


def test_no_file_names_an_index_or_a_folder_outside_the_project(tracked: list[Path]) -> None:
    found = []
    for path in tracked:
        if path.suffix in _TEXT:
            text = path.read_text("utf-8")
            found += [f"{path}: {host}" for host in _HOSTS if host in text]
            found += [f"{path}: {match[0]}" for match in _OUTSIDE.finditer(text)]
    assert found == []


def test_the_node_lock_records_no_addresses(root: Path) -> None:
    lock = json.loads((root / "platform/frontend/package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages["node_modules/htmx.org"]["version"].startswith("2.")
    assert all("resolved" not in entry and entry["integrity"] for entry in packages.values())


def test_the_licence_is_whole(root: Path) -> None:
    text = (root / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_every_plugin_is_held_to_the_sdk(root: Path) -> None:
    settings = (root / "pyproject.toml").read_text("utf-8")
    names = [path.parent.name for path in root.glob("plugins/*/pyproject.toml")]
    assert names
    for name in names:
        assert settings.count(f'"linli_{name}"') >= 3, name


def test_the_links_to_our_sources_survive_any_encoding() -> None:
    venv = Path(__file__).parents[2] / ".venv"
    if not (venv / "linli-setup.json").exists():
        pytest.skip("this environment was not made by set-up")
    links = sorted(venv.glob("lib/python*/site-packages/_editable_impl_linli*.pth"))
    assert len(links) >= 2
    assert all(link.read_text("utf-8").startswith("..") for link in links)
