"""The list of attacks names each one that is run, each that it names is run, and none of the promised is left out."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
#: How many attacks of each part are promised: 84.
PROMISED = {"A": 28, "B": 9, "C": 8, "D": 7, "E": 12, "F": 12, "G": 5, "H": 3}


def listed() -> list[str]:
    return re.findall(r"^\| ([A-Z]\d+) \|", (HERE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_list_and_the_tests_name_the_same_attacks() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    names = re.findall(r"def test_((?:[a-h]\d+_(?:and_)?)+)", tests)
    run = {each.upper() for name in names for each in re.findall(r"[a-h]\d+", name)}
    assert len(listed()) == len(set(listed()))
    assert set(listed()) == run


def test_every_promised_attack_is_run_or_left_out_with_its_reason() -> None:
    left_out = set(re.findall(r"^- ([A-H]\d+), .*: ", (HERE / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    promised = {f"{part}{n}" for part, count in PROMISED.items() for n in range(1, count + 1)}
    assert sum(PROMISED.values()) == 84
    assert not left_out & set(listed())
    assert promised <= set(listed()) | left_out, promised - set(listed()) - left_out
