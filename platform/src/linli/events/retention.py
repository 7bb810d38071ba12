"""What events leave behind about people, and for how long they are kept once they were delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from linli.db.session import ScopedSession
from linli.events.models import EventRow, InboxEntry
from linli.plugins.contributions import DataClass, Erased, Person, PersonalData
from linli.tasks.lanes import UNFINISHED
from linli.tasks.models import Job


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    caused = select(EventRow.created_at, EventRow.name).where(EventRow.actor_id == person.account_id)
    return [
        {"at": row.created_at, "event": row.name}
        for row in session.execute(caused.order_by(EventRow.created_at.desc()))
    ]


def _erase(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    nameless = update(EventRow).where(EventRow.actor_id == person.account_id).values(actor_id=None, actor_name="")
    return Erased(len(session.scalars(nameless.returning(EventRow.id)).all()))


def _purge(session: ScopedSession, before: datetime, limit: int, held: frozenset[UUID]) -> Sequence[UUID]:
    """Events whose deliveries are all over, with their deliveries and what the inboxes remember of them."""
    unfinished = select(Job.id).where(Job.event_id == EventRow.id, Job.state.in_(UNFINISHED)).exists()
    over = list(
        session.scalars(
            select(EventRow.id)
            .where(
                EventRow.created_at < before,
                ~unfinished,
                or_(EventRow.actor_id.is_(None), EventRow.actor_id.not_in(held)),
                or_(EventRow.community_id.is_(None), EventRow.community_id.not_in(held)),
            )
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    session.execute(delete(Job).where(Job.event_id.in_(over)))
    session.execute(delete(InboxEntry).where(InboxEntry.event_id.in_(over)))
    session.execute(delete(EventRow).where(EventRow.id.in_(over)))
    return over


PERSONAL_DATA = (
    PersonalData(
        title="引起的事件",
        purpose="知道是谁的操作引起了后续通知，便于排查没有送达的原因。",
        basis="履行合同所必需（个人信息保护法 第十三条）",
        export=_export,
        erase=_erase,
    ),
)
DATA_CLASSES = (
    DataClass(
        name="core.delivered_events",
        title="已送达的事件",
        days=90,
        source="只为重新投递和排查故障保留；没有送达的不删除（个人信息保护法 第十九条）",
        purge=_purge,
    ),
)
