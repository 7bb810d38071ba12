"""Wheels, and Pythons of their own to install them in: what is tried as people get it, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

#: Of the environment that this runs in; what is built and tried stands on its packages.
BIN = Path(sys.executable).parent
_BUILD = ("build", "--python", sys.executable, "--wheel", "--offline", "--no-build-isolation", "-q", "-o")
_INSTALL = ("pip", "install", "--offline", "--no-deps", "--reinstall", "-q", "--python")


class CommandFailed(Exception):
    """A command ended with an error; what it said last."""


def variables() -> dict[str, str]:
    """The environment of a command that knows nothing of the one around it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LINLI_", "PYTHON", "PYTEST", "VIRTUAL_ENV"))}
    return {**kept, "LANG": "C.UTF-8"}


def run(command: Sequence[object], cwd: Path, *, seconds: float = 900, **more: str) -> str:
    """What a command that ends well says.

    Args:
        command: and its words.
        cwd: where it runs.
        seconds: that it may take.
        more: further variables.

    Raises:
        CommandFailed: it ended with an error.
        subprocess.TimeoutExpired: it did not end in time.
    """
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**variables(), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=seconds,
    )
    if done.returncode:
        words = " ".join(str(word) for word in command[:4])
        raise CommandFailed(f"{words}… ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def build(source: Path, target: Path) -> Path:
    """The wheel of a project, in a folder that holds no other."""
    run([BIN / "uv", *_BUILD, target, source], source)
    (wheel,) = target.glob("*.whl")
    return wheel


def environment(home: Path, *wheels: Path) -> Path:
    """A Python of its own with these wheels; what they depend on is that of the environment around."""
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python3*/site-packages"))
    (site / "others.pth").write_text(f"{BIN.parent / 'lib' / site.parent.name / 'site-packages'}\n", "utf-8")
    install(home, *wheels)
    return home


def install(home: Path, *wheels: Path) -> None:
    """Put wheels into such a Python, in the place of what it had of the same name."""
    run([BIN / "uv", *_INSTALL, home / "bin" / "python", *wheels], home)
