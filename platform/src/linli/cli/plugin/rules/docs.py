"""A page for those who use the plugin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from linli.cli.plugin.rules.project import CheckedProject

TITLE = "docs/ has a page for those who use the plugin, in Chinese and English"
LEVEL = "gold"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """A page that is missing, or speaks one language."""
    pages = sorted((project.folder / "docs").rglob("*.md"))
    told = "".join(page.read_text("utf-8") for page in pages)
    if not pages:
        yield "docs", "there is no page for those who use the plugin"
    elif not re.search(r"[\u3400-\u9fff]{10}", told) or not re.search(r"(?:[A-Za-z]+ ){5}", told):
        yield pages[0].relative_to(project.folder).as_posix(), "write it in Chinese and in English"
