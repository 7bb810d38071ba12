"""`make check`: everything but the tests, each check in turn, and a short table at the end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import changelog
import docs
import i18n
import templates
from distributions import INPUTS_LINE, REQUIREMENTS, ROOT, requirements_fingerprint

BIN = Path(sys.executable).parent


def locks_are_current() -> str:
    """What is wrong with requirements/*.txt, or nothing."""
    expected = INPUTS_LINE + requirements_fingerprint()
    stale = [
        path.name
        for path in sorted(REQUIREMENTS.glob("*.txt"))
        if path.read_text("utf-8").partition("\n")[0] != expected
    ]
    return f"requirements/{{{','.join(stale)}}}: out of date, run `make lock`\n" if stale else ""


def platform_is_no_package() -> str:
    """What is wrong with platform/, or nothing: as a package it would hide Python's own module."""
    return "platform/__init__.py must not exist: it hides Python's `platform`\n" if _package().exists() else ""


def _package() -> Path:
    return ROOT / "platform" / "__init__.py"


#: The one place to add a check: a command, or a function that returns what is wrong.
CHECKS: tuple[tuple[str, Sequence[str | Path] | Callable[[], str]], ...] = (
    ("lint", [BIN / "ruff", "check", "--quiet", "."]),
    ("format", [BIN / "ruff", "format", "--check", "--quiet", "."]),
    ("types", [BIN / "basedpyright", "--level", "error"]),
    ("floors", [BIN / "lint-imports", "--no-logo"]),
    ("locks", locks_are_current),
    ("templates", templates.complaints),
    ("messages", i18n.complaints),
    ("reference", docs.complaints),
    ("changelog", changelog.complaints),
    ("platform", platform_is_no_package),
)


def main() -> int:
    rows: list[tuple[str, bool, float]] = []
    for name, check in CHECKS:
        begin = time.monotonic()
        complaint = check() if callable(check) else _complaint_of(check)
        rows.append((name, not complaint, time.monotonic() - begin))
        if complaint:
            print(f"--- {name}\n{complaint}", flush=True)
    for name, is_good, seconds in rows:
        print(f"{name:<10} {'ok' if is_good else 'FAILED':<7} {seconds:5.1f} s")
    return 0 if all(is_good for _, is_good, _ in rows) else 1


def _complaint_of(command: Sequence[str | Path]) -> str:
    answer = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return "" if answer.returncode == 0 else answer.stdout or f"exit code {answer.returncode}\n"


if __name__ == "__main__":
    sys.exit(main())
