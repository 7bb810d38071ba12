"""Telling a fact: one row of work for each handler, written in the transaction that caused it."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from linli.plugins.events import Event, check_event, handlers_for
from linli.plugins.gate import is_enabled
from linli.tasks.service import enqueue


def emit(session: Session, event: Event, *, community_id: UUID | None = None) -> int:
    """Tell every handler of this kind of event, after the commit; a rollback tells nobody.

    A handler whose plugin is off at the place is not told; it is asked again when its turn comes.

    Args:
        session: the unit of work in which it happened.
        event: what happened.
        community_id: where; the scope's only community unless named, ``None`` in a street's scope for the street.

    Returns:
        How many handlers will be told.

    Raises:
        ValueError: the event is not named after its class.
    """
    check_event(type(event))
    told = 0
    for each in handlers_for(type(event)):
        if is_enabled(session, each.owner, community_id=community_id):
            arguments = {"event": msgspec.to_builtins(event)}
            enqueue(session, each.task, arguments, owner=each.owner, community_id=community_id)
            told += 1
    return told
