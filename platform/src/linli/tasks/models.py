"""Jobs, the lanes in which some of them keep their order, and the doorbell that tells which tenants have work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, Stamped, StreetOrCommunityRow


class Job(Base, StreetOrCommunityRow, Stamped):
    """One piece of background work; carries its own scope, counts its own attempts, parks after the last."""

    __tablename__ = "job"
    __keys__ = (
        CheckConstraint(
            "state IN ('behind', 'queued', 'running', 'done', 'failed', 'parked', 'cancelled')", name="state"
        ),
        CheckConstraint("num_nulls(lane_id, consumer, n) IN (0, 3)", name="lane"),
        Index(
            "uq_job_dedup_key",
            "tenant_id",
            "community_id",
            "dedup_key",
            unique=True,
            postgresql_where=text("dedup_key IS NOT NULL"),
            # The street's own jobs have no community, and a second click counts there too.
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            # One turn of a schedule is taken once, whoever plans it and whatever their clocks say.
            "uq_job_turn",
            "tenant_id",
            "community_id",
            "task",
            "turn",
            unique=True,
            postgresql_where=text("turn IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            # One event goes to one consumer once.
            "uq_job_event",
            "tenant_id",
            "event_id",
            "consumer",
            "community_id",
            unique=True,
            postgresql_where=text("event_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_job_at", "tenant_id", "created_at"),
        Index("ix_job_due", "tenant_id", "queue", "run_after", postgresql_where=text("state IN ('queued', 'running')")),
        Index(
            "ix_job_lane",
            "tenant_id",
            "lane_id",
            "consumer",
            "n",
            postgresql_where=text("lane_id IS NOT NULL AND state IN ('behind', 'queued', 'running', 'parked')"),
        ),
    )

    #: ``<owner>.<verb>_<noun>``
    task: Mapped[str]
    #: ``core`` or the plugin; a switched-off plugin's job is not run.
    owner: Mapped[str]
    #: ``default``, or ``slow`` for what must not keep others waiting.
    queue: Mapped[str] = mapped_column(server_default="default")
    args: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    #: Held while the job waits or runs: the same key gives the same job.
    dedup_key: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    max_attempts: Mapped[int] = mapped_column(SmallInteger, server_default="5")
    run_after: Mapped[datetime] = mapped_column(server_default=func.now())
    #: A running job whose lease has run out is taken up again.
    leased_until: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    note: Mapped[str] = mapped_column(server_default="")
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[UUID | None]
    #: For the audit trail of what the job does.
    created_by_name: Mapped[str] = mapped_column(server_default="")
    finished_at: Mapped[datetime | None]
    #: The moment of the schedule for which it was planned.
    turn: Mapped[datetime | None]
    #: A delivery of an event: of this one, to this consumer, as the n-th of its lane. While one of the same consumer
    #: before it is not over, it is ``behind``.
    event_id: Mapped[UUID | None]
    lane_id: Mapped[UUID | None]
    consumer: Mapped[str | None]
    n: Mapped[int | None] = mapped_column(BigInteger)


class JobLane(Base, StreetOrCommunityRow):
    """A place within which jobs of one consumer are done one after the other: a compound, a community, the street.

    Whoever gives out numbers here, or ends a job of the lane, holds this row until the commit: so numbers follow the
    order of commits, and no job is left behind.
    """

    __tablename__ = "job_lane"
    __keys__ = (
        UniqueConstraint(
            "tenant_id",
            "community_id",
            "compound_id",
            name="uq_job_lane_place",
            postgresql_nulls_not_distinct=True,
        ),
    )

    compound_id: Mapped[UUID | None]
    #: The last number given.
    n: Mapped[int] = mapped_column(BigInteger, server_default="0")


class JobDoorbell(Base):
    """Tenants with queued work. Open, so that a worker without scope knows whose door to open next.

    The one that has waited longest comes first; whoever was served goes to the end.
    """

    __tablename__ = "job_doorbell"
    __table_args__ = {"info": {"open": "a worker has no scope until it knows whose work waits", "rights": ()}}

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(primary_key=True, server_default="default")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
