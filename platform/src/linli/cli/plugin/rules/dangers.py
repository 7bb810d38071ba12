"""What a plugin has no business with: the database past its session, the process, other machines' code.

A lint for honest authors: whoever wants to hide something can. Code that one does not trust does not belong into the
process at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linli.cli.plugin.rules.imports import imported
from linli.cli.plugin.rules.project import CheckedProject

TITLE = "nothing goes past the session, the walls or the process; where it must, a comment says why"
LEVEL = "bronze"
#: Module to why it is not for plugins.
_MODULES = {
    "psycopg": "a connection of one's own has no scope; use the session",
    "asyncpg": "a connection of one's own has no scope; use the session",
    "sqlite3": "data belongs into the plugin's schema",
    "ctypes": "it reaches past the interpreter",
    "cffi": "it reaches past the interpreter",
    "subprocess": "it starts programs of the server",
    "multiprocessing": "background work is a task",
    "pickle": "it runs what it reads",
    "marshal": "it runs what it reads",
    "shelve": "it runs what it reads",
}
#: Name of what is called to why it is not for plugins.
_CALLS = {
    "eval": "it runs a text as code",
    "exec": "it runs a text as code",
    "compile": "it runs a text as code",
    "__import__": "imports stand at the head of a module",
    "system": "it starts programs of the server",
    "popen": "it starts programs of the server",
    "execv": "it replaces the process",
    "fork": "background work is a task",
    "create_engine": "an engine of one's own has no scope; use the session",
    "set_config": "the scope is set by the core",
    "get_bind": "a connection past the session has no scope",
    "raw_connection": "a connection past the session has no scope",
}
_SQL = ("set_config", "app.scope", "set role", "reset role", "security definer", "row_security", "session_replication")
#: On the line, or the one above it, with a reason behind it.
ALLOWED = "# linli: allow"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """Dangerous imports, calls and statements without a reason."""
    for path, tree in project.modules.items():
        if path.endswith("/testing.py") or "/tests/" in path:
            continue
        lines = project.text(path).splitlines()
        found = [*_imports(tree), *_calls(tree), *_texts(tree)]
        # Revisions put statements together from names of their own, and are run by the owner of the schema alone.
        found += [] if "/migrations/" in path else _joined(tree)
        for node, words in found:
            around = lines[max(node.lineno - 2, 0) : node.lineno]
            if not any(ALLOWED in line and line.partition(ALLOWED)[2].strip(" :") for line in around):
                yield f"{path}:{node.lineno}", f"{words}; where it must be, write `{ALLOWED}: why` above it"


def _imports(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    for node, name in imported(tree):
        if reason := _MODULES.get(name.partition(".")[0]):
            yield node, f"imports {name}: {reason}"


def _calls(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            is_re = isinstance(node.func, ast.Attribute) and called == "compile"
            if (reason := _CALLS.get(called)) and not is_re:
                yield node, f"calls {called}(): {reason}"


def _joined(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and not isinstance(node.args[0], ast.Constant):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called == "text":
                yield node, "text() of a statement put together at run time: bind values with :names"


def _texts(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docs:
            continue
        text = node.value.lower()
        if found := next((each for each in _SQL if each in text), None):
            yield node, f"a statement with {found}: the scope and the roles are the core's"
