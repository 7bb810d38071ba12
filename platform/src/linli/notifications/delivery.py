"""Carrying messages through the channels: in batches, after the commit, with rest kept and faults tried again.

A message may arrive twice when a process dies between sending it and writing that down; it never arrives less than once
before it is given up. Nothing here logs an address or a text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, select, update

from linli.channels import Channels, ChatMessage, Fault, Letter, TextMessage
from linli.db.session import ScopedSession
from linli.kit.clock import now
from linli.notifications.composing import Composed, compose
from linli.notifications.kinds import PHONE_CHANGED, find_kind, owner_of
from linli.notifications.models import Delivery, Notification
from linli.notifications.quiet import end_of_rest
from linli.notifications.reach import Readers, find_readers
from linli.notifications.service import DELIVER
from linli.plugins.gate import is_enabled
from linli.tasks import JobRun, Schedule, enqueue, task

#: Messages that are sent before their outcome is written down.
BATCH = 50
#: Pauses after the first, second … fault; after the last try the message is given up.
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
TRIES = len(PAUSES) + 1
#: A batch that is not written down by then was lost with its process, and is taken up again.
_LEASE = timedelta(minutes=10)

_OPEN = ("queued", "held")


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come, and the message that it carries."""

    delivery: Delivery
    notification: Notification


@task(DELIVER, title="发送消息", lease=int(_LEASE.total_seconds()))
def deliver_notifications(run: JobRun) -> dict[str, Any]:
    """Send whatever is due in the job's place, then plan the next turn for what is held or must be tried again."""
    return _deliver(run)


@task("core.sweep_notifications", title="补发到时未发的消息", schedule=Schedule.daily(time(7, 5)))
def sweep_notifications(run: JobRun) -> dict[str, Any]:
    """Once a day, after the usual rest: send what no job was left for."""
    return _deliver(run)


def _deliver(run: JobRun) -> dict[str, Any]:
    outcome: Counter[str] = Counter()
    while True:
        with run.unit_of_work() as session:
            channels: Channels = session.info["channels"]
            outcome["suppressed"] += suppress_unconnected(session, channels)
            looked_at, batch = take_batch(session, channels.base_url)
        outcome["suppressed"] += looked_at["suppressed"]
        outcome["held"] += looked_at["held"]
        if batch:
            # Begun before sending and connected only afterwards: a process that is going down takes up no batch
            # whose outcome it could not write down.
            with run.unit_of_work() as session:
                outcome += keep_outcomes(session, batch, send(channels, batch))
        if not looked_at:
            break
        run.progress(run.done + looked_at.total())
    with run.unit_of_work() as session:
        plan_next(session)
    return {state: count for state, count in outcome.items() if count}


