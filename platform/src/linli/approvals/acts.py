"""Which acts of core and plugins can take two people."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.settings.core import TWO_PERSON_ACTS

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

#: Label and value, in the language of whoever reads.
Words = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that one person asks for and another approves.

    Attributes:
        name: ``<owner>.<verb>_<noun>``.
        title: what it does, in Chinese; a message.
        asks: the permission of whoever asks; held when it is asked for and still held when it happens.
        approves: the permission of whoever approves or rejects, at the place of the act.
        perform: does it, in the approver's transaction, on behalf of the asker: called with the session, the asker with
            the rights of this moment, and what was asked for. Returns a sentence about what was done. Raises like any
            service; then nothing is done and the request goes on waiting.
        describe: what is asked for in words, from the payload: what the approver reads. Without it the payload's
            fields are shown as they are.
        always: takes two people whatever the street has chosen.
        is_pass: approval lets the asker do it once by themselves within a day, as for a file that only they receive;
            ``perform`` then only says so.
    """

    name: str
    title: str
    asks: str
    approves: str
    perform: Callable[[ScopedSession, Actor, Mapping[str, Any]], str]
    describe: Callable[[ScopedSession, Mapping[str, Any]], Words] | None = None
    always: bool = False
    is_pass: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"act {self.name!r}: must be called <owner>.<verb>_<noun>")

    @property
    def owner(self) -> str:
        """``core`` or the plugin."""
        return self.name.partition(".")[0]


_acts: dict[str, Act] = {}


def declare_acts(owner: str, acts: Iterable[Act]) -> None:
    """Make an owner's acts known, in place of those it declared before."""
    for name in [name for name, act in _acts.items() if act.owner == owner]:
        del _acts[name]
        TWO_PERSON_ACTS.pop(name, None)
    for act in acts:
        _keep(act)


def _keep(act: Act) -> None:
    _acts[act.name] = act
    if not act.always:
        TWO_PERSON_ACTS[act.name] = act.title


def find_act(name: str) -> Act | None:
    """The act of this name; ``None`` when this process does not know it."""
    return _acts.get(name)


def known_acts() -> tuple[Act, ...]:
    """Every act of this process."""
    return tuple(_acts.values())


def frozen_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as it will be stored and read again: JSON values alone."""
    return msgspec.json.decode(msgspec.json.encode(payload))


def digest_of(act: str, payload: Mapping[str, Any]) -> bytes:
    """SHA-256 of the act and its payload in one fixed form."""
    return hashlib.sha256(msgspec.json.encode([act, frozen_payload(payload)], order="sorted")).digest()


class ApprovalRequired(Conflict):
    """This act takes a second person, who has not approved it. The web then asks for the approval by itself."""

    slug = "approval-required"

    def __init__(
        self,
        act: Act,
        payload: Mapping[str, Any],
        *,
        subject: tuple[str, object],
        reason: str = "",
        community_id: Any = None,
    ) -> None:
        self.act, self.payload, self.subject = act, dict(payload), subject
        self.reason, self.community_id = reason, community_id
        super().__init__(_("“{act}”需要另一人审批后才能生效").format(act=_(act.title)))
