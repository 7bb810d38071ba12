"""The list of attacks names each one that is run, and each one that it names is run."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_the_list_and_the_tests_name_the_same_attacks() -> None:
    listed = re.findall(r"^\| ([A-Z]\d+) \|", (HERE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    tests = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    names = re.findall(r"def test_((?:[a-h]\d+_(?:and_)?)+)", tests)
    run = {each.upper() for name in names for each in re.findall(r"[a-h]\d+", name)}
    assert len(listed) == len(set(listed))
    assert set(listed) == run
