"""What people were told: in their inbox, and what went out by mail, text message and WeChat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from linli.channels import Channels, Fault
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.scope import Scope
from linli.notifications.inbox import Message, list_messages

__all__ = ["inbox_of"]


@dataclass
class KeepingChannel:
    """Carries nothing away: keeps what it was given, for tests to read."""

    sent: list[Any] = field(default_factory=list)
    is_connected: bool = True

    def send(self, messages: Sequence[Any]) -> list[Fault | None]:
        """Keep the messages."""
        self.sent += messages
        return [None] * len(messages)


def keep_mail(house: House) -> Channels:
    """From now on whatever leaves this house is kept in ``sent`` of each channel."""
    kept = Channels(email=KeepingChannel(), sms=KeepingChannel(), wechat=KeepingChannel())
    house.channels = house.database.info["channels"] = kept
    return kept


def inbox_of(house: House, account_id: UUID, scope: Scope) -> list[Message]:
    """The messages of one account in a place, newest first, in Chinese."""
    with house.database.unit_of_work(scope, read_only=True) as session:
        return list(list_messages(session, Actor(account_id=account_id, display_name="读者"))[0])
