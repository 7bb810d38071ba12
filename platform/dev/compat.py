"""`make compat`: plugins as wheels, of today and of the last released SDK, on the core of today and of then.

A plugin keeps working while the core goes on: what was written for the last SDK keeps the contract on today's core,
and what is newer than a core is refused by it in words. The last SDK is the newest tag `sdk-…`, or, before the first
one, the last commit before the number of today's SDK was written down.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributions import ROOT, distributions, project
from wheels import BIN, CommandFailed, build, environment, install, run, variables

MANIFEST = "platform/src/linli/plugins/manifest.py"
#: What `make setup` builds and no commit holds; a wheel is not made without.
BUILT = ("web/static/built", "documents/fonts", "testing/built")
#: A plugin of somebody else: what the scaffold makes.
SAMPLE = "lost_and_found"
#: Seconds that one contract suite may take.
PATIENCE = 1200

#: Prints each plugin that a core takes or refuses: `name<tab>asks for more than there is<tab>fault`.
_ASK = """
from linli.plugins.manifest import SDK_VERSION
from linli.plugins.registry import Plugins
number = lambda version: tuple(int(part) for part in version.split("."))
found = Plugins.load(on_failure="quarantine")
for each in found.plugins:
    print(each.name, number(each.manifest.sdk) > number(SDK_VERSION), "", sep="\\t")
for each in found.faults:
    print(each.plugin, "", " ".join(each.message.split()), sep="\\t")