def suppress_unconnected(session: ScopedSession, channels: Channels) -> int:
    """Write off what waits for a channel that nobody connected; how many that were."""
    silent = [name for name, connected in channels.connected.items() if not connected]
    if not silent:
        return 0
    gone = session.execute(
        update(Delivery)
        .where(Delivery.state.in_(_OPEN), Delivery.channel.in_(silent), Delivery.due_at <= now())
        .values(state="suppressed", error="not_connected")
        .returning(Delivery.id),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


def take_batch(session: ScopedSession, base_url: str) -> tuple[Counter[str], list[Composed]]:
    """Look at the next deliveries that are due: some are held or written off, the others are made ready to be sent.

    Returns:
        How many were looked at, by what became of them, and the messages. Nothing is due when the count is empty.
    """
    due = _lock_due(session)
    if not due:
        return Counter(), []
    accounts = {each.notification.account_id for each in due if each.notification.account_id}
    residents = {each.notification.resident_id for each in due if each.notification.resident_id}
    readers = find_readers(session, accounts, residents)
    on = _owners_on(session, due)
    found: Counter[str] = Counter()
    ready: list[tuple[Due, str]] = []
    for each in due:
        address = _judge(each, readers, on)
        if each.delivery.state == "queued":
            ready.append((each, address))
            each.delivery.attempts += 1
            each.delivery.due_at = now() + _LEASE
        found[each.delivery.state] += 1
    session.flush()
    return found, compose(session, [(d.delivery, d.notification, address) for d, address in ready], readers, base_url)


def send(channels: Channels, batch: Sequence[Composed]) -> list[Fault | None]:
    """Hand the messages to their channels; why each one is not on its way, in order."""
    outcomes: dict[UUID, Fault | None] = {}
    for channel, kind in ((channels.email, Letter), (channels.sms, TextMessage), (channels.wechat, ChatMessage)):
        own = [each for each in batch if isinstance(each.message, kind)]
        if own:
            faults = _faults(cast("Any", channel), own)
            outcomes |= {each.delivery_id: fault for each, fault in zip(own, faults, strict=True)}
    return [outcomes[each.delivery_id] for each in batch]


def _faults(channel: Any, batch: Sequence[Composed]) -> list[Fault | None]:
    try:
        return channel.send([each.message for each in batch])
    except Exception as error:
        # No trace and no message of the error: they may hold addresses.
        return [Fault(type(error).__name__) for _ in batch]


def keep_outcomes(session: ScopedSession, batch: Sequence[Composed], faults: Sequence[Fault | None]) -> Counter[str]:
    """Write down what became of each message."""
    found: Counter[str] = Counter()
    rows = {
        row.id: row
        for row in session.scalars(select(Delivery).where(Delivery.id.in_([each.delivery_id for each in batch])))
    }
    for each, fault in zip(batch, faults, strict=True):
        # Purged meanwhile: there is nothing left to say about it.
        if (row := rows.get(each.delivery_id)) is None:
            continue
        if fault is None:
            row.state, row.error, row.sent_at = "sent", "", now()
        elif fault.is_final or row.attempts >= TRIES:
            row.state, row.error = "failed", fault.kind
        else:
            row.error, row.due_at = fault.kind, now() + PAUSES[row.attempts - 1]
        found[row.state] += 1
    return found


def plan_next(session: ScopedSession) -> None:
    """Have the next delivery of this place looked at when its time comes."""
    due: datetime | None = session.scalar(select(func.min(Delivery.due_at)).where(Delivery.state.in_(_OPEN)))
    if due is not None:
        enqueue(session, DELIVER, dedup_key=f"{DELIVER}:{due.isoformat()}", run_after=due)


def _lock_due(session: ScopedSession) -> list[Due]:
    rows = list(
        session.scalars(
            select(Delivery)
            .where(Delivery.state.in_(_OPEN), Delivery.due_at <= now())
            .order_by(Delivery.due_at, Delivery.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    )
    if not rows:
        return []
    told = select(Notification).where(Notification.id.in_({row.notification_id for row in rows}))
    notifications = {each.id: each for each in session.scalars(told)}
    found = []
    for row in rows:
        if (notification := notifications.get(row.notification_id)) is None:
            session.delete(row)
        else:
            found.append(Due(row, notification))
    session.flush()
    return found


def _owners_on(session: ScopedSession, due: Sequence[Due]) -> dict[tuple[str, UUID | None], bool]:
    asked = {(owner_of(each.notification.kind), each.notification.community_id) for each in due}
    return {
        (owner, community): is_enabled(session, owner, community_id=community)
        for owner, community in asked
        if owner != "core"
    }


def _judge(due: Due, readers: Readers, on: dict[tuple[str, UUID | None], bool]) -> str:
    """Leave the delivery queued and give its address, or hold it, or write it off."""
    row, told = due.delivery, due.notification
    kind = find_kind(told.kind)
    row.state = "queued"
    if row.attempts >= TRIES:
        # Taken five times and never written down: whatever it is, it kills its sender.
        row.state, row.error = "failed", row.error or "process_died"
        return ""
    if kind is None or not on.get((owner_of(told.kind), told.community_id), True):
        row.state, row.error = "suppressed", "switched_off"
        return ""
    if (
        not kind.is_urgent
        and told.account_id
        and not readers.choices.get((told.account_id, told.kind, row.channel), True)
    ):
        row.state, row.error = "suppressed", "unwanted"
        return ""
    address = _address(due, readers)
    if not address:
        row.state, row.error = "suppressed", "no_address"
        return ""
    if not kind.is_urgent and (until := end_of_rest(now(), *readers.rest_of(told.account_id))):
        row.state, row.due_at = "held", until
    return address


def _address(due: Due, readers: Readers) -> str:
    told = due.notification
    account = readers.accounts.get(told.account_id) if told.account_id else None
    registered = readers.resident_phones.get(told.resident_id, "") if told.resident_id else ""
    match due.delivery.channel:
        case "email":
            return account.email if account else ""
        case "wechat":
            return str(told.account_id) if account else ""
        case _:
            own = account.phone if account else ""
            # Of a changed number the old one should hear, and the register may still know it.
            phones = (registered, own) if told.kind == PHONE_CHANGED.name else (own, registered)
            # A landline gets no text messages.
            return next((phone for phone in phones if phone.startswith("1")), "")
