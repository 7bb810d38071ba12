"""Names that will go away: they work until then, and say once to each plugin what to use instead."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog

__all__ = ["SdkDeprecation"]

P = ParamSpec("P")
R = TypeVar("R")
log = structlog.get_logger("linli.sdk")

_PREFIX = "linli_"


class SdkDeprecation(DeprecationWarning):
    """A plugin uses what a later SDK no longer has."""


@dataclass(frozen=True, slots=True)
class Deprecated:
    """A public name that will go away.

    Attributes:
        name: as plugins import it from ``linli.sdk``.
        replacement: what to use instead, as a plugin would write it.
        since: the SDK version that first warned.
        removed_in: the SDK version in which the name no longer exists; never the next small one after ``since``.
        find: gives the thing that the name still means.
    """

    name: str
    replacement: str
    since: str
    removed_in: str
    find: Callable[[], object]

    def sentence(self, plugin: str) -> str:
        """What its author is told."""
        return (
            f"{plugin} uses linli.sdk.{self.name}, deprecated since SDK {self.since} and gone with SDK "
            f"{self.removed_in}; use {self.replacement}"
        )


#: What is deprecated now; a test fails for whatever should be gone already.
DEPRECATED: tuple[Deprecated, ...] = ()

_told: set[tuple[str, str]] = set()


def by_name() -> Mapping[str, Deprecated]:
    """The deprecated names of ``linli.sdk``."""
    return {each.name: each for each in DEPRECATED}


def lookup(name: str) -> object:
    """What a deprecated name of ``linli.sdk`` still means, after a word to whoever asks.

    Raises:
        AttributeError: the SDK has no such name, or no longer.
    """
    found = by_name().get(name)
    if found is None:
        raise AttributeError(f"module 'linli.sdk' has no attribute {name!r}")
    warn(found)
    return found.find()


def deprecated(
    name: str, *, replacement: str, since: str, removed_in: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For a function whose name stays, but which a later SDK calls otherwise or not at all: it warns when it is called.

    Args:
        name: as plugins know it.
        replacement: what to use instead.
        since: the SDK version that first warned.
        removed_in: the SDK version without it.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        mark = Deprecated(name, replacement, since, removed_in, lambda: function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            warn(mark)
            return function(*args, **kwargs)

        return call

    return wrap


def warn(found: Deprecated) -> None:
    """Tell the plugin that is calling, once in the life of the process; nobody else is told."""
    plugin = caller()
    if plugin and (plugin, found.name) not in _told:
        _told.add((plugin, found.name))
        sentence = found.sentence(plugin)
        log.warning("deprecated name", plugin=plugin, name=found.name, replacement=found.replacement)
        warnings.warn(sentence, SdkDeprecation, stacklevel=4)


def caller() -> str:
    """The nearest plugin among those who call; empty when the core does."""
    frame = inspect.currentframe()
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package.startswith(_PREFIX):
            return package.removeprefix(_PREFIX)
        frame = frame.f_back
    return ""
