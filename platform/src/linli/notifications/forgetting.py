"""Deleting messages: a row of the inbox takes its ways through the channels along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, or_, select

from linli.db.session import ScopedSession
from linli.notifications.models import Delivery, Notification


def messages_of(account_id: UUID | None, resident_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """True for the messages of one person, by account or by entry in the register."""
    mine = Notification.resident_id.in_(resident_ids)
    return mine if account_id is None else or_(mine, Notification.account_id == account_id)


def forget_messages(session: ScopedSession, which: Select[Any]) -> list[UUID]:
    """Delete messages and their deliveries within the scope.

    Args:
        session: of the street, or of a community, whose own rows alone it may delete.
        which: the ids of the messages.

    Returns:
        The ids of those that went.
    """
    deleted = delete(Notification).where(Notification.id.in_(which)).returning(Notification.id)
    gone = list(session.scalars(deleted, execution_options={"synchronize_session": False}))
    if gone:
        session.execute(
            delete(Delivery).where(Delivery.notification_id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
    return gone


def old_messages(before: Any, limit: int, held: frozenset[UUID]) -> Select[Any]:
    """At most so many messages older than a moment, without those of people or communities under ``held``."""
    columns = (Notification.resident_id, Notification.account_id, Notification.community_id)
    free = [or_(column.is_(None), column.not_in(held)) for column in columns] if held else []
    return (
        select(Notification.id)
        .where(Notification.created_at < before, *free)
        .order_by(Notification.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
