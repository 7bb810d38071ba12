"""Jobs, and the doorbell that tells which tenants have work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from linli.db.base import Base, Stamped, StreetOrCommunityRow


class Job(Base, StreetOrCommunityRow, Stamped):
    """One piece of background work; carries its own scope, counts its own attempts, parks after the last."""

    __tablename__ = "job"
    __keys__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'parked', 'cancelled')", name="state"),
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
        Index("ix_job_at", "tenant_id", "created_at"),
        Index("ix_job_due", "tenant_id", "run_after", postgresql_where=text("state IN ('queued', 'running')")),
    )

    #: ``<owner>.<verb>_<noun>``
    task: Mapped[str]
    #: ``core`` or the plugin; a switched-off plugin's job is not run.
    owner: Mapped[str]
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


class JobDoorbell(Base):
    """Tenants with queued work. Open, so that a worker without scope knows whose door to open next."""

    __tablename__ = "job_doorbell"
    __table_args__ = {"info": {"open": "a worker has no scope until it knows whose work waits", "rights": ()}}

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
