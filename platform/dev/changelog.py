"""`make changelog`: shows what has changed since the last release; RELEASE=1.0 writes it into docs/changelog/README.md.

A change is a file in docs/changelog/unreleased/: a few lines `key: value`, an empty line, full sentences.

    for: plugin authors
    sdk: 1.2
    adds: Metric, SearchProvider
    changes: NavigationItem

`for` names those whom it concerns. A change of what plugins see names the SDK's version and every name that it adds,
changes, deprecates or removes; names of `linli.sdk` stand alone, others whole (`linli.sdk.hookspecs.CONTRIBUTIONS`).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import surface
from distributions import ROOT

FOLDER = ROOT / "docs" / "changelog"
UNRELEASED = FOLDER / "unreleased"
PAGE = FOLDER / "README.md"

AUDIENCES = ("street offices", "community admins", "residents", "plugin authors", "API clients", "operators")
VERBS = ("adds", "changes", "deprecates", "removes")
_MARK = "<!-- releases -->\n"


class BadFragment(ValueError):
    """A fragment says something that cannot be; names the file and its fault."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One change. ``names`` holds, for each of ``VERBS``, full public names."""

    file: str
    audiences: Sequence[str]
    sdk: str
    names: Mapping[str, frozenset[str]]
    words: str


def parse(file: str, text: str) -> Fragment:
    """One fragment.

    Raises:
        BadFragment: an unknown key or audience, names without a version, or no sentence.
    """
    head, _blank, words = text.partition("\n\n")
    keys: dict[str, str] = {}
    for line in head.splitlines():
        key, colon, value = line.partition(":")
        if not colon or key not in ("for", "sdk", *VERBS):
            raise BadFragment(f"{file}: {line!r}; the keys are for, sdk, {', '.join(VERBS)}")
        keys[key] = value.strip()
    audiences = _listed(keys.get("for", ""))
    if not audiences or set(audiences) - set(AUDIENCES):
        raise BadFragment(f"{file}: for names some of {', '.join(AUDIENCES)}")
    names = {verb: frozenset(map(_full, _listed(keys.get(verb, "")))) for verb in VERBS}
    if any(names.values()) and not re.fullmatch(r"\d+\.\d+", keys.get("sdk", "")):
        raise BadFragment(f"{file}: sdk is missing, e.g. sdk: 1.2")
    if not re.search(r"[.。!?]\s*$", words):
        raise BadFragment(f"{file}: say what changed in full sentences")
    return Fragment(file, audiences, keys.get("sdk", ""), names, words.strip())


def fragments(folder: Path = UNRELEASED) -> list[Fragment]:
    """Every change that is not released, by file name."""
    return [parse(each.name, each.read_text("utf-8")) for each in sorted(folder.glob("*.md"))]


def complaints() -> str:
    """What is wrong with the pairing of surface, version and fragments; empty when nothing."""
    try:
        told = fragments()
    except BadFragment as error:
        return f"{error}\n"
    return uncovered(surface.RELEASED.read_text("utf-8"), surface.SNAPSHOT.read_text("utf-8"), told)


def uncovered(released: str, current: str, told: Iterable[Fragment]) -> str:
    """Names that were added, changed or removed since the release and that no fragment of this version covers.

    Args:
        released: the surface of the last release.
        current: the surface as it is.
        told: the changes since.
    """
    before_version, before = surface.read(released)
    version, now = surface.read(current)
    told = [each for each in told if each.sdk == version]
    found = {
        "adds": now.keys() - before.keys(),
        "removes": before.keys() - now.keys(),
        "changes": {name for name in now.keys() & before.keys() if now[name] != before[name]},
    }
    deprecated = {name for name in found["changes"] | found["adds"] if ": deprecated for" in now[name]}
    found = {verb: names - deprecated for verb, names in found.items()} | {"deprecates": deprecated}
    lines = []
    for verb, names in found.items():
        covered = {name for each in told for name in each.names[verb]}
        missing = f"no fragment in docs/changelog/unreleased {verb} it (sdk: {version})"
        lines += [f"{name}: {missing}" for name in names - covered]
    if any(found.values()):
        lines += _version_faults(before_version, version, is_breaking=bool(found["removes"]))
    return "".join(f"{line}\n" for line in sorted(lines))


def _version_faults(before: str, now: str, *, is_breaking: bool) -> list[str]:
    old, new = (tuple(map(int, each.split("."))) for each in (before, now))
    if new <= old:
        return [f"SDK_VERSION is {now} as in the last release, and what plugins see has changed: raise it"]
    if is_breaking and new[0] == old[0]:
        return [f"SDK_VERSION is {now}, and something went away since {before}: raise the first number"]
    return []


def assembled(told: Iterable[Fragment]) -> str:
    """The changes by audience, in full sentences."""
    parts = []
    told = list(told)
    for audience in AUDIENCES:
        mine = [each for each in told if audience in each.audiences]
        if mine:
            lines = [f"- {' '.join(each.words.split())}" for each in mine]
            parts.append(f"### For {audience}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _listed(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]


def _full(name: str) -> str:
    return name if "." in name else f"linli.sdk.{name}"


def main() -> int:
    """Show the changes, or write them down as a release."""
    told = fragments()
    text = assembled(told)
    release = os.environ.get("RELEASE", "")
    if not release:
        print(text or "Nothing has changed since the last release.")
        return 0
    if complaint := complaints():
        print(complaint, end="")
        return 1
    page = PAGE.read_text("utf-8")
    PAGE.write_text(page.replace(_MARK, f"{_MARK}\n## {release}\n\n{text}", 1), encoding="utf-8")
    for each in told:
        (UNRELEASED / each.file).unlink()
    shutil.copyfile(surface.SNAPSHOT, surface.RELEASED)
    print(f"{PAGE.relative_to(ROOT)}: {release}, {len(told)} changes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
