"""How much was said about notices, kept beside them by whoever writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from linli.sdk import Actor, ScopedSession, once, today
from linli_notices.models import Notice
from linli_notices.objections.models import Objection, ObjectionCount
from linli_notices.objections.permissions import READ_OBJECTIONS


@dataclass(frozen=True, slots=True)
class Counts:
    """What lists say about a notice's objections."""

    objections: int = 0
    comments: int = 0
    unanswered: int = 0
    is_overdue: bool = False
    #: When the first of them has to be answered; for sums of a community alone.
    due_on: date | None = None

    @property
    def filed(self) -> int:
        return self.objections + self.comments


def recount(session: ScopedSession, notice_id: UUID, community_id: UUID) -> None:
    """Bring the summary of one notice in one community up to date; writers wait for each other here."""
    place = {"community_id": community_id, "notice_id": notice_id}
    session.flush()
    key = ["tenant_id", "community_id", "notice_id"]
    # The row is locked first: what is counted next then includes what the writer before has committed.
    summary = insert(ObjectionCount).values(**place)
    session.execute(summary.on_conflict_do_update(index_elements=key, set_={"notice_id": notice_id}))
    standing = (Objection.community_id == community_id, Objection.notice_id == notice_id)
    is_open = Objection.state == "open"
    counted = select(
        func.count().filter(Objection.kind == "objection", Objection.state != "withdrawn"),
        func.count().filter(Objection.kind == "comment", Objection.state != "withdrawn"),
        func.count().filter(is_open),
        func.min(Objection.answer_due_on).filter(is_open),
    ).where(*standing)
    objections, comments, unanswered, due = session.execute(counted).one()
    session.execute(
        update(ObjectionCount)
        .where(ObjectionCount.community_id == community_id, ObjectionCount.notice_id == notice_id)
        .values(objections=objections, comments=comments, unanswered=unanswered, next_due_on=due)
    )


def counts_of(session: ScopedSession, notice_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    """What was said about each of these notices, in the communities of the scope; one query."""
    if not notice_ids:
        return {}
    rows = session.execute(
        select(
            ObjectionCount.notice_id,
            func.sum(ObjectionCount.objections),
            func.sum(ObjectionCount.comments),
            func.sum(ObjectionCount.unanswered),
            func.min(ObjectionCount.next_due_on),
        )
        .where(ObjectionCount.notice_id.in_(notice_ids))
        .group_by(ObjectionCount.notice_id)
    )
    return {
        each: Counts(int(objections), int(comments), int(unanswered), due is not None and due < today())
        for each, objections, comments, unanswered, due in rows
    }


def waiting(session: ScopedSession, community_id: UUID | None) -> Counts:
    """How much waits for an answer in a community, or in the whole scope for ``None``; one query over summaries."""
    return once(session, ("notices.waiting", community_id), lambda: _waiting(session, community_id))


def _waiting(session: ScopedSession, community_id: UUID | None) -> Counts:
    statement = select(func.sum(ObjectionCount.unanswered), func.min(ObjectionCount.next_due_on)).where(
        ObjectionCount.unanswered > 0
    )
    if community_id is not None:
        statement = statement.where(ObjectionCount.community_id == community_id)
    unanswered, due = session.execute(statement).one()
    return Counts(unanswered=int(unanswered or 0), is_overdue=due is not None and due < today(), due_on=due)


def unanswered(session: ScopedSession, actor: Actor) -> int:
    """How much was said about the street's own notices and waits for the street's answer; one query over summaries."""
    if not actor.can(READ_OBJECTIONS):
        return 0
    statement = (
        select(func.sum(ObjectionCount.unanswered))
        .join(Notice, (Notice.tenant_id == ObjectionCount.tenant_id) & (Notice.id == ObjectionCount.notice_id))
        .where(Notice.community_id.is_(None), ObjectionCount.unanswered > 0)
    )
    return int(session.scalar(statement) or 0)
