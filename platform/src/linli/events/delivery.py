"""Bringing one event to one consumer: read as its type, and done once, however often it is brought."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from linli.events.models import EventRow, InboxEntry
from linli.kit.ids import new_id
from linli.plugins.events import BoundHandler, Event, EventUnreadable
from linli.tasks.registry import JobHandler
from linli.tasks.run import JobRun, JobUnreadable


def delivery_to(bound: BoundHandler) -> JobHandler:
    """The background work that brings events to a plugin's handler.

    The handler's effects, the entry of its inbox and the proof that the job is still this process's are one
    transaction: a process that dies after it finds the entry when it is brought again, and does nothing.
    """

    def deliver(run: JobRun) -> dict[str, Any] | None:
        with run.unit_of_work() as session:
            row = stored_event(session, UUID(run.args["event_id"]))
            event = read_event(row, bound.handler.event)
            if not is_first_time(session, bound.task, row):
                return {"again": True}
            bound.handler.handle(session, event)
        return None

    return deliver


def stored_event(session: Session, event_id: UUID) -> EventRow:
    """The row of an event that is to be delivered.

    Raises:
        JobUnreadable: there is none any more.
    """
    row = session.scalar(select(EventRow).where(EventRow.id == event_id))
    if row is None:
        raise JobUnreadable(f"there is no event {event_id}")
    return row


def read_event(row: EventRow, kind: type[Event]) -> Event:
    """The event as its type.

    Raises:
        JobUnreadable: its version or its fields mean nothing here; a process of a newer version may read what a newer
            version wrote.
    """
    if row.version > kind.VERSION:
        told = f"{row.name} version {row.version} was written by a newer version: this process knows {kind.VERSION}"
        raise JobUnreadable(told, may_pass=True)
    try:
        payload = row.payload if row.version == kind.VERSION else kind.upgraded(dict(row.payload), row.version)
        return msgspec.convert(payload, kind)
    except EventUnreadable as error:
        raise JobUnreadable(str(error)) from error
    except msgspec.ValidationError as error:
        # Names the field and the type, not the value.
        raise JobUnreadable(f"{row.name} version {row.version} does not fit: {error}") from error


def is_first_time(session: Session, consumer: str, row: EventRow) -> bool:
    """Note in this transaction that the consumer deals with the event; false where it has dealt with it already.

    A second process that brings the same event at the same time waits here until the first has committed or failed.
    """
    entry = insert(InboxEntry).values(id=new_id(), community_id=row.community_id, consumer=consumer, event_id=row.id)
    return session.scalar(entry.on_conflict_do_nothing().returning(InboxEntry.id)) is not None
