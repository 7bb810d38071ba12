"""Queries on requests for approval, each within the scope and within what the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from linli.approvals.acts import known_acts
from linli.approvals.models import Approval
from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession, once
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.cursor import PAGE

#: The badge of the menu counts no further.
MOST_COUNTED = 99

#: ``mine``: waiting for the reader; ``asked``: asked by the reader; ``done``: decided, all that the reader may see;
#: ``all``: everything that the reader may see.
Box = Literal["mine", "asked", "done", "all"]
BOXES: tuple[Box, ...] = ("mine", "asked", "done", "all")


#: The orders of the list; ids grow as requests are made.
APPROVALS = {"asked_at": Order(), "expires_at": Order(Approval.expires_at, lambda row: row[0].expires_at)}


def list_approvals(
    session: ScopedSession, actor: Actor, box: Box, *, sort: str = "-asked_at", after: str = "", limit: int = PAGE
) -> tuple[Sequence[Approval], str | None]:
    """Requests, the newest first where nothing else is said, and the ``after`` of the next page; ``None`` on the last.

    Raises:
        Invalid: the list has no such order, or ``after`` was not made here.
    """
    query = _seen(session, actor)
    if box == "mine":
        query = query.where(_waits_for(session, actor))
    elif box == "asked":
        query = query.where(Approval.asked_by == actor.account_id)
    elif box == "done":
        query = query.where(~_is_waiting())
    return sorted_rows(session, query, Approval.id, APPROVALS, sort, after=after, limit=limit)


def find_approval(session: ScopedSession, actor: Actor, approval_id: UUID, *, lock: bool = False) -> Approval | None:
    """One request that the reader may see."""
    query = _seen(session, actor).where(Approval.id == approval_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def count_waiting(session: ScopedSession, actor: Actor) -> int:
    """How many wait for this actor, at most ``MOST_COUNTED``; asks the database only where the actor may approve."""
    if actor.account_id is None or not any(actor.holds(act.approves) for act in known_acts()):
        return 0
    waiting = select(Approval.id).where(_waits_for(session, actor)).limit(MOST_COUNTED).subquery()
    count = select(func.count()).select_from(waiting)
    # The menu has it on every page, and first pages say it in words.
    return once(session, ("approvals.waiting", actor.account_id), lambda: session.scalar(count) or 0)


def _seen(session: ScopedSession, actor: Actor) -> Select[Any]:
    query = select(Approval).where(_here(session))
    if actor.system:
        return query
    # Who approves at a place sees what is asked there; who asked sees their own.
    return query.where(or_(Approval.asked_by == actor.account_id, _may_decide(actor), _may_read(actor)))


def _here(session: ScopedSession) -> ColumnElement[bool]:
    communities = session.scope.communities
    # The wall lets a community see the street's own rows too; these belong to the street's console.
    return (
        Approval.tenant_id == session.scope.tenant_id if communities is None else Approval.community_id.in_(communities)
    )


def _waits_for(session: ScopedSession, actor: Actor) -> ColumnElement[bool]:
    return and_(_here(session), _is_waiting(), Approval.asked_by != actor.account_id, _may_decide(actor))


def _is_waiting() -> ColumnElement[bool]:
    return and_(Approval.state == "waiting", Approval.expires_at > now())


def _may_decide(actor: Actor) -> ColumnElement[bool]:
    by_place: dict[frozenset[UUID | None], list[str]] = {}
    for act in known_acts():
        by_place.setdefault(_places(actor, act.approves), []).append(act.name)
    return or_(false(), *(and_(Approval.act.in_(names), _in(places)) for places, names in by_place.items() if places))


def _may_read(actor: Actor) -> ColumnElement[bool]:
    """Whoever reads the record of acts anyway."""
    return _at(actor, "core.audit.read")


def _at(actor: Actor, permission: str) -> ColumnElement[bool]:
    return _in(_places(actor, permission))


def _places(actor: Actor, permission: str) -> frozenset[UUID | None]:
    """The communities in the whole of which somebody holds a permission; ``None`` among them for the whole street."""
    return frozenset(grant.community_id for grant in actor.grants_for(permission) if grant.compound_id is None)


def _in(places: frozenset[UUID | None]) -> ColumnElement[bool]:
    if None in places:
        return true()
    return Approval.community_id.in_(places) if places else false()


def waiting_for(session: ScopedSession, act: str, subject_type: str, subject_ids: Sequence[str]) -> dict[str, UUID]:
    """Which of these subjects wait for a second person to approve this act: subject to the newest request."""
    rows = session.execute(
        select(Approval.subject_id, Approval.id)
        .where(
            Approval.act == act,
            Approval.subject_type == subject_type,
            Approval.subject_id.in_(subject_ids),
            Approval.state == "waiting",
            Approval.expires_at > now(),
        )
        .order_by(Approval.id)
    )
    return {row.subject_id: row.id for row in rows}
