"""The contract suite is run by the plugin's own tests."""

from __future__ import annotations

from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "the tests run linli.testing.contract"
LEVEL = "bronze"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """A contract that nobody runs."""
    texts = (path.read_text("utf-8") for path in (project.folder / "tests").rglob("test_*.py"))
    if not any("PluginContract" in text and f'plugin = "{project.name}"' in text for text in texts):
        yield "tests", f'subclass PluginContract of linli.testing.contract with plugin = "{project.name}"'
