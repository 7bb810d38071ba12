"""Auditing: what looks odd is kept or taken back by somebody who looks; any points can be taken back for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, select

from linli.sdk import (
    PAGE,
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Order,
    ScopedSession,
    now,
    recheck_obligations,
    record,
    sorted_slice,
)
from linli.sdk import gettext as _
from linli_waste_sorting.points import earning
from linli_waste_sorting.points.giving import may
from linli_waste_sorting.points.models import Claim, Entry, Flag, Purse
from linli_waste_sorting.points.permissions import AUDIT
from linli_waste_sorting.points.purses import lock_purse
from linli_waste_sorting.reach import compounds_of


@dataclass(frozen=True, slots=True)
class Flagged:
    """What looks odd, with the points, whose they are, and who gave them."""

    flag: Flag
    entry: Entry
    claim: Claim
    purse: Purse


def reverse(session: ScopedSession, actor: Actor, community_id: UUID, entry_id: UUID, reason: str) -> Entry:
    """Take points back that were given, whole, for a reason that the household reads. A second call changes nothing.

    What looked odd about them is decided by that too.

    Raises:
        NotFound: there are none there within the actor's reach.
        Forbidden: the actor may not.
        Conflict: the entry gave no points.
        Invalid: no reason is given.
    """
    entry, purse = _entry(session, actor, community_id, entry_id)
    if entry.kind != "earn":
        raise Conflict(_("只有得到的积分可以冲回"))
    row = earning.take_back(session, purse, entry, reason, actor)
    for flag in session.scalars(select(Flag).where(Flag.entry_id == entry.id, Flag.decision == "")):
        _decide(session, actor, flag, "reversed", reason)
    return row


def decide(session: ScopedSession, actor: Actor, community_id: UUID, flag_id: UUID, decision: str, note: str) -> Flag:
    """Keep points that looked odd, or take them back, and say why. The same again changes nothing.

    Args:
        session: of the community.
        actor: who has looked.
        community_id: where.
        flag_id: of what looked odd.
        decision: ``kept`` or ``reversed``.
        note: why.

    Raises:
        NotFound: there is none within the actor's reach.
        Forbidden: the actor may not, or gave the points themselves.
        Conflict: it was decided otherwise.
        Invalid: no reason is given.
    """
    found = find_flag(session, actor, community_id, flag_id)
    if not may(actor, AUDIT, found.purse):
        raise Forbidden
    if actor.account_id is not None and found.claim.acted_by == actor.account_id:
        raise Forbidden(_("这些积分是您发的，请另一位工作人员核查"))
    lock_purse(session, community_id, found.purse.id)
    session.refresh(found.flag)
    if found.flag.decision == decision:
        return found.flag
    if found.flag.decision:
        raise Conflict(_("已经核查过了"))
    if not note.strip():
        raise Invalid.one("note", _("请写明理由"))
    if decision == "reversed":
        reverse(session, actor, community_id, found.entry.id, note)
        session.refresh(found.flag)
    else:
        _decide(session, actor, found.flag, "kept", note)
    return found.flag


def find_flag(session: ScopedSession, actor: Actor, community_id: UUID, flag_id: UUID) -> Flagged:
    """One of those that look odd, within the actor's reach.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(_flagged(actor, community_id).where(Flag.id == flag_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这条待核查的积分"))
    return Flagged(*row)


#: The orders of what looks odd.
FLAG_ORDERS = {
    "created_at": Order(),
    "raised_at": Order(Flag.raised_at, lambda row: row[0].raised_at),
    "points": Order(Entry.points, lambda row: row[1].points),
}


def page_of_flags(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    *,
    is_open: bool | None = None,
    reason: str = "",
    sort: str = "-created_at",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Flagged], str | None]:
    """A page of what looks odd in an order of ``FLAG_ORDERS``, and the ``after`` of the next one; ``None`` on the last.

    Raises:
        Invalid: there is no such place to go on from.
    """
    statement = _flagged(actor, community_id)
    if is_open is not None:
        statement = statement.where(Flag.decision == "" if is_open else Flag.decision != "")
    if reason:
        statement = statement.where(Flag.reason == reason)
    page = sorted_slice(
        session, statement, Flag.id, FLAG_ORDERS, sort, id_of=lambda row: row[0].id, after=after, limit=limit
    )
    return [Flagged(*row) for row in page.items], page.next


def _flagged(actor: Actor, community_id: UUID) -> Select[Flag, Entry, Claim, Purse]:
    statement = (
        select(Flag, Entry, Claim, Purse)
        .join(Entry, and_(Entry.tenant_id == Flag.tenant_id, Entry.id == Flag.entry_id))
        .join(Claim, and_(Claim.tenant_id == Entry.tenant_id, Claim.id == Entry.claim_id))
        .join(Purse, and_(Purse.tenant_id == Entry.tenant_id, Purse.id == Entry.purse_id))
        .where(Flag.community_id == community_id)
    )
    within = compounds_of(actor, AUDIT, community_id)
    return statement if within is None else statement.where(Flag.compound_id.in_(within))


def _entry(session: ScopedSession, actor: Actor, community_id: UUID, entry_id: UUID) -> tuple[Entry, Purse]:
    if not actor.holds(AUDIT):
        raise Forbidden
    entry = session.scalar(select(Entry).where(Entry.id == entry_id, Entry.community_id == community_id))
    purse = lock_purse(session, community_id, entry.purse_id) if entry is not None else None
    if entry is None or purse is None or not may(actor, AUDIT, purse):
        raise NotFound(_("没有找到这笔积分"))
    return entry, purse


def _decide(session: ScopedSession, actor: Actor, flag: Flag, decision: str, note: str) -> None:
    flag.decision, flag.decided_at, flag.note = decision, now(), note.strip()
    flag.decided_by, flag.decided_by_name = actor.account_id, actor.display_name
    session.flush()
    record(
        session,
        "waste_sorting.flag.decide",
        ("points_flag", flag.id),
        community_id=flag.community_id,
        after={"decision": decision},
        reason=note.strip(),
    )
    recheck_obligations(session, flag.community_id)