"""
#: How a core tells that a plugin is too new. Until SDK 1.2 it told only which name could not be imported.
_TOO_NEW = re.compile(r"written for (another )?SDK|cannot import name '\w+' from 'linli\.sdk'")
_TAG = re.compile(r"sdk-(\d+\.\d+)")


class CompatFault(Exception):
    """Something could not even be tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one plugin on one core."""

    plugin: str
    core: str
    is_good: bool
    words: str


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="linli-compat-"))
    # The embedded server may run as another user, and must get through to its own folder.
    folder.chmod(0o711)
    try:
        outcomes = list(_try_all(folder))
    except (CompatFault, CommandFailed) as fault:
        print(fault, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for each in outcomes:
        print(f"{'ok    ' if each.is_good else 'FAILED'} {each.plugin:<28} on {each.core:<12} {each.words}")
    return 0 if all(each.is_good for each in outcomes) else 1


def _try_all(folder: Path) -> Iterator[Outcome]:
    sample = _scaffold(BIN / "linli", folder / "sample")
    today = environment(folder / "today", build(ROOT / "platform", folder / "wheels"))
    for source in (*_first_party(ROOT), sample):
        yield _keeps_contract(today, source, folder, "today", "today's")
    reference = previous()
    if reference is None:
        print(
            "no earlier SDK: neither a tag sdk-… nor a commit before this number; only today's was tried",
            file=sys.stderr,
        )
        return
    then = _checkout(reference, folder / "then")
    ours, theirs = _sdk_of(ROOT), _sdk_of(then)
    if _number(theirs) >= _number(ours):
        raise CompatFault(f"{_short(reference)} has SDK {theirs}, today's is {ours}: it is no earlier one")
    for source in _first_party(then):
        yield _keeps_contract(today, source, folder, "today", f"{_short(reference)}'s")
    old = environment(folder / "old", build(then / "platform", folder / "wheels-then"))
    if _has_scaffold(old):
        own = _scaffold(old / "bin" / "linli", folder / "sample-then")
        yield _keeps_contract(today, own, folder, "today", f"{_short(reference)}'s")
    for source in (*_first_party(ROOT), sample):
        yield _is_taken_or_refused(old, source, folder, _short(reference))


def previous() -> str | None:
    """The last released SDK as git names it; ``None`` before there is any."""
    tags = _git("tag", "--list", "sdk-*", "--merged", "HEAD").split()
    numbered = [(tuple(int(n) for n in found[1].split(".")), found[0]) for found in map(_TAG.fullmatch, tags) if found]
    if numbered:
        return max(numbered)[1]
    raised = _git("log", "-1", "--format=%H", "-G", "^SDK_VERSION = ", "--", MANIFEST).strip()
    return _git("rev-parse", "--verify", "--quiet", f"{raised}^").strip() or None if raised else None


def _short(reference: str) -> str:
    return reference if _TAG.fullmatch(reference) else reference[:9]


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _checkout(reference: str, folder: Path) -> Path:
    """The project as it was then, with what is built as it is today."""
    done = subprocess.run(["git", "archive", reference], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise CompatFault(f"git archive {reference}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    for name in BUILT:
        source, target = ROOT / "platform" / "src" / "linli" / name, folder / "platform" / "src" / "linli" / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
    return folder


def _sdk_of(root: Path) -> str:
    """The number of a project's SDK, as it is written down."""
    found = re.search(r'^SDK_VERSION = "([\d.]+)"', (root / MANIFEST).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise CompatFault(f"{root / MANIFEST} names no SDK_VERSION")
    return found[1]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _first_party(root: Path) -> Sequence[Path]:
    return distributions(root)[1:]


def _scaffold(linli: Path, folder: Path) -> Path:
    folder.mkdir()
    run([linli, "plugin", "new", SAMPLE, "--title-zh", "失物招领", "--title-en", "Lost and found", "--yes"], folder)
    return next(each.parent for each in folder.glob("*/pyproject.toml"))


def _has_scaffold(home: Path) -> bool:
    done = subprocess.run(
        [home / "bin" / "linli", "plugin", "new", "--help"], env=variables(), capture_output=True, check=False
    )
    return done.returncode == 0


def _keeps_contract(home: Path, source: Path, folder: Path, core: str, whose: str) -> Outcome:
    """Whether a plugin, as a wheel, passes its contract suite; all its tests where it is older than the suite."""
    name = _name_of(source)
    install(home, build(source, folder / f"wheels-{len(list(folder.iterdir()))}"))
    with _tests_of(source, folder) as place:
        suite = place / "test_contract.py"
        began = time.monotonic()
        options = ["-q", "-p", "no:cacheprovider", "--tb=short", "--show-capture=no", "--import-mode=importlib"]
        command = [home / "bin" / "python", "-m", "pytest", *options, suite if suite.is_file() else place]
        done = subprocess.run(
            [str(each) for each in command],
            cwd=place,
            env=variables(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), done.stderr[-300:])
    if done.returncode:
        print(done.stdout[-6000:], file=sys.stderr)
    words = f"{last.strip('= ')} ({time.monotonic() - began:.0f} s)"
    return Outcome(f"{whose} {name}", core, done.returncode == 0, words)


def _is_taken_or_refused(home: Path, source: Path, folder: Path, core: str) -> Outcome:
    """Whether an older core takes a plugin that is not too new for it, and refuses one that is, in words."""
    name = _name_of(source)
    install(home, build(source, folder / f"wheels-{len(list(folder.iterdir()))}"))
    told = run([home / "bin" / "python", "-c", _ASK], folder)
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in told.splitlines() if line.count("\t") == 2}
    if name not in rows:
        return Outcome(f"today's {name}", core, False, "is not found")
    asks_for_more, fault = rows[name]
    if asks_for_more == "True":
        return Outcome(f"today's {name}", core, False, "is taken, although it asks for a newer SDK")
    if not fault:
        return Outcome(f"today's {name}", core, True, "is taken")
    return Outcome(f"today's {name}", core, bool(_TOO_NEW.search(fault)), f"is refused: {fault}")


def _name_of(source: Path) -> str:
    named = project(source).get("entry-points", {}).get("linli.plugins", {})
    if len(named) != 1:
        raise CompatFault(f"{source}/pyproject.toml names {len(named)} plugins instead of one")
    return next(iter(named))


@contextmanager
def _tests_of(source: Path, folder: Path) -> Iterator[Path]:
    """A copy of a plugin's tests, so that no file of its source is near."""
    place = folder / "tests"
    shutil.copytree(source / "tests", place)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
