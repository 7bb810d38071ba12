"""What has changed, for those who upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "CHANGELOG.md tells of the version in pyproject.toml"
LEVEL = "silver"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """A version that the changelog does not know."""
    version = str(project.settings["project"].get("version", ""))
    if version not in project.text("CHANGELOG.md"):
        yield "CHANGELOG.md", f"says nothing of version {version}"
