"""The range of the core that the plugin works with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "pyproject.toml says with which versions of linli it works: from one, and below another"
LEVEL = "bronze"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """A range that is missing or open."""
    wanted = [each for each in project.settings["project"].get("dependencies", ()) if re.match(r"linli\b(?!-)", each)]
    if not wanted:
        yield "pyproject.toml", "dependencies must name linli, e.g. linli>=0.1,<0.2"
    for each in wanted:
        if ">=" not in each or "<" not in each:
            yield "pyproject.toml", f"{each}: give a lower and an upper end, e.g. linli>=0.1,<0.2"
