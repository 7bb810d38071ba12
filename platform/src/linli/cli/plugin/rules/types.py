"""Types, for those who build upon the plugin."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "the package is typed (py.typed), and every function says what it takes and gives"
LEVEL = "gold"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """Functions without types."""
    if not (project.package / "py.typed").is_file():
        yield project.package.relative_to(project.folder).as_posix(), "py.typed is missing"
    for path, tree in project.modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_untyped(node):
                yield f"{path}:{node.lineno}", f"{node.name}() has no types"


def _is_untyped(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return node.returns is None or any(each.annotation is None and each.arg not in ("self", "cls") for each in given)
