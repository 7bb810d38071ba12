"""Jobs that keep their order: numbers of a lane are given in the order of commits, and one follows the other.

Whoever gives out numbers or ends a job of a lane holds the lane's row to the end of the transaction, and takes it
before any row of a job; so nobody is forgotten who came while the one before ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from linli.kit.ids import new_id
from linli.tasks.models import Job, JobLane

#: A job in one of these keeps those of its lane that come after it waiting.
UNFINISHED = ("behind", "queued", "running", "parked")


@dataclass(frozen=True, slots=True)
class LanePlace:
    """What a lane is for: the compound, else the community, else the street."""

    community_id: UUID | None
    compound_id: UUID | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of one lane, from ``first`` on."""

    lane_id: UUID
    first: int


def take_numbers(session: Session, wanted: Mapping[LanePlace, int]) -> dict[LanePlace, Numbers]:
    """So many numbers of each lane, which is then held to the end of the transaction."""
    given: dict[LanePlace, Numbers] = {}
    # Always in the same order, or two transactions would wait for each other.
    for place in sorted(wanted, key=lambda each: (str(each.community_id or ""), str(each.compound_id or ""))):
        count = wanted[place]
        made = insert(JobLane).values(
            id=new_id(), community_id=place.community_id, compound_id=place.compound_id, n=count
        )
        statement = made.on_conflict_do_update(
            constraint="uq_job_lane_place", set_={"n": JobLane.n + made.excluded.n}
        ).returning(JobLane.id, JobLane.n)
        lane_id, last = session.execute(statement, execution_options={"synchronize_session": False}).one()
        given[place] = Numbers(lane_id, last - count + 1)
    return given


def hold_lane(session: Session, lane_id: UUID) -> None:
    """Have this lane for oneself to the end of the transaction."""
    session.execute(select(JobLane.id).where(JobLane.id == lane_id).with_for_update())


def waits_behind(session: Session, lane_id: UUID, consumer: str) -> bool:
    """Whether a new job of this consumer has to wait; the lane must be held."""
    statement = select(Job.id).where(Job.lane_id == lane_id, Job.consumer == consumer, Job.state.in_(UNFINISHED))
    return session.scalar(statement.limit(1)) is not None


def let_next(session: Session, lane_id: UUID, consumer: str) -> UUID | None:
    """Let the next job of this consumer begin where none before it is unfinished; the lane must be held.

    Returns:
        The job that may begin now; ``None`` where none waits.
    """
    rows = session.execute(
        select(Job.id, Job.state)
        .where(Job.lane_id == lane_id, Job.consumer == consumer, Job.state.in_(UNFINISHED))
        .order_by(Job.state == "behind", Job.n)
        .limit(1)
    ).one_or_none()
    if rows is None or rows.state != "behind":
        return None
    session.execute(
        update(Job).where(Job.id == rows.id).values(state="queued", run_after=func.clock_timestamp()),
        execution_options={"synchronize_session": False},
    )
    return rows.id
