"""Dead letters: deliveries that came to a stop, brought again or given up by a person."""

from __future__ import annotations

from uuid import UUID

from linli.audit import record
from linli.db.session import ScopedSession
from linli.events.repository import EventDelivery, find_delivery, parked_of
from linli.kit.actor import Actor
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.tasks.service import cancel, replay


def replay_delivery(session: ScopedSession, actor: Actor, job_id: UUID) -> EventDelivery:
    """Bring an event again, with all its tries; what a handler has already done is not done twice.

    Raises:
        NotFound: there is no such delivery in this scope.
        Conflict: it is under way or delivered.
    """
    find_delivery(session, job_id)
    replay(session, actor, job_id)
    return find_delivery(session, job_id)


def replay_consumer(session: ScopedSession, actor: Actor, consumer: str) -> int:
    """Bring again whatever of a consumer came to a stop, oldest first; returns how many, a thousand at most."""
    count = 0
    for job_id in parked_of(session, consumer):
        try:
            with session.begin_nested():
                replay(session, actor, job_id)
        except Conflict:
            # Somebody was quicker.
            continue
        count += 1
    if count:
        record(session, "core.event.replay", ("event", consumer), after={"deliveries": count})
    return count


def discard_delivery(session: ScopedSession, actor: Actor, job_id: UUID, *, reason: str) -> EventDelivery:
    """Give an event up for one consumer: it is never told, and the next ones of the compound go on.

    Args:
        session: of the delivery's place.
        actor: who gives it up.
        job_id: which delivery.
        reason: why; kept with it and in the record.

    Raises:
        NotFound: there is no such delivery in this scope.
        Conflict: it is over already.
    """
    delivery = find_delivery(session, job_id)
    if delivery.state == "running":
        raise Conflict(_("正在投递，请稍后再试"))
    cancel(session, actor, job_id, reason=reason)
    return find_delivery(session, job_id)
