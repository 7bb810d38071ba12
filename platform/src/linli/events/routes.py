"""Deliveries of events in the JSON API of the street."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.events.letters import discard_delivery, replay_consumer, replay_delivery
from linli.events.repository import (
    DeliveryFilter,
    EventDelivery,
    consumer_lags,
    find_delivery,
    list_event_deliveries,
)
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.web.results import Page, page_of
from linli.web.routing import get, post

TAGS = ["events"]


class EventDeliveryOut(Struct, kw_only=True):
    """One event on its way to one consumer; ``state`` is behind, queued, running, done, parked or cancelled."""

    id: UUID
    event_id: UUID
    event: Annotated[str, Meta(description="the event's name; empty where it was deleted after its time")]
    version: int
    payload: dict[str, Any]
    consumer: str
    state: str
    attempts: int
    error: Annotated[str, Meta(description="the kind of the fault")]
    note: Annotated[str, Meta(description="why it was discarded")]
    n: Annotated[int, Meta(description="its number within its compound, community or street")]
    community_id: UUID | None
    compound_id: UUID | None
    created_at: datetime
    finished_at: datetime | None


class ConsumerLagOut(Struct, kw_only=True):
    """A consumer that is behind."""

    consumer: str
    owner: Annotated[str, Meta(description="`core` or the plugin")]
    waiting: Annotated[int, Meta(description="deliveries that are not over, the parked ones among them")]
    parked: int
    oldest: datetime
    seconds: Annotated[int, Meta(description="how long the oldest has been waiting")]


class ConsumerIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whose parked deliveries."""

    consumer: Annotated[str, Meta(min_length=1, max_length=200)]


class Replayed(Struct, kw_only=True):
    """How many deliveries were begun anew."""

    count: int


class DiscardIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a delivery is given up."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@get("/events", needs="core.job.read", tags=TAGS)
def list_deliveries_of_events(
    session: ScopedSession,
    query: DeliveryFilter,
    sort: Literal["created_at", "-created_at", "finished_at", "-finished_at"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[EventDeliveryOut]:
    """Deliveries of events to their consumers, the newest event first."""
    rows, following = list_event_deliveries(session, query, sort=sort, after=after, limit=limit)
    return Page(items=[_out(each) for each in rows], next=following)


@get("/events/lag", needs="core.job.read", tags=TAGS)
def list_event_lag(
    session: ScopedSession,
    after: Annotated[str, Meta(max_length=400)] = "",
    limit: Limit = PAGE,
) -> Page[ConsumerLagOut]:
    """The consumers that are behind, the one that waits longest first."""
    items = [
        ConsumerLagOut(
            consumer=each.consumer,
            owner=each.owner,
            waiting=each.waiting,
            parked=each.parked,
            oldest=each.oldest,
            seconds=each.seconds,
        )
        for each in consumer_lags(session)
    ]
    return page_of(items, after, limit, key=lambda each: each.consumer)


@get("/events/{event_delivery_id:uuid}", needs="core.job.read", tags=TAGS)
def show_delivery_of_event(session: ScopedSession, event_delivery_id: UUID) -> EventDeliveryOut:
    """One delivery with what happened."""
    return _out(find_delivery(session, event_delivery_id))


@post("/events/{event_delivery_id:uuid}/replay", needs="core.job.manage", status=200, tags=TAGS)
def replay_delivery_of_event(session: ScopedSession, actor: Actor, event_delivery_id: UUID) -> EventDeliveryOut:
    """Bring a parked or discarded delivery again; what the consumer has already done is not done twice."""
    return _out(replay_delivery(session, actor, event_delivery_id))


@post("/events/{event_delivery_id:uuid}/discard", needs="core.job.manage", status=200, tags=TAGS)
def discard_delivery_of_event(
    session: ScopedSession, actor: Actor, event_delivery_id: UUID, data: DiscardIn
) -> EventDeliveryOut:
    """Give a delivery up; later events of the same compound go on."""
    return _out(discard_delivery(session, actor, event_delivery_id, reason=data.reason))


@post("/events/replay", needs="core.job.manage", status=200, tags=TAGS)
def replay_deliveries_of_consumer(session: ScopedSession, actor: Actor, data: ConsumerIn) -> Replayed:
    """Bring again whatever of one consumer came to a stop, a thousand at most."""
    return Replayed(count=replay_consumer(session, actor, data.consumer))


def _out(each: EventDelivery) -> EventDeliveryOut:
    return EventDeliveryOut(
        id=each.id,
        event_id=each.event_id,
        event=each.name,
        version=each.version,
        payload=each.payload,
        consumer=each.consumer,
        state=each.state,
        attempts=each.attempts,
        error=each.error,
        note=each.note,
        n=each.n,
        community_id=each.community_id,
        compound_id=each.compound_id,
        created_at=each.created_at,
        finished_at=each.finished_at,
    )


street_api = [
    list_deliveries_of_events,
    list_event_lag,
    show_delivery_of_event,
    replay_delivery_of_event,
    discard_delivery_of_event,
    replay_deliveries_of_consumer,
]
