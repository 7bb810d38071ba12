"""What of the core is imported: the SDK and the test kit, nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "of the core only linli.sdk is imported (in tests linli.testing too), of another plugin only its api"
LEVEL = "bronze"
_ALLOWED = ("linli.sdk", "linli.testing")


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """Imports past the one door."""
    for path, tree in project.modules.items():
        for node, name in imported(tree):
            top = name.partition(".")[0]
            if top == "linli" and not any(name == each or name.startswith(f"{each}.") for each in _ALLOWED):
                yield (
                    f"{path}:{node.lineno}",
                    f"imports {name}: nothing but linli.sdk is promised to stay",
                )
            if top.startswith("linli_") and top != project.package_name and name.split(".")[1:2] != ["api"]:
                yield f"{path}:{node.lineno}", f"imports {name}: of another plugin import its api module only"


def imported(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each import and the full name of the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield node, each.name
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for each in node.names:
                # ``from linli import sdk`` names a module, too.
                yield node, f"{node.module}.{each.name}" if node.module == "linli" else node.module
