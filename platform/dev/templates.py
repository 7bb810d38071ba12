"""The template lint: every template of the core and the plugins parses, and breaks none of the rules of our pages."""

from __future__ import annotations

import re
from pathlib import Path

import minijinja

from distributions import ROOT

#: What the content security policy would refuse anyway, or what takes away the escaping.
_FORBIDDEN = (
    (re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE), "inline script"),
    (re.compile(r"\sstyle\s*=", re.IGNORECASE), "style attribute"),
    (re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE), "event attribute"),
    (re.compile(r"javascript:", re.IGNORECASE), "script address"),
    (re.compile(r"https?://", re.IGNORECASE), "address of another site"),
)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.IGNORECASE | re.DOTALL)


def folders() -> list[Path]:
    """Where templates lie."""
    return [
        ROOT / "platform" / "src" / "linli" / "web" / "templates",
        *sorted((ROOT / "plugins").glob("*/src/*/templates")),
    ]


def complaints() -> str:
    """What is wrong with the templates; empty when nothing is."""
    found: list[str] = []
    environment = minijinja.Environment()
    for folder in folders():
        for path in sorted(folder.rglob("*.html")):
            # Comments keep their line breaks, so that line numbers stay right.
            source = _COMMENT.sub(lambda each: "\n" * each[0].count("\n"), path.read_text(encoding="utf-8"))
            name = path.relative_to(ROOT).as_posix()
            try:
                environment.add_template(name, source)
            except minijinja.TemplateError as error:
                found.append(f"{name}:{error.line}: {error}")
                continue
            found += [
                f"{name}:{source.count(chr(10), 0, hit.start()) + 1}: {what}"
                for pattern, what in _FORBIDDEN
                for hit in pattern.finditer(source)
            ]
            found += [
                f"{name}:{source.count(chr(10), 0, form.start()) + 1}: a form without its token"
                for form in _FORM.finditer(source)
                if "csrf" not in form[0] and not _leaves(form[0])
            ]
            found += [
                f"{name}:{source.count(chr(10), 0, form.start()) + 1}: the token in a form to somebody else"
                for form in _FORM.finditer(source)
                if "csrf" in form[0] and _leaves(form[0])
            ]
    return "".join(f"{line}\n" for line in found)


def _leaves(form: str) -> bool:
    """Whether a form is sent to somebody else, into a frame: our token is none of their business."""
    return "target=" in form.partition(">")[0]
