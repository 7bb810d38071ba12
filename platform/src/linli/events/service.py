"""Telling a fact: its row and one delivery for each consumer, in the transaction that caused it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import insert, select
from sqlalchemy.orm import Session, SessionTransaction

from linli.db.session import LastRank, ScopedSession, before_commit
from linli.events.consumers import Consumer, consumers_of
from linli.events.models import EventRow
from linli.kit.actor import Actor
from linli.kit.ids import new_id
from linli.plugins.events import Event, check_event
from linli.tasks.bells import ring
from linli.tasks.lanes import UNFINISHED, LanePlace, take_numbers
from linli.tasks.models import Job
from linli.tasks.registry import queue_of

_TOLD = "told_events"


@dataclass(frozen=True, slots=True)
class _Told:
    id: UUID
    event: Event
    place: LanePlace
    consumers: tuple[Consumer, ...]
    #: The savepoints in which it was told: it vanishes with any of them.
    within: tuple[SessionTransaction, ...]


def emit(session: Session, event: Event, *, community_id: UUID | None = None, compound_id: UUID | None = None) -> int:
    """Tell every consumer of this kind of event, after the commit; a rollback, of a savepoint too, tells nobody.

    A handler whose plugin is off at the place is not told; it is asked again when its turn comes. Events of one
    compound (of the community, of the street where no compound or community is named) reach each consumer in the
    order in which they were committed.

    Args:
        session: the unit of work in which it happened.
        event: what happened.
        community_id: where; the scope's only community unless named, ``None`` in a street's scope for the street.
        compound_id: where within the community; ``None`` for the community itself.

    Returns:
        How many consumers will be told.

    Raises:
        ValueError: the event is not named after its class, or names a compound without its community.
    """
    check_event(type(event))
    community_id = community_id or session.info["scope"].community_id
    if compound_id is not None and community_id is None:
        raise ValueError(f"{event.NAME}: a compound is told together with its community")
    consumers = consumers_of(session, type(event), community_id, compound_id)
    told = _Told(new_id(), event, LanePlace(community_id, compound_id), tuple(consumers), _savepoints(session))
    session.info.setdefault(_TOLD, []).append(told)
    before_commit(session, "events", _write, rank=LastRank.LANES)
    return len(consumers)


def _savepoints(session: Session) -> tuple[SessionTransaction, ...]:
    found: list[SessionTransaction] = []
    transaction = session.get_nested_transaction()
    while transaction is not None and transaction.nested:
        found.append(transaction)
        transaction = transaction.parent
    return tuple(found)


@sqlalchemy_event.listens_for(ScopedSession, "after_soft_rollback")
def _forget(session: ScopedSession, undone: SessionTransaction) -> None:
    told: list[_Told] = session.info.get(_TOLD, [])
    told[:] = [each for each in told if undone not in each.within]


def _write(session: Session) -> None:
    told: list[_Told]
    told, session.info[_TOLD] = session.info.get(_TOLD, []), []
    if not told:
        return
    numbers = take_numbers(session, Counter(each.place for each in told))
    following = {place: given.first for place, given in numbers.items()}
    actor: Actor = session.info["actor"]
    rows: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    busy = _unfinished(session, [given.lane_id for given in numbers.values()])
    for each in told:
        lane_id, n = numbers[each.place].lane_id, following[each.place]
        following[each.place] = n + 1
        rows.append(
            {
                "id": each.id,
                "community_id": each.place.community_id,
                "compound_id": each.place.compound_id,
                "name": each.event.NAME,
                "version": each.event.VERSION,
                "payload": msgspec.to_builtins(each.event),
                "lane_id": lane_id,
                "n": n,
                "actor_id": actor.account_id,
                "actor_name": actor.display_name,
                "request_id": actor.request_id or "",
            }
        )
        for consumer in each.consumers:
            is_behind = (lane_id, consumer.name) in busy
            busy.add((lane_id, consumer.name))
            deliveries.append(
                {
                    "id": new_id(),
                    "community_id": each.place.community_id,
                    "task": consumer.task,
                    "owner": consumer.owner,
                    "queue": queue_of(consumer.task),
                    "args": {**consumer.args, "event_id": str(each.id)},
                    "state": "behind" if is_behind else "queued",
                    "event_id": each.id,
                    "lane_id": lane_id,
                    "consumer": consumer.name,
                    "n": n,
                    "max_attempts": consumer.max_attempts,
                    "created_by": actor.account_id,
                    "created_by_name": actor.display_name,
                }
            )
    session.execute(insert(EventRow), rows)
    if deliveries:
        session.execute(insert(Job), deliveries)
    for delivery in deliveries:
        if delivery["state"] == "queued":
            ring(session, delivery["id"], delivery["queue"], None)


def _unfinished(session: Session, lanes: list[UUID]) -> set[tuple[UUID, str]]:
    statement = select(Job.lane_id, Job.consumer).where(Job.lane_id.in_(lanes), Job.state.in_(UNFINISHED)).distinct()
    return {(row.lane_id, row.consumer) for row in session.execute(statement)}
