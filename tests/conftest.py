"""In which order files begin; which requirements passing tests prove; scripts of `platform/dev` for tests."""

from __future__ import annotations

import csv
import importlib
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "requirements"
#: Their files hold a process for long: begun first, so that none of them is left over when all others are done.
BEGUN_FIRST = (
    "plugins/waste_sorting/tests/test_contract.py",
    "tests/browser",
    "tests/fuzz",
    "tests/isolation",
    "plugins/notices/tests/test_contract.py",
    "tests/testing/test_contract.py",
    "tests/cli",
    "tests/newcomer",
    "tests/faults",
    "tests/canaries",
    "tests/bench",
)
#: A browser judges each page of each plugin. Marked here: who tests one plugin alone has it judged every time.
LONG_IN_EACH_CONTRACT = "test_pages_are_accessible"


# A property holds or not; how fast a busy machine draws examples says nothing about it.
settings.register_profile("linli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("linli")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--requirements", action="store_true", help="run only tests that prove a requirement, and count")
    parser.addoption("--asvs", action="store_true", help="run only tests that prove a requirement of OWASP ASVS 5.0")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_turn)
    for item in items:
        if item.name == LONG_IN_EACH_CONTRACT:
            item.add_marker("thorough")
        for mark in item.iter_markers("requirement"):
            # Travels with the report, from a worker process too.
            item.user_properties += [("requirement", each) for each in mark.args]
    for option, mark in (("--requirements", "requirement"), ("--asvs", "asvs")):
        if not config.getoption(option):
            continue
        kept = [item for item in items if item.get_closest_marker(mark)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _turn(item: pytest.Item) -> int:
    file = item.path.relative_to(ROOT).as_posix() if item.path.is_relative_to(ROOT) else ""
    places = (turn for turn, folder in enumerate(BEGUN_FIRST) if file.startswith(folder))
    return next(places, len(BEGUN_FIRST))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _proven.update(str(value) for name, value in report.user_properties if name == "requirement")
    if report.when == "teardown" and report.passed:
        _tries.extend(int(str(value)) for name, value in report.user_properties if name == "attacks")


_proven: set[str] = set()
#: For each test of isolation: how many statements or requests it has tried.
_tries: list[int] = []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if _tries:
        terminalreporter.line(f"isolation: {sum(_tries)} attacks and controls in {len(_tries)} tests")
    if not config.getoption("--requirements"):
        return
    with (DOCS / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    not_met = tomllib.loads((DOCS / "not-met.toml").read_text(encoding="utf-8"))["rows"]
    total = Counter(row["module"] for row in rows)
    proven = Counter(row["module"] for row in rows if row["id"] in _proven)
    excused = Counter(row["module"] for row in rows if row["id"] in not_met)
    terminalreporter.section("requirements")
    terminalreporter.line(f"{'module':<8}{'rows':>6}{'proven':>8}{'not met, with reason':>22}")
    for module in total:
        if proven[module] or excused[module]:
            terminalreporter.line(f"{module:<8}{total[module]:>6}{proven[module]:>8}{excused[module]:>22}")
    terminalreporter.line(f"{'all':<8}{total.total():>6}{proven.total():>8}{excused.total():>22}")
    unknown = sorted(_proven - {row["id"] for row in rows})
    if unknown:
        terminalreporter.line(f"marks that name no row: {', '.join(unknown)}", red=True)


#: Milliseconds of the yardstick on the machine for which the ceilings of tests were set.
_NOMINAL = 5.0


@pytest.fixture(scope="session")
def slowness() -> Callable[[], float]:
    """How many times slower this process works just now than where ceilings were set: 1.0 there, 2.0 at half the pace.

    A time of this process divided by it can be held against a ceiling on any machine, and beside other programs.
    """

    def measure() -> float:
        began, total = time.process_time(), 0
        for n in range(100_000):
            total += n * n % 7
        return (time.process_time() - began) * 1000 / _NOMINAL

    return measure


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports one script of platform/dev by name, anew for each test."""
    before, folder = set(sys.modules), str(ROOT / "platform" / "dev")
    monkeypatch.syspath_prepend(folder)
    yield importlib.import_module
    for name, module in list(sys.modules.items()):
        if name not in before and str(getattr(module, "__file__", None)).startswith(folder):
            del sys.modules[name]
