"""Complete translations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import linli
from linli.cli.plugin.rules.project import CheckedProject
from linli.kit.messages import LOCALES, Domain

TITLE = "every Chinese message has its English, and every Chinese text can be translated"
LEVEL = "silver"


def find(project: CheckedProject) -> Iterator[tuple[str, str]]:
    """Messages without a translation, and Chinese that none can reach."""
    if not project.is_readable:
        return
    domain = Domain(project.package_name, project.package, project.folder)
    for fault in domain.faults():
        place, _space, words = fault.partition(": ")
        yield place, words
    core = Path(linli.__file__).parent
    for locale in LOCALES:
        known = Domain("linli", core, core).translated(locale)
        for message in domain.untranslated(locale, known):
            yield domain.path(locale).relative_to(project.folder).as_posix(), f"no translation of {message!r}"
