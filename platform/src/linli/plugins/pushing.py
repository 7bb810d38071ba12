"""What a street can have done in many of its communities at once: what a plugin declares, is asked and answers.

``linli.pushes`` shows the form, the preview and the progress, and keeps what became of it in each community.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from linli.db.session import ScopedSession
from linli.kit.actor import Actor


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen in one community.

    Attributes:
        text: in a sentence, in the reader's language.
        refused: why it would not be done there; empty where it would.
    """

    text: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was done in one community.

    Attributes:
        text: in a sentence; no personal data.
        path: its page in the admin portal, below the plugin's own; ``None`` for none.
        made: ids of the rows that it made, handed to ``undo``.
    """

    text: str
    path: str | None = None
    made: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Undoing:
    """What is to be taken back in one community: of which push, which rows it made there, and why."""

    push_id: UUID
    made: tuple[UUID, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An act that a street does in many communities at once: from one form, with a preview and a result for each.

    Attributes:
        name: ``<plugin>.<noun>``.
        title: what is pushed down, in Chinese; a message.
        help: when one uses it, in a sentence; a message.
        needs: the permission; held in each community in which it is done.
        template: of the plugin: the fields of the form, e.g. ``notices/push.html``.
        data: the struct that the form is bound to; kept as JSON until it is done.
        titled: a line that names what is pushed, from the data; for lists and the record.
        preview: called with a session of the street, who asks, ids of communities and the data: what would happen in
            each of them. A query or two however many communities there are. Raises ``Invalid`` for faults of the form.
        perform: called once for each community with a session, who asked with the rights of this moment, the
            community's id, the data and the push's id. Asked again with the same id it must do nothing new. What it
            raises of the SDK's errors is the reason why it was refused there, and undoes what it did there alone.
        choices: what the template shows beside ``form``: called with session, who asks, and what the address carries.
        undo: called for each community where it was done, with what is to be taken back there; says so in a sentence,
            or raises why not. ``None`` where it cannot be taken back.
        order: the smaller stands further up.
    """

    name: str
    title: str
    help: str
    needs: str
    template: str
    data: type[msgspec.Struct]
    titled: Callable[[Any], str]
    preview: Callable[[ScopedSession, Actor, Sequence[UUID], Any], Mapping[UUID, Foreseen]]
    perform: Callable[[ScopedSession, Actor, UUID, Any, UUID], Pushed]
    choices: Callable[[ScopedSession, Actor, Mapping[str, str]], Mapping[str, Any]] | None = None
    undo: Callable[[ScopedSession, Actor, UUID, Undoing], str] | None = None
    order: int = 100


@dataclass(slots=True)
class _Declared:
    pushes: dict[str, tuple[str, Push]]
    roles: Mapping[str, frozenset[str]]


_declared = _Declared({}, {})


def declare_pushes(pushes: Iterable[tuple[str, Push]], roles: Mapping[str, frozenset[str]]) -> None:
    """Make these the pushes of this process, each with its owner, in place of those before.

    Args:
        pushes: owner and push.
        roles: role to permissions, those of plugins included: who asked may have lost a role when the work is done.
    """
    ordered = sorted(pushes, key=lambda each: (each[1].order, each[1].name))
    _declared.pushes = {each.name: (owner, each) for owner, each in ordered}
    _declared.roles = dict(roles)


def declared_pushes() -> Mapping[str, tuple[str, Push]]:
    """Name to owner and push, in the order in which they are shown."""
    return _declared.pushes


def roles_here() -> Mapping[str, frozenset[str]]:
    """Role to permissions in this process."""
    return _declared.roles
