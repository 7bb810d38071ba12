"""Facts that happened, told to whoever asked to hear of them: once the transaction that caused them is committed."""

from linli.events.consumers import Consumer
from linli.events.service import emit
from linli.plugins.events import Event, EventHandler

__all__ = ["Consumer", "Event", "EventHandler", "emit"]
