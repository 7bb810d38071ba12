"""The folder of a plugin as the rules see it: parsed once, never run."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule has found.

    Attributes:
        rule: its name.
        level: the quality level that is missed by it.
        place: file and line, relative to the folder.
        words: what is wrong and what to do about it.
    """

    rule: str
    level: str
    place: str
    words: str


@dataclass(frozen=True)
class CheckedProject:
    """A plugin's folder.

    Attributes:
        folder: with ``pyproject.toml``.
        name: the plugin's.
    """

    folder: Path
    name: str

    @cached_property
    def settings(self) -> dict[str, Any]:
        """``pyproject.toml``."""
        return tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))

    @property
    def package_name(self) -> str:
        """What the entry point imports."""
        entry = self.settings["project"]["entry-points"]["linli.plugins"][self.name]
        return str(entry).partition(".")[0]

    @cached_property
    def package(self) -> Path:
        """The folder of the import package, wherever it lies."""
        for parent in (self.folder / "src", self.folder):
            if (parent / self.package_name).is_dir():
                return parent / self.package_name
        return self.folder / "src" / self.package_name

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """Path relative to the folder to its syntax tree; a file that cannot be parsed is left to ``manifest``."""
        found = {}
        for path in sorted(self.package.rglob("*.py")):
            try:
                found[path.relative_to(self.folder).as_posix()] = ast.parse(path.read_text("utf-8"))
            except (SyntaxError, UnicodeDecodeError):
                continue
        return found

    @property
    def is_readable(self) -> bool:
        """Whether every module can be parsed; ``manifest`` names those that cannot."""
        return len(self.modules) == len(list(self.package.rglob("*.py")))

    def text(self, name: str) -> str:
        """A file of the folder; empty when there is none."""
        path = self.folder / name
        return path.read_text("utf-8") if path.is_file() else ""

    def has_hook(self, name: str) -> bool:
        """Whether any module defines a function of this name."""
        return any(
            isinstance(node, ast.FunctionDef) and node.name == name
            for tree in self.modules.values()
            for node in ast.walk(tree)
        )
