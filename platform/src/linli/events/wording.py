"""Deliveries of events in words for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli.events.repository import ConsumerLag, EventDelivery
from linli.kit.text import gettext as _
from linli.plugins.events import all_handlers, known_events
from linli.tasks.wording import error_words

#: Messages of the catalogue.
STATES: Mapping[str, str] = {
    "behind": "等前一个",
    "queued": "等待投递",
    "running": "正在投递",
    "done": "已送达",
    "parked": "投递失败",
    "failed": "没有送达",
    "cancelled": "已放弃",
}
BOXES: Mapping[str, str] = {
    "parked": "投递失败",
    "waiting": "等待投递",
    "delivered": "已送达",
    "discarded": "已放弃",
}
_TONES = {"done": "good", "parked": "bad", "failed": "bad", "running": "brand"}


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery as lists and pages show it."""

    id: UUID
    event: str
    event_title: str
    version: int
    consumer: str
    consumer_title: str
    state: str
    state_title: str
    tone: str
    attempts: int
    max_attempts: int
    error: str
    note: str
    n: int
    community: str
    created_at: datetime
    finished_at: datetime | None
    next_try: datetime | None
    payload: str
    actor: str
    request_id: str
    can_replay: bool
    can_discard: bool


@dataclass(frozen=True, slots=True)
class LagLine:
    """A consumer that is behind, in words."""

    consumer: str
    title: str
    waiting: int
    parked: int
    oldest: datetime


def delivery_line(delivery: EventDelivery, titles: Mapping[str, str], communities: Mapping[UUID, str]) -> DeliveryLine:
    """One delivery in words."""
    state = delivery.state
    return DeliveryLine(
        id=delivery.id,
        event=delivery.name,
        event_title=event_title(delivery.name) if delivery.name else _("（事件已到期删除）"),
        version=delivery.version,
        consumer=delivery.consumer,
        consumer_title=titles.get(delivery.task, delivery.consumer),
        state=state,
        state_title=_(STATES[state]),
        tone=_TONES.get(state, "calm"),
        attempts=delivery.attempts,
        max_attempts=delivery.max_attempts,
        error=error_words(state, delivery.error),
        note=delivery.note,
        n=delivery.n,
        community=communities.get(delivery.community_id, "") if delivery.community_id else "",
        created_at=delivery.created_at,
        finished_at=delivery.finished_at,
        next_try=delivery.run_after if state == "queued" and delivery.attempts else None,
        payload=json.dumps(delivery.payload, ensure_ascii=False, indent=2) if delivery.payload else "",
        actor=delivery.actor_name,
        request_id=delivery.request_id,
        can_replay=state in ("parked", "cancelled", "failed") and bool(delivery.name),
        can_discard=state in ("parked", "queued", "behind"),
    )


def event_title(name: str) -> str:
    """What an event is called for people; its name where nobody here knows it."""
    kinds = [each.handler.event for each in all_handlers() if name == each.handler.event.NAME]
    if (known := known_events().get(name)) is not None:
        kinds.append(known)
    return next((_(each.TITLE) for each in kinds if each.TITLE), name)


def lag_line(lag: ConsumerLag, titles: Mapping[str, str]) -> LagLine:
    """One consumer in words."""
    return LagLine(lag.consumer, titles.get(lag.task, lag.consumer), lag.waiting, lag.parked, lag.oldest)
