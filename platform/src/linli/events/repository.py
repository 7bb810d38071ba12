"""Reading deliveries of events: lists, one with its event, and how far behind each consumer is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from linli.db.paging import Order, sorted_slice
from linli.events.models import EventRow
from linli.kit.clock import now
from linli.kit.cursor import PAGE
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tasks.lanes import UNFINISHED
from linli.tasks.models import Job

#: States by which people look for deliveries.
Box = Literal["", "parked", "waiting", "delivered", "discarded"]
_BOXES = {
    "parked": ("parked",),
    "waiting": ("behind", "queued", "running"),
    "delivered": ("done",),
    "discarded": ("cancelled", "failed"),
}
#: Deliveries that one act on a whole consumer takes at most.
MOST_AT_ONCE = 1000


class DeliveryFilter(Struct, kw_only=True):
    """Which deliveries are wanted; what is left out does not narrow."""

    state: Annotated[Box, Meta(description="`parked` came to a stop and waits for somebody")] = ""
    consumer: Annotated[str, Meta(max_length=200, description="who is told")] = ""
    event: Annotated[str, Meta(max_length=100, description="the event's name, as `notices.PostingClosed`")] = ""
    community_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """One event on its way to one consumer.

    Attributes:
        event_id: kept even where the event itself was deleted after its time.
        name: of the event; empty where it was deleted.
        n: its number in its lane, the compound, the community or the street.
        note: why it was discarded.
        run_after: when it is tried next.
    """

    id: UUID
    event_id: UUID
    consumer: str
    task: str
    owner: str
    state: str
    attempts: int
    max_attempts: int
    error: str
    note: str
    n: int
    lane_id: UUID
    community_id: UUID | None
    created_at: datetime
    run_after: datetime
    finished_at: datetime | None
    name: str
    version: int
    payload: dict[str, Any]
    compound_id: UUID | None
    actor_name: str
    request_id: str


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """How far behind a consumer is.

    Attributes:
        waiting: deliveries that are not over, the parked ones among them.
        parked: those that came to a stop; each keeps its compound's later ones waiting.
        oldest: since when the oldest of them waits.
        seconds: the same as a duration.
    """

    consumer: str
    task: str
    owner: str
    waiting: int
    parked: int
    oldest: datetime
    seconds: int


#: The orders of the list.
DELIVERIES = {
    "created_at": Order(Job.created_at, lambda row: row.created_at),
    "finished_at": Order(Job.finished_at, lambda row: row.finished_at, is_nullable=True),
}


def list_event_deliveries(
    session: Session, query: DeliveryFilter, *, sort: str = "-created_at", after: str = "", limit: int = PAGE
) -> tuple[list[EventDelivery], str | None]:
    """Deliveries of this scope, the newest event first where nothing else is said.

    Raises:
        Invalid: the list has no such order, or ``after`` was not made here.
    """
    statement = _joined()
    if query.state:
        statement = statement.where(Job.state.in_(_BOXES[query.state]))
    if query.consumer:
        statement = statement.where(Job.consumer == query.consumer)
    if query.event:
        statement = statement.where(EventRow.name == query.event)
    if query.community_id is not None:
        statement = statement.where(Job.community_id == query.community_id)
    page = sorted_slice(
        session, statement, Job.id, DELIVERIES, sort, id_of=lambda row: row.id, after=after, limit=limit
    )
    return [_delivery(each) for each in page.items], page.next


def find_deliveries(session: Session, job_ids: Sequence[UUID]) -> list[EventDelivery]:
    """Those of these deliveries that are in this scope."""
    return [_delivery(each) for each in session.execute(_joined().where(Job.id.in_(job_ids)))]


def find_delivery(session: Session, job_id: UUID) -> EventDelivery:
    """One delivery.

    Raises:
        NotFound: there is none in this scope.
    """
    row = session.execute(_joined().where(Job.id == job_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这次投递"))
    return _delivery(row)


def waiting_behind(session: Session, delivery: EventDelivery) -> int:
    """How many deliveries to the same consumer wait for this one to be over."""
    statement = select(func.count()).where(
        Job.lane_id == delivery.lane_id, Job.consumer == delivery.consumer, Job.state == "behind"
    )
    return session.scalar(statement) or 0


def consumer_lags(session: Session) -> list[ConsumerLag]:
    """Every consumer that is behind in this scope, the one that waits longest first."""
    oldest = func.min(Job.created_at)
    statement = (
        select(
            Job.consumer,
            Job.task,
            Job.owner,
            func.count(),
            func.count(case((Job.state == "parked", 1))),
            oldest,
        )
        .where(Job.lane_id.is_not(None), Job.state.in_(UNFINISHED))
        .group_by(Job.consumer, Job.task, Job.owner)
        .order_by(oldest)
    )
    moment = now()
    return [
        ConsumerLag(str(consumer), task, owner, waiting, parked, since, max(0, round((moment - since).total_seconds())))
        for consumer, task, owner, waiting, parked, since in session.execute(statement)
    ]


def parked_of(session: Session, consumer: str) -> list[UUID]:
    """The parked deliveries of one consumer, the oldest first."""
    statement = select(Job.id).where(Job.consumer == consumer, Job.state == "parked", Job.lane_id.is_not(None))
    return list(session.scalars(statement.order_by(Job.created_at, Job.id).limit(MOST_AT_ONCE)))


def names_of_events(session: Session) -> list[str]:
    """The kinds of events of which deliveries are kept here."""
    return list(session.scalars(select(EventRow.name).distinct().order_by(EventRow.name)))


def _joined() -> Any:
    return (
        select(
            Job.id,
            Job.event_id,
            Job.consumer,
            Job.task,
            Job.owner,
            Job.state,
            Job.attempts,
            Job.max_attempts,
            Job.error,
            Job.note,
            Job.n,
            Job.lane_id,
            Job.community_id,
            Job.created_at,
            Job.run_after,
            Job.finished_at,
            EventRow.name,
            EventRow.version,
            EventRow.payload,
            EventRow.compound_id,
            EventRow.actor_name,
            EventRow.request_id,
        )
        .join(EventRow, EventRow.id == Job.event_id, isouter=True)
        .where(Job.event_id.is_not(None), Job.lane_id.is_not(None))
    )


def _delivery(row: Row[Any]) -> EventDelivery:
    values = dict(row._mapping)
    values["name"] = values["name"] or ""
    values["version"] = values["version"] or 0
    values["payload"] = values["payload"] or {}
    values["actor_name"] = values["actor_name"] or ""
    values["request_id"] = values["request_id"] or ""
    return EventDelivery(**values)
