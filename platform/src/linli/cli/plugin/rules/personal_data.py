"""What is kept about people is declared, and described."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "columns that name people are answered for by register_personal_data, and the README says what is kept"
LEVEL = "silver"
_COLUMNS = ("resident_id", "account_id")


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """People in tables that no declaration answers for."""
    named = [
        f"{path}:{node.lineno}"
        for path, tree in project.modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and (node.target.id in _COLUMNS or node.target.id.endswith("_ct"))
        and "Mapped" in ast.dump(node.annotation)
    ]
    if named and not project.has_hook("register_personal_data"):
        yield named[0], "names people, and the plugin has no register_personal_data"
    if named and "people" not in project.text("README.md").lower():
        yield "README.md", "say what is kept about people, and what becomes of it when they have it erased"
