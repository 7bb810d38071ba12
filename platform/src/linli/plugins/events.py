"""What an event and a handler of events are, and which handlers this process knows. ``linli.events`` tells them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from linli.db.session import ScopedSession

_NAME = re.compile(r"[a-z][a-z0-9_]*\.([A-Z][A-Za-z0-9]*)")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that happened, named in the past: ``class PostingClosed(Event)`` with ``NAME = "notices.PostingClosed"``.

    Its fields are ids, days and numbers; never personal data in clear, for an event is kept after it was delivered.
    A field that is added with a default changes nothing for those who read older events; any other change of the
    fields takes the next ``VERSION``, and ``upgraded`` then says how an older one reads today.
    """

    #: ``<owner>.<Noun><PastVerb>``; belongs to whoever emits it.
    NAME: ClassVar[str] = ""
    #: What happened, for people who look at what was not delivered, in Chinese; a message of the catalogue.
    TITLE: ClassVar[str] = ""
    #: Of the shape of its fields.
    VERSION: ClassVar[int] = 1
    #: Fields that lead to a person where they leave this house, each with the permission that an outside app must hold
    #: to be told them: ``{"resident_id": "core.resident.read"}``. Plugins here are told all.
    PERSONAL: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def upgraded(cls, payload: dict[str, Any], version: int) -> dict[str, Any]:  # noqa: ARG003 for subclasses
        """The fields of an event that was written as an older version, as they are called and meant today.

        Raises:
            EventUnreadable: unless a subclass knows better: an older version means nothing to it. The delivery is then
                parked, not lost.
        """
        raise EventUnreadable(f"{cls.NAME} version {version} cannot be read: this process knows {cls.VERSION}")


class EventUnreadable(ValueError):
    """A stored event that this process cannot turn into its type: the name, version or field at fault."""


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Something to do when a fact has happened, in a transaction of its own after the one that caused it.

    Attributes:
        event: the kind of event, from the ``api`` module of the plugin that emits it.
        handle: called with a session in the event's scope and the event. What it writes through the session takes
            effect once, whatever is delivered again; what it does beside it (a mail, a request) may happen twice.
            Events of one compound come one after the other, in the order in which they were committed.
        title: for the list of jobs, in Chinese; a message.
    """

    event: type[Event]
    handle: Callable[[ScopedSession, Any], None]
    title: str = ""


@dataclass(frozen=True, slots=True)
class BoundHandler:
    """A handler and its owner, as a piece of background work."""

    owner: str
    handler: EventHandler

    @property
    def task(self) -> str:
        """The name of its work: ``<owner>.on_<event's owner>_<event>_<function>``."""
        event = self.handler.event.NAME.replace(".", "_")
        function = getattr(self.handler.handle, "__name__", "handle").lstrip("_")
        return f"{self.owner}.on_{_snake(event)}_{function}"

    @property
    def title(self) -> str:
        return self.handler.title


def check_event(kind: type[Event]) -> None:
    """Refuse an event that is not named ``<owner>.<Noun><PastVerb>`` after its own class.

    Raises:
        ValueError: naming the class.
    """
    found = _NAME.fullmatch(kind.NAME)
    if found is None or found[1] != kind.__name__:
        raise ValueError(f"{kind.__name__}: NAME must be <owner>.{kind.__name__}, is {kind.NAME!r}")
    if not isinstance(kind.VERSION, int) or kind.VERSION < 1:
        raise ValueError(f"{kind.__name__}: VERSION must be a whole number from 1 on, is {kind.VERSION!r}")


def known_events() -> dict[str, type[Event]]:
    """Every kind of event that this process has seen declared, by name; of two of one name the later."""
    found: dict[str, type[Event]] = {}
    kinds = list(Event.__subclasses__())
    while kinds:
        kind = kinds.pop()
        kinds.extend(kind.__subclasses__())
        if kind.NAME:
            found[kind.NAME] = kind
    return dict(sorted(found.items()))


_bound: dict[str, tuple[BoundHandler, ...]] = {}


def declare_handlers(handlers: Iterable[BoundHandler]) -> None:
    """Make these the handlers of this process, in place of those declared before."""
    by_event: dict[str, tuple[BoundHandler, ...]] = {}
    for each in handlers:
        name = each.handler.event.NAME
        by_event[name] = (*by_event.get(name, ()), each)
    _bound.clear()
    _bound.update(by_event)


def handlers_for(kind: type[Event]) -> tuple[BoundHandler, ...]:
    """Who wants to hear of this kind of event, in the order of their plugins."""
    return _bound.get(kind.NAME, ())


def all_handlers() -> tuple[BoundHandler, ...]:
    """Every handler of this process."""
    return tuple(each for handlers in _bound.values() for each in handlers)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
