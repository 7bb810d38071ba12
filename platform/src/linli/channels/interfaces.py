"""What a channel is: it takes messages of its kind and says of each whether it is on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message is not on its way.

    Attributes:
        kind: a short word for the log and the delivery list; never a provider's own text, which may hold an address.
        is_final: another try would end alike.
    """

    kind: str
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail.

    Attributes:
        id: the same for every try at the same letter, so that a mailbox may know the second one again.
        to: the mailbox.
        sender_name: who writes, as people read it; the address is the operator's.
        subject: one line.
        text: plain text.
        html: the same for readers that show it.
    """

    id: str
    to: str = field(repr=False)
    sender_name: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A message to a phone.

    Attributes:
        phone: eleven digits, mainland China.
        kind: the name of what is said, ``<owner>.<noun>_<past verb>``: providers in China send approved templates
            only, and find theirs by it.
        values: what the template's names stand for.
        text: the whole text, signature included, for providers that take texts.
        locale: the language of the text.
    """

    phone: str = field(repr=False)
    kind: str
    values: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    locale: str = "zh_CN"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message through the street's WeChat account.

    Attributes:
        account_id: whom; the provider knows which of its followers that is, and answers ``unknown`` where none is.
        kind, values, text, locale: as for ``TextMessage``.
        url: what the message leads to; empty for nothing.
    """

    account_id: UUID
    kind: str
    values: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    url: str = field(default="", repr=False)
    locale: str = "zh_CN"


_M = TypeVar("_M", contravariant=True)


class Channel(Protocol[_M]):
    """Carries messages of one kind. Called from threads, with no transaction open; must end within a minute."""

    @property
    def is_connected(self) -> bool:
        """Whether a message would reach anybody; pages offer the channel only then."""
        ...

    def send(self, messages: Sequence[_M]) -> list[Fault | None]:
        """Send each message; for each, in order, ``None`` or why it is not on its way. Never raises for one message."""
        ...
