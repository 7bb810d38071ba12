"""The messages in the sources of one distribution, and its catalogues: found, collected, written, and judged.

A message is a Chinese text that people see: in Python any literal outside docstrings, in templates what ``_()`` is
given. Modules whose Chinese is data, not interface, say so with a line ``# The Chinese here is data``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

#: The languages beside Chinese.
LOCALES = ("en",)
_CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef，。：；！？（）“”、]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_TEMPLATE_CALL = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_TEMPLATE_CODE = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_DATA = "# The Chinese here is data"


@dataclass(frozen=True, slots=True)
class Domain:
    """One distribution's messages.

    Attributes:
        name: of the catalogue's files.
        package: the folder of the import package.
        root: what the paths in catalogues and complaints are relative to.
    """

    name: str
    package: Path
    root: Path

    def path(self, locale: str) -> Path:
        """The catalogue of one language."""
        return self.package / "locale" / locale / "LC_MESSAGES" / f"{self.name}.po"

    def _named(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _modules(self) -> Iterator[tuple[Path, str]]:
        for path in sorted(self.package.rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            parts = path.relative_to(self.package).parts
            if _DATA not in source and "testing" not in parts and "scaffold" not in parts:
                yield path, source

    def messages(self) -> Iterator[tuple[str, str, int]]:
        """Message, file and line."""
        for path, source in self._modules():
            for text, line in _python_messages(ast.parse(source)):
                yield text, self._named(path), line
        for path in sorted(self.package.glob("**/templates/**/*.html")):
            source = path.read_text(encoding="utf-8")
            for found in _TEMPLATE_CALL.finditer(source):
                text = ast.literal_eval(f'"{found[1]}"' if found[1] is not None else f"'{found[2]}'")
                yield text, self._named(path), source.count("\n", 0, found.start()) + 1

    def faults(self) -> list[str]:
        """Chinese that no translation can reach: inside f-strings, or bare in a template."""
        found = []
        for path, source in self._modules():
            found += [
                f"{self._named(path)}:{node.lineno}: Chinese inside an f-string"
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.JoinedStr)
                and any(isinstance(part, ast.Constant) and _HAN.search(str(part.value)) for part in node.values)
            ]
        for path in sorted(self.package.glob("**/templates/**/*.html")):
            source = path.read_text(encoding="utf-8")
            bare = _TEMPLATE_CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), source)
            found += [
                f"{self._named(path)}:{number}: Chinese outside _(): {line.strip()[:60]}"
                for number, line in enumerate(bare.split("\n"), 1)
                if _CHINESE.search(line) and "lang=" not in line
            ]
        return found

    def collect(self, locale: str) -> Catalog:
        """The catalogue with today's messages; known translations are kept, vanished messages dropped."""
        fresh = Catalog(locale=locale, domain=self.name, project="linli", charset="utf-8", fuzzy=False)
        path = self.path(locale)
        known: dict[str, str] = {}
        if path.is_file():
            with path.open("rb") as file:
                known = {str(each.id): str(each.string) for each in read_po(file) if each.id}
        seen: dict[str, list[str]] = {}
        for text, file_name, _line in self.messages():
            seen.setdefault(text, [])
            if file_name not in seen[text]:
                seen[text].append(file_name)
        for text, files in seen.items():
            # Files without lines, so that a catalogue does not change whenever code moves.
            fresh.add(text, known.get(text, ""), locations=[(name, 0) for name in files])
        return fresh

    def translated(self, locale: str) -> set[str]:
        """The messages that the catalogue, as it lies there, has a translation for."""
        path = self.path(locale)
        if not path.is_file():
            return set()
        with path.open("rb") as file:
            return {str(each.id) for each in read_po(file) if each.id and each.string}

    def untranslated(self, locale: str, elsewhere: Collection[str] = ()) -> list[str]:
        """Messages without a translation; ``elsewhere`` are those that another catalogue translates."""
        catalogue = self.collect(locale)
        return [str(each.id) for each in catalogue if each.id and not each.string and each.id not in elsewhere]

    def write(self, locale: str, catalogue: Catalog) -> None:
        """Sorted, without dates: the same messages give the same file."""
        path = self.path(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.mime_headers = [("Content-Type", "text/plain; charset=utf-8")]
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False)
        lines = path.read_text(encoding="utf-8").split("\n\n", 1)
        header = 'msgid ""\nmsgstr ""\n"Language: ' + locale + '\\n"\n"Content-Type: text/plain; charset=utf-8\\n"'
        path.write_text(f"{header}\n\n{lines[1] if len(lines) > 1 else ''}", encoding="utf-8")


def _python_messages(tree: ast.Module) -> Iterator[tuple[str, int]]:
    silent = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            silent.update(id(part) for part in node.values)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in silent:
            continue
        if _HAN.search(node.value):
            yield node.value, node.lineno
