"""Tests that can fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "there are tests, and each of them asserts something"
LEVEL = "bronze"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """Missing tests, and tests that cannot fail."""
    paths = sorted((project.folder / "tests").rglob("test_*.py"))
    if not paths:
        yield "tests", "there are no tests"
    for path in paths:
        place = path.relative_to(project.folder).as_posix()
        try:
            tree = ast.parse(path.read_text("utf-8"))
        except SyntaxError as error:
            yield f"{place}:{error.lineno}", f"cannot be read: {error.msg}"
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not _can_fail(node):
                yield f"{place}:{node.lineno}", f"{node.name} asserts nothing"


def _can_fail(test: ast.FunctionDef) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("raises", "fail") or called.startswith("assert_"):
                return True
    return False
