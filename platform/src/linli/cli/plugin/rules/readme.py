"""A README for those who decide about the plugin."""

from __future__ import annotations

from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "README.md says what the plugin is for, and pyproject.toml names it"
LEVEL = "bronze"
_LEAST = 400


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """A README that is missing, too short or not named."""
    if len(project.text("README.md").strip()) < _LEAST:
        yield "README.md", f"missing, or shorter than {_LEAST} characters"
    if not project.settings["project"].get("readme"):
        yield "pyproject.toml", 'readme = "README.md" is missing; the index shows nothing without it'
    if not project.settings["project"].get("license"):
        yield "pyproject.toml", "license is missing"
