"""Telling that work waits: the doorbell in the database, and what wakes those who do it. Neither holds the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from linli.db.session import LastRank, after_commit, before_commit

#: Where ``Database.info`` keeps what this process rings after a commit: a ``Bell``.
BELL = "job_bell"

#: Seconds without anybody looking after due work, from which on that is told.
LATE = 120

_RING = text("SELECT core.ring_doorbell(coalesce(CAST(:due AS timestamptz), clock_timestamp()), :queue)")
_ANSWER = text("SELECT core.answer_doorbell(:queue)")
_WITH_WORK = text("SELECT core.tenants_with_work(:limit, :queue)")
_WAITING = text("SELECT queue, tenants, seconds FROM core.waiting_work()")


@dataclass(frozen=True, slots=True)
class Ring:
    """A job that waits. Whoever hears of it looks it up: nothing else of a ring is believed."""

    tenant_id: UUID
    job_id: UUID
    queue: str


Bell = Callable[[Ring], None]


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """A queue with due work.

    Attributes:
        tenants: how many streets wait.
        seconds: since when nobody looked after the one that waits longest.
    """

    queue: str
    tenants: int
    seconds: float


def ring(session: Session, job_id: UUID, queue: str, due: datetime | None) -> None:
    """Tell with the commit that a job waits, and wake those who do such jobs.

    Args:
        session: the unit of work that asks for the job.
        job_id: which.
        queue: of the job.
        due: not before then; ``None`` for now.
    """
    rings: dict[str, tuple[UUID, datetime | None]] = session.info.setdefault("rings", {})
    before = rings.get(queue)
    if before is None or (before[1] is not None and (due is None or due < before[1])):
        rings[queue] = (job_id, due)
    # The doorbell is one row of the whole street: held as shortly as can be.
    before_commit(session, "ring", _ring, rank=LastRank.BELL)


def _ring(session: Session) -> None:
    rings, session.info["rings"] = session.info["rings"], {}
    bell: Bell | None = session.info.get(BELL)
    tenant_id: UUID = session.info["scope"].tenant_id
    for queue, (job_id, due) in rings.items():
        session.execute(_RING, {"due": due, "queue": queue})
        if bell is not None:
            told = Ring(tenant_id, job_id, queue)
            after_commit(session, lambda bell=bell, told=told: bell(told))


def answer(session: Session, queue: str) -> bool:
    """Set when somebody has to look after this tenant's queue again; tells whether more is due now.

    The tenant's doorbell is held from now to the commit: to be the last act of a transaction.
    """
    return bool(session.scalar(_ANSWER, {"queue": queue}))


def tenants_with_work(connection: Connection, queue: str, limit: int) -> list[UUID]:
    """Whose work is due, the one that has waited longest first."""
    return list(connection.execute(_WITH_WORK, {"limit": limit, "queue": queue}).scalars())


def waiting_work(connection: Connection) -> list[WaitingWork]:
    """The queues in which work is due."""
    return [WaitingWork(row.queue, row.tenants, row.seconds) for row in connection.execute(_WAITING)]
