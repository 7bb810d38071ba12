"""Opening the channels that the operator chose: ours, or one that an installed distribution offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from linli.channels.interfaces import Channel, ChatMessage, Letter, TextMessage
from linli.channels.plain import ConsoleChannel, NullChannel
from linli.channels.settings import GROUPS, ChannelSettings
from linli.channels.smtp import SmtpChannel


@dataclass(frozen=True, slots=True)
class Channels:
    """One installation's ways to people, and where the links in its messages begin."""

    email: Channel[Letter]
    sms: Channel[TextMessage]
    wechat: Channel[ChatMessage]
    base_url: str = ""

    @property
    def connected(self) -> Mapping[str, bool]:
        """By name, whether a message would reach anybody."""
        return {
            "email": self.email.is_connected,
            "sms": self.sms.is_connected,
            "wechat": self.wechat.is_connected,
        }


def open_channels(settings: ChannelSettings, base_url: str = "") -> Channels:
    """The chosen channels. An installed one is a function without parameters that gives the channel.

    Raises:
        LookupError: no installed distribution offers a channel of the chosen name.
    """
    return Channels(
        email=_open("email", settings.email, settings),
        sms=_open("sms", settings.sms, settings),
        wechat=_open("wechat", settings.wechat, settings),
        base_url=base_url,
    )


def _open(way: str, name: str, settings: ChannelSettings) -> Any:
    if name == "null":
        return NullChannel()
    if name == "console":
        return ConsoleChannel()
    if name == "smtp" and settings.smtp is not None:
        return SmtpChannel(settings.smtp)
    found = entry_points(group=GROUPS[way], name=name)
    if not found:
        raise LookupError(f"no installed distribution offers the {way} channel {name}")
    return next(iter(found)).load()()
