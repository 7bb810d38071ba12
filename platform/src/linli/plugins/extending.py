"""What a plugin adds to things that the core owns: columns of the roster, commands of `linli`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import click

from linli.db.session import ScopedSession


@dataclass(frozen=True, slots=True)
class RosterColumn:
    """One column of the residents' roster: its template, its import, its export.

    The cells of a plugin's column are read where the plugin is on in the whole community. A file without the column
    changes nothing, and neither does an empty cell.

    Attributes:
        field: ``<plugin>.<noun>``; the core's own have no dot.
        title: what the template and exports write; no other column, word for word or as a synonym, is called so.
        synonyms: other headers that mean the same.
        hint: what may be written, for the template's notes and the faults; a message.
        required: the header must be there; the core's alone.
        choices: the words allowed for each value; the first is the one written on export.
        width: of the column in the template, in characters.
        of: whose value it is: of the ``resident`` in the row, or of the ``dwelling``.
        parse: the cell's text as a value that JSON can carry; raises ``ValueError`` with what is wrong, a message.
            ``None`` takes one of ``choices``, or with none the text as it is, up to 200 characters.
        write: called in the import's transaction with ids of residents or dwellings and their new values, a few
            thousand at most; the ids exist by then. What it raises stops the import, and nothing of it is kept.
        show: called on export with ids; what the cell shows of each. One that is left out has an empty cell.
    """

    field: str
    title: str
    synonyms: tuple[str, ...] = ()
    hint: str = ""
    required: bool = False
    choices: Mapping[str, tuple[str, ...]] | None = None
    width: int = 10
    of: Literal["resident", "dwelling"] = "resident"
    parse: Callable[[str], Any] | None = None
    write: Callable[[ScopedSession, Mapping[UUID, Any]], None] | None = None
    show: Callable[[ScopedSession, Sequence[UUID]], Mapping[UUID, str]] | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command for operators: ``linli <plugin> <name>``.

    Attributes:
        name: lower-case letters, digits and hyphens.
        command: made with ``click``; its help is Chinese. It reaches a street with ``linli.sdk.street_session``.
    """

    name: str
    command: click.Command


@dataclass(frozen=True, slots=True)
class Streets:
    """How a command reaches the streets of this installation; put into the click context by ``linli``."""

    open: Callable[[str], AbstractContextManager[ScopedSession]]


@contextmanager
def street_session(street: str) -> Iterator[ScopedSession]:
    """Inside a command of a plugin: a unit of work in a street, kept when the block ends and undone when it raises.

    Args:
        street: its code or short name.

    Raises:
        click.UsageError: there is no such street, or the plugin is not allowed there.
        RuntimeError: called outside a command.
    """
    context = click.get_current_context(silent=True)
    streets = context.find_object(Streets) if context is not None else None
    if streets is None:
        raise RuntimeError("street_session works inside a command of `linli` alone")
    with streets.open(street) as session:
        yield session
