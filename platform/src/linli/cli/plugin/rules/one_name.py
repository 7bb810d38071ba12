"""One name everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject
from linli.plugins.manifest import NAME, RESERVED_NAMES

TITLE = "the distribution, the package and the folders carry the plugin's one name"
LEVEL = "bronze"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """Where another name is used."""
    name = project.name
    if not NAME.fullmatch(name) or name in RESERVED_NAMES:
        yield "pyproject.toml", f"the entry point {name}: 2 to 31 lower-case letters, digits, _; not a reserved name"
    wanted = f"linli-{name.replace('_', '-')}"
    if project.settings["project"].get("name") != wanted:
        yield "pyproject.toml", f"project.name must be {wanted}"
    if project.package_name != f"linli_{name}":
        yield "pyproject.toml", f"the package {project.package_name} must be called linli_{name}"
    for kind in ("templates", "static", "documents"):
        folder = project.package / kind
        for each in sorted(folder.iterdir()) if folder.is_dir() else ():
            if each.name != name:
                yield each.relative_to(project.folder).as_posix(), f"everything lies in {kind}/{name}/"
