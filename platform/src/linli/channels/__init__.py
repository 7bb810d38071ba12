"""The ways out of the house to a person: e-mail, text messages, WeChat. What is said, and to whom, is decided above."""

from linli.channels.interfaces import Channel, ChatMessage, Fault, Letter, TextMessage
from linli.channels.opening import Channels, open_channels

__all__ = ["Channel", "Channels", "ChatMessage", "Fault", "Letter", "TextMessage", "open_channels"]
