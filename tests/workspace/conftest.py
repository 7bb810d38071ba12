"""The scripts of set-up, imported from where they lie without leaving their folder on the path."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports one script of platform/dev by name, anew for each test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(ROOT / "platform" / "dev"))
    yield importlib.import_module
    for name in set(sys.modules) - before:
        del sys.modules[name]
