"""The ledger: points move between accounts, each entry balanced in itself; what a purse holds and when it ends.

Points are used in the order in which they end, whenever they came in: what has ended by a day is what came in to be
good until then, less all that ever went out. So an end that is written twice finds nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import case, func, select

from linli.sdk import Duration, ScopedSession, due_on, new_id, now, rule_value
from linli_waste_sorting.points.models import ACCOUNTS, MOVES, Claim, Entry, Purse, Redemption
from linli_waste_sorting.points.rule_keys import EXPIRY, GOOD_FOR


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that end on the same day and are not used up.

    Attributes:
        ends_on: the last day on which they are good; ``None`` for ever.
        points: how many are left.
    """

    ends_on: date | None
    points: int


def post(
    session: ScopedSession,
    purse: Purse,
    kind: str,
    points: int,
    *,
    day: date,
    ends_on: date | None = None,
    claim: Claim | None = None,
    redemption: Redemption | None = None,
    reverses: Entry | None = None,
) -> Entry:
    """Write an entry. The caller holds the purse's lock and has judged whether it may be.

    Args:
        session: the unit of work.
        purse: whose points move; its balance is read anew.
        kind: a key of ``MOVES``.
        points: more than none.
        day: on which it counts.
        ends_on: until when points that come in are good.
        claim: what it rests on, for what is earned and taken back.
        redemption: what it is for, for what is redeemed and comes back.
        reverses: the entry that is taken back, whole.
    """
    debit, credit = MOVES[kind]
    row = Entry(
        id=new_id(),
        community_id=purse.community_id,
        purse_id=purse.id,
        kind=kind,
        debit=debit,
        credit=credit,
        points=points,
        day=day,
        at=now(),
        expires_on=ends_on,
        claim_id=claim.id if claim else None,
        redemption_id=redemption.id if redemption else None,
        reverses_id=reverses.id if reverses else None,
    )
    session.add(row)
    session.flush()
    session.refresh(purse, ["balance"])
    return row


def balance_of(session: ScopedSession, purse_id: UUID) -> int:
    """What a purse holds by its entries; below zero for a debt."""
    return session.scalar(select(_NET).where(Entry.purse_id == purse_id)) or 0


def lots_of(session: ScopedSession, purse_id: UUID) -> list[Lot]:
    """What a purse holds, by the day on which it ends, the first to end first; nothing where it holds nothing."""
    rows = session.execute(
        select(Entry.expires_on, func.sum(Entry.points))
        .where(Entry.purse_id == purse_id, Entry.credit == "household")
        .group_by(Entry.expires_on)
        .order_by(Entry.expires_on.asc().nulls_last())
    ).all()
    spent = session.scalar(
        select(func.coalesce(func.sum(Entry.points), 0)).where(Entry.purse_id == purse_id, Entry.debit == "household")
    )
    return left_of([Lot(ends_on, points) for ends_on, points in rows], spent or 0)


def left_of(lots: Sequence[Lot], spent: int) -> list[Lot]:
    """What is left of lots in the order of their ends when so many points went out."""
    found = []
    for lot in lots:
        used = min(lot.points, spent)
        spent -= used
        if lot.points > used:
            found.append(Lot(lot.ends_on, lot.points - used))
    return found


def best_end(lots: Sequence[Lot], points: int) -> tuple[bool, date | None]:
    """Until when the best of the next points that are used are good, and whether there are so many."""
    for lot in lots:
        points -= lot.points
        if points <= 0:
            return True, lot.ends_on
    return False, None


def ended_by_purse(
    session: ScopedSession, community_id: UUID, day: date, *, purses: Iterable[UUID] | None = None
) -> Mapping[UUID, int]:
    """Purse to the points in it whose last day was before a day and for which no end is written; one query."""
    came = func.sum(case((Entry.credit == "household", Entry.points), else_=0)).filter(
        (Entry.credit != "household") | (Entry.expires_on < day)
    )
    went = func.sum(case((Entry.debit == "household", Entry.points), else_=0))
    due = func.coalesce(came, 0) - went
    statement = (
        select(Entry.purse_id, due).where(Entry.community_id == community_id).group_by(Entry.purse_id).having(due > 0)
    )
    if purses is not None:
        statement = statement.where(Entry.purse_id.in_(list(purses)))
    return {row[0]: int(row[1]) for row in session.execute(statement)}


def end_points(session: ScopedSession, purse: Purse, day: date) -> int:
    """Write the end of what was good until the day before; the caller holds the lock. Returns how many ended."""
    due = ended_by_purse(session, purse.community_id, day, purses=[purse.id]).get(purse.id, 0)
    if due:
        post(session, purse, "expire", due, day=day)
    return due


def sums_of_accounts(session: ScopedSession, community_id: UUID) -> dict[str, int]:
    """What each account of a community's ledger holds; all together nothing. What was issued stands below zero."""
    into = select(Entry.credit, func.sum(Entry.points)).where(Entry.community_id == community_id)
    out = select(Entry.debit, func.sum(Entry.points)).where(Entry.community_id == community_id)
    found: dict[str, int] = dict.fromkeys(ACCOUNTS, 0)
    for account, points in session.execute(into.group_by(Entry.credit)):
        found[account] += int(points)
    for account, points in session.execute(out.group_by(Entry.debit)):
        found[account] -= int(points)
    return found


def last_day(session: ScopedSession, day: date, compound_id: UUID) -> date | None:
    """Until when points earned on a day in a compound are good; ``None`` for ever, or where no rule is known."""
    kind = rule_value(session, EXPIRY, compound_id=compound_id).value
    if kind == "year_end":
        return day.replace(month=12, day=31)
    span = rule_value(session, GOOD_FOR, compound_id=compound_id).value
    return due_on(session, day, span) if kind == "after" and isinstance(span, Duration) else None


_NET = func.coalesce(func.sum(case((Entry.credit == "household", Entry.points), else_=-Entry.points)), 0)
