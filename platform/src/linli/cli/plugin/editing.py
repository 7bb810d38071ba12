"""Adding to a Python source without disturbing what its author wrote: an import, a hook, an element, a statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable

#: Lines are no longer than this.
_WIDTH = 120


class CannotEdit(ValueError):
    """The source does not look as expected; the message is what its author must add by hand."""


def with_import(source: str, module: str, name: str) -> str:
    """The source with ``from module import name``, sorted in among those that are there."""
    tree = ast.parse(source)
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 0]
    for node in imports:
        if node.module == module and any(each.asname for each in node.names):
            continue
        if node.module == module:
            names = {each.name for each in node.names}
            if name in names:
                return source
            return _replaced(source, node, _import_line(module, {*names, name}))
    ours = [node for node in imports if str(node.module).partition(".")[0] == module.partition(".")[0]]
    before = [node for node in ours if str(node.module) < module]
    anchor = (before or [node for node in imports if node.module != "__future__"] or imports)[-1:]
    lines = source.splitlines(keepends=True)
    if before:
        at = before[-1].end_lineno or before[-1].lineno
    elif ours:
        at = ours[0].lineno - 1
    else:
        at = (anchor[0].end_lineno or anchor[0].lineno) if anchor else 0
    lines.insert(at, _import_line(module, {name}) + "\n")
    return "".join(lines)


def tidied(source: str) -> str:
    """The source with the names of each import in order: an author's own names sort where they belong."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.level == 0 and not any(each.asname for each in node.names):
            line = _import_line(str(node.module), {each.name for each in node.names})
            if line.count("\n") == (node.end_lineno or node.lineno) - node.lineno:
                source = _replaced(source, node, line)
    return source


def _import_line(module: str, names: Iterable[str]) -> str:
    # Constants, then classes, then functions, as linters sort them.
    def rank(name: str) -> int:
        return 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2

    ordered = sorted(names, key=lambda each: (rank(each), each))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= _WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {each},\n" for each in ordered) + ")"


def _replaced(source: str, node: ast.stmt, text: str) -> str:
    lines = source.splitlines(keepends=True)
    lines[node.lineno - 1 : node.end_lineno] = [text + "\n"]
    return "".join(lines)


def with_element(source: str, hook: str, returns: str, element: str) -> str:
    """The source in whose hook this element is returned; the hook is made where there is none.

    Raises:
        CannotEdit: the hook returns something else than a list that is written out.
    """
    found = _function(source, hook)
    if found is None:
        made = f"@hookimpl\ndef {hook}() -> Sequence[{returns}]:\n    return [{element}]\n"
        source = with_import(source, "linli.sdk", returns)
        source = with_import(source, "collections.abc", "Sequence")
        return source.rstrip("\n") + "\n\n\n" + made
    answer = found.body[-1]
    if not isinstance(answer, ast.Return) or not isinstance(answer.value, ast.List):
        raise CannotEdit(f"{hook}: return [..., {element}]")
    elements = [ast.get_source_segment(source, each) or "" for each in answer.value.elts]
    if element in elements:
        return source
    elements.append(element)
    line = f"    return [{', '.join(elements)}]"
    if len(line) > _WIDTH or "\n" in line:
        line = "    return [\n" + "".join(f"        {each},\n" for each in elements) + "    ]"
    return _replaced(source, answer, line)


def with_statement(source: str, function: str, line: str) -> str:
    """The source in whose function this statement stands before the last ``return``, or at its end.

    Raises:
        CannotEdit: there is no such function.
    """
    found = _function(source, function)
    if found is None:
        raise CannotEdit(f"{function}(): {line}")
    lines = source.splitlines(keepends=True)
    body = lines[found.lineno - 1 : found.end_lineno]
    if any(each.strip() == line for each in body):
        return source
    last = found.body[-1]
    at = last.lineno - 1 if isinstance(last, ast.Return) else (last.end_lineno or last.lineno)
    lines.insert(at, f"{' ' * last.col_offset}{line}\n")
    return "".join(lines)


def has_function(source: str, name: str) -> bool:
    """Whether the module defines such a function."""
    return _function(source, name) is not None


def _function(source: str, name: str) -> ast.FunctionDef | None:
    body = ast.parse(source).body
    return next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == name), None)
