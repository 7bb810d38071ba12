"""Texts with ``{names}`` in them: read, checked, filled in. A name stands for a value and reaches nothing inside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_NAME = re.compile(r"\{([a-z][a-z0-9_]{0,40})\}")


def names_in(text: str) -> frozenset[str]:
    """The names that a text mentions."""
    return frozenset(_NAME.findall(text))


def stray_brace(text: str) -> str:
    """A piece of the text with a brace that belongs to no name, to be shown to its author; empty when there is none."""
    rest = _NAME.sub("\0", text)
    place = next((at for at, character in enumerate(rest) if character in "{}"), None)
    return "" if place is None else rest[place : place + 20].partition("\0")[0].partition("\n")[0]


def unknown_names(text: str, known: Collection[str]) -> list[str]:
    """The names that a text mentions and nothing fills in, in the order of the alphabet."""
    return sorted(names_in(text) - set(known))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each name's value in its place; a name without a value stays as it is written.

    Values are taken as they are: a name inside a value is not looked up again.
    """
    return _NAME.sub(lambda found: values.get(found[1], found[0]), text)
