"""The platform under siege by all plugins at fault at once, beside five healthy ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.faults.siege import Siege, besieged
from tests.plugins.conftest import make_plugin

from linli.testing.databases import clone_of

__all__ = ["make_plugin"]

#: Those that break while they are being called, and those that are at fault before.
WHILE_RUNNING = (
    "raises",
    "exits",
    "sleeps",
    "loops",
    "leaks",
    "swallows",
    "mutates",
    "mistypes",
    "huge",
    "raw",
    "severs",
)
AT_START = ("halfway", "unique", "future", "unimportable", "quits", "residents")


@pytest.fixture(scope="module")
def siege(superuser_url, template, tmp_path_factory) -> Iterator[Siege]:
    """All plugins at fault and the five healthy ones, upgraded and started as in production."""
    with clone_of(superuser_url, template) as url:
        folder = tmp_path_factory.mktemp("neighbours")
        with besieged(url, folder, *WHILE_RUNNING, *AT_START) as siege:
            yield siege
