"""Events are described where other authors look for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "every event has a docstring and stands in the README"
LEVEL = "gold"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """Events that nobody can know of."""
    for path, tree in project.modules.items():
        for node in tree.body:
            is_event = isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Event" for base in node.bases)
            if not is_event or not isinstance(node, ast.ClassDef):
                continue
            if ast.get_docstring(node) is None:
                yield f"{path}:{node.lineno}", f"{node.name}: say in its docstring what happened"
            if f"{project.name}.{node.name}" not in project.text("README.md"):
                yield "README.md", f"does not mention the event {project.name}.{node.name}"
