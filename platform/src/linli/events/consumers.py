"""Who is told of an event: the handlers of plugins, and whatever else says that it consumes events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from linli.plugins.events import Event, handlers_for
from linli.plugins.gate import enabled_among


@dataclass(frozen=True, slots=True)
class Consumer:
    """One who hears of an event, each one after the other, in a job of its own.

    Attributes:
        name: tells it from every other; its deliveries keep their order by this name. At most 200 characters.
        task: the background work that delivers to it; is given ``event_id`` beside ``args``.
        owner: ``core`` or the plugin whose gate is asked when the delivery runs.
        args: further arguments of the task, JSON values.
        max_attempts: tries before a delivery is parked.
    """

    name: str
    task: str
    owner: str
    args: Mapping[str, Any] = field(default_factory=dict)
    max_attempts: int = 5


#: ``f(session, kind, community_id, compound_id)``: those who hear of this kind of event at this place now. Called in
#: the transaction of every event: one query or none.
ConsumerSource = Callable[[Session, type[Event], UUID | None, UUID | None], Iterable[Consumer]]


def plugin_handlers(
    session: Session, kind: type[Event], community_id: UUID | None, compound_id: UUID | None
) -> Iterable[Consumer]:
    """The handlers of the plugins that are on at the place."""
    handlers = handlers_for(kind)
    if not handlers:
        return ()
    on = enabled_among(session, {each.owner for each in handlers}, community_id=community_id, compound_id=compound_id)
    return [Consumer(each.task, each.task, each.owner) for each in handlers if each.owner in on]


#: Whoever sends events elsewhere adds a source here when it is imported.
SOURCES: list[ConsumerSource] = [plugin_handlers]


def consumers_of(
    session: Session, kind: type[Event], community_id: UUID | None, compound_id: UUID | None
) -> list[Consumer]:
    """Everybody who is told of this kind of event at this place."""
    return [each for source in SOURCES for each in source(session, kind, community_id, compound_id)]
