"""What happened, in the order of each place, and what was already done about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, StreetOrCommunityRow, community_fk, tenant_fk


class EventRow(Base, StreetOrCommunityRow):
    """A fact, written in the transaction in which it became one; its deliveries are jobs that name it."""

    __tablename__ = "event"
    __keys__ = (
        UniqueConstraint("tenant_id", "community_id", "lane_id", "n", postgresql_nulls_not_distinct=True),
        Index("ix_event_at", "tenant_id", "created_at"),
    )

    #: ``<owner>.<Noun><PastVerb>``
    name: Mapped[str]
    #: Of the shape of its payload.
    version: Mapped[int] = mapped_column(SmallInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    #: A fact outlives its compound: no reference.
    compound_id: Mapped[UUID | None]
    #: With its number there: the order in which facts of one place were committed.
    lane_id: Mapped[UUID]
    n: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InboxEntry(Base, StreetOrCommunityRow):
    """One consumer has dealt with one event: written in the transaction of what it did, so that it is done once."""

    __tablename__ = "event_inbox"
    __keys__ = (
        UniqueConstraint(
            "tenant_id",
            "event_id",
            "consumer",
            "community_id",
            name="uq_event_inbox_entry",
            postgresql_nulls_not_distinct=True,
        ),
        community_fk("event_id", "core.event", ondelete="CASCADE"),
        # Of an event of the whole street the reference above, which has no community then, asks nothing.
        tenant_fk("event_id", "core.event", ondelete="CASCADE"),
    )

    consumer: Mapped[str]
    event_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
