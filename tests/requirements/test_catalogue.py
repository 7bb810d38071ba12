"""The catalogue of requirements, the marks on tests and the list of what is not met agree with each other."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "requirements"
#: Modules that the core and our plugins answer for: each of their rows is proven or excused.
ACCOUNTED = ("TEN", "REG", "NOT", "COM", "PLT", "ENV", "ANA")


def _rows() -> dict[str, dict[str, str]]:
    with (DOCS / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def _marked() -> set[str]:
    found: set[str] = set()
    for folder in (ROOT / "tests", ROOT / "plugins"):
        for path in folder.rglob("test_*.py"):
            for call in re.findall(r"mark\.requirement\(([^)]*)\)", path.read_text(encoding="utf-8")):
                found.update(re.findall(r"[A-Z]{3}-\d{3}", call))
    return found


def _not_met() -> dict[str, str]:
    return tomllib.loads((DOCS / "not-met.toml").read_text(encoding="utf-8"))["rows"]


def test_every_mark_names_a_row() -> None:
    assert _marked() <= set(_rows())


def test_every_excuse_names_a_row_and_a_reason() -> None:
    assert set(_not_met()) <= set(_rows())
    assert all(len(reason) >= 20 for reason in _not_met().values())


def test_no_row_is_both_proven_and_excused() -> None:
    assert _marked() & set(_not_met()) == set()


def test_every_row_of_the_accounted_modules_is_proven_or_excused() -> None:
    open_rows = {name for name, row in _rows().items() if row["module"] in ACCOUNTED} - _marked() - set(_not_met())
    assert open_rows == set()
