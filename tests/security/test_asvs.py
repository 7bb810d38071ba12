"""The list of ASVS requirements in the docs and the marks on tests say the same, in both directions."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "docs" / "security" / "asvs.md"
#: The ids that this platform has set itself to meet, level 2 and some of level 3.
CHOSEN = """
1.2.4 1.2.10 1.3.6 1.3.7 2.3.3-2.3.5 2.4.1 3.3.1-3.3.4 3.4.1-3.4.6 3.5.1-3.5.3 3.5.8 4.1.3 5.2.1-5.2.6 5.3.2-5.3.3
5.4.1-5.4.3 6.2.1-6.2.12 6.3.1 6.3.3 6.3.8 6.5.1 6.5.5 7.2.3-7.2.4 7.3.1-7.3.2 7.4.1-7.4.5 7.5.1 8.2.1-8.2.3 8.3.2
8.4.1 11.4.2 14.2.1-14.2.8 15.4.2 16.2.5 16.3.1-16.3.4 16.4.1-16.4.3 16.5.1-16.5.4
"""


def chosen() -> set[str]:
    found = set()
    for span in CHOSEN.split():
        first, _dash, last = span.partition("-")
        chapter, _dot, number = first.rpartition(".")
        end = int(last.rpartition(".")[2]) if last else int(number)
        found |= {f"V{chapter}.{n}" for n in range(int(number), end + 1)}
    return found


def listed() -> dict[str, set[str]]:
    """The ids of the list's table, each with the files that it names."""
    rows = re.findall(r"^\| (V[\d.]+) \| .+ \| (.+) \|$", LIST.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len({row[0] for row in rows})
    return {name: set(re.findall(r"`([^`]+)`", files)) for name, files in rows}


def marked() -> dict[str, set[str]]:
    """The ids that tests bear, each with their files."""
    found = defaultdict(set)
    for path in [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "plugins").glob("*/tests/test_*.py")]:
        for mark in re.findall(r"^\s*@pytest\.mark\.asvs\(([^)]*)\)", path.read_text("utf-8"), re.MULTILINE):
            for name in re.findall(r'"([^"]+)"', mark):
                found[name].add(path.relative_to(ROOT).as_posix())
    return dict(found)


def test_every_listed_requirement_has_its_tests_and_every_mark_is_listed() -> None:
    assert listed() == marked()


def test_every_chosen_requirement_is_proven_or_left_out_with_its_reason() -> None:
    left_out = set(re.findall(r"^- (V[\d.]+), .+: ", LIST.read_text("utf-8"), re.MULTILINE))
    assert not left_out & set(listed())
    assert set(listed()) | left_out == chosen()
