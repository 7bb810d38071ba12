"""Channels that need nobody: one writes to the console, for the demo and for development, one carries nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from linli.channels.interfaces import ChatMessage, Fault, Letter, TextMessage


class NullChannel:
    """Carries nothing: no service is connected."""

    is_connected = False

    def send(self, messages: Sequence[object]) -> list[Fault | None]:
        """Forget the messages."""
        return [Fault("not_connected", is_final=True) for _ in messages]


class ConsoleChannel:
    """Writes where the server was started."""

    is_connected = True

    def send(self, messages: Sequence[Letter | TextMessage | ChatMessage]) -> list[Fault | None]:
        """Write each message."""
        for message in messages:
            sys.stdout.write(f"{_written(message)}\n")
        sys.stdout.flush()
        return [None] * len(messages)


def _written(message: Letter | TextMessage | ChatMessage) -> str:
    match message:
        case Letter():
            return f"[e-mail] {message.to}: {message.subject}\n{message.text}"
        case TextMessage():
            return f"[sms {message.kind}] {message.phone}: {message.text}"
        case ChatMessage():
            return f"[wechat {message.kind}] {message.account_id}: {message.text} {message.url}".rstrip()
