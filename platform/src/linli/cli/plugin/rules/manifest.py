"""The manifest: there, written out, and nothing that cannot be parsed beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject
from linli.plugins.manifest import CATEGORIES, SDK_VERSION, sdk_verdict

TITLE = "plugin.py has a MANIFEST that fits the installed SDK, and every module can be read"
LEVEL = "bronze"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """What is wrong with the manifest."""
    for path in sorted(project.package.rglob("*.py")):
        try:
            ast.parse(path.read_text("utf-8"))
        except (SyntaxError, UnicodeDecodeError) as error:
            yield path.relative_to(project.folder).as_posix(), f"cannot be read: {error}"
    call = _manifest(project)
    place = f"{project.package.relative_to(project.folder).as_posix()}/plugin.py"
    if call is None:
        yield place, "MANIFEST = PluginManifest(...) is missing"
        return
    given = {each.arg: each.value.value for each in call.keywords if isinstance(each.value, ast.Constant)}
    if given.get("name") != project.name:
        yield place, f"MANIFEST: name must be {project.name!r}, as the entry point says"
    sdk = str(given.get("sdk", ""))
    if sdk and sdk.replace(".", "").isdigit() and sdk.count(".") == 1 and sdk_verdict(sdk) != "fits":
        yield place, f"MANIFEST: written for SDK {sdk}, installed is {SDK_VERSION}"
    if given.get("category", "other") not in CATEGORIES:
        yield place, f"MANIFEST: category is one of {', '.join(CATEGORIES)}"
    for each in ("title", "description"):
        if not str(given.get(each, "")).strip():
            yield place, f"MANIFEST: {each} is missing; street offices read it"


def _manifest(project: CheckedProject) -> ast.Call | None:
    for tree in project.modules.values():
        for node in tree.body:
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Call)
                and any(isinstance(each, ast.Name) and each.id == "MANIFEST" for each in node.targets)
            ):
                return node.value
    return None
