"""The language of the command line: Chinese, unless the terminal is set to English."""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import linli
from linli.kit import text

#: Holds the language: a block that nobody holds is left at once.
_until_exit = ExitStack()


def terminal_locale() -> str:
    """The first of ``LC_ALL``, ``LC_MESSAGES``, ``LANG`` that is set decides; Chinese when in doubt."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if wanted.lower().startswith("en") else text.SOURCE_LOCALE


def speak_as_the_terminal_does() -> None:
    """Choose the language for this process, and let no odd terminal encoding turn a message into a crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    locale = terminal_locale()
    if locale != text.SOURCE_LOCALE:
        text.load_catalogue(Path(linli.__file__).parent / "locale", "linli")
        _until_exit.enter_context(text.speaking(locale))
