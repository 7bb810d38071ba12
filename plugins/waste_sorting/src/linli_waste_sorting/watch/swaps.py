"""Changing places: somebody proposes their own for one that is offered, and whose it is agrees.

Those who plan may answer for somebody who called them.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from linli.sdk import Actor, Conflict, NotFound, ScopedSession, new_id, now, record
from linli.sdk import gettext as _
from linli_waste_sorting.watch import duties, repository, telling
from linli_waste_sorting.watch.models import Duty, Shift, Swap
from linli_waste_sorting.watch.planning import find_shift


def propose(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID, return_id: UUID) -> Swap:
    """Propose one's own place in return for one that is offered. A second call gives the same proposal.

    Raises:
        NotFound: there is no such place open to the actor, or the one in return is not theirs.
        Conflict: either shift has begun, or nobody is looked for any more.
    """
    offered, wanted = duties.offered_duty(session, actor, community_id, duty_id)
    mine, given = duties.own_duty(session, actor, community_id, return_id)
    if given.begins_at <= now():
        raise Conflict(_("您的班次已经开始，不能用来换"))
    if given.id == wanted.id:
        raise Conflict(_("两个班次是同一个"))
    known = session.scalar(select(Swap).where(Swap.duty_id == offered.id, Swap.return_id == mine.id))
    if known is not None and known.state == "open":
        return known
    row = known or Swap(id=new_id(), community_id=community_id, duty_id=offered.id, return_id=mine.id)
    row.state = "open"
    session.add(row)
    session.flush()
    _note(session, "propose", row)
    telling.tell_proposed(session, row, offered, wanted, given)
    return row


def agree(session: ScopedSession, actor: Actor, community_id: UUID, swap_id: UUID) -> Swap:
    """Agree: the two places change hands, and what else was proposed for them is void.

    Raises:
        NotFound: there is no such proposal to the actor.
        Conflict: it is not open any more, a shift has begun, or one of the two stands elsewhere at that time.
    """
    swap, mine, other = _asked(session, actor, community_id, swap_id)
    my_shift, other_shift = _both_shifts(session, community_id, mine, other)
    if (
        mine.ended
        or other.ended
        or my_shift.id == other_shift.id
        or min(my_shift.begins_at, other_shift.begins_at) <= now()
    ):
        raise Conflict(_("其中一个班次已经开始，或者换了人"))
    if mine.account_id is None or other.account_id is None:
        raise Conflict(_("没有账号的人不能自己换班，请联系工作人员"))
    duties.end(session, mine, "swapped")
    duties.end(session, other, "swapped")
    duties.hand_over(session, my_shift, mine, other.account_id, other.person_name)
    duties.hand_over(session, other_shift, other, mine.account_id, mine.person_name)
    swap.state = "agreed"
    _close_others(session, swap)
    _note(session, "agree", swap)
    telling.tell_agreed(session, swap, other, my_shift)
    return swap


def decline(session: ScopedSession, actor: Actor, community_id: UUID, swap_id: UUID) -> Swap:
    """Say no to a proposal; the place stays offered. A second call changes nothing."""
    swap, _mine, other = _asked(session, actor, community_id, swap_id, also_closed=True)
    if swap.state == "open":
        swap.state = "declined"
        session.flush()
        _note(session, "decline", swap)
        telling.tell_declined(session, swap, other, find_shift(session, community_id, other.shift_id))
    return swap


def withdraw(session: ScopedSession, actor: Actor, community_id: UUID, swap_id: UUID) -> Swap:
    """Take one's own proposal back. A second call changes nothing."""
    swap, _offered, back = _found(session, community_id, swap_id)
    if not duties.speaks_for(actor, back, find_shift(session, community_id, back.shift_id)):
        raise NotFound(_("没有找到这个换班请求"))
    if swap.state == "open":
        swap.state = "withdrawn"
        session.flush()
        _note(session, "withdraw", swap)
    return swap


def _asked(
    session: ScopedSession, actor: Actor, community_id: UUID, swap_id: UUID, *, also_closed: bool = False
) -> tuple[Swap, Duty, Duty]:
    swap, offered, back = _found(session, community_id, swap_id)
    if not duties.speaks_for(actor, offered, find_shift(session, community_id, offered.shift_id)):
        raise NotFound(_("没有找到这个换班请求"))
    if swap.state != "open" and not also_closed:
        raise Conflict(_("这个换班请求已经有了结果"))
    return swap, offered, back


def _found(session: ScopedSession, community_id: UUID, swap_id: UUID) -> tuple[Swap, Duty, Duty]:
    swap = session.scalar(select(Swap).where(Swap.id == swap_id, Swap.community_id == community_id).with_for_update())
    if swap is None:
        raise NotFound(_("没有找到这个换班请求"))
    offered = repository.find_duty(session, community_id, swap.duty_id)
    back = repository.find_duty(session, community_id, swap.return_id)
    if offered is None or back is None:
        raise NotFound(_("没有找到这个换班请求"))
    return swap, offered, back


def _both_shifts(session: ScopedSession, community_id: UUID, mine: Duty, other: Duty) -> tuple[Shift, Shift]:
    # In one order, whoever comes first: two that lock crosswise would wait for each other.
    for shift_id in sorted((mine.shift_id, other.shift_id)):
        find_shift(session, community_id, shift_id, lock=True)
    session.refresh(mine)
    session.refresh(other)
    return (
        find_shift(session, community_id, mine.shift_id),
        find_shift(session, community_id, other.shift_id),
    )


def _close_others(session: ScopedSession, swap: Swap) -> None:
    touched = (swap.duty_id, swap.return_id)
    others = select(Swap).where(
        Swap.id != swap.id, Swap.state == "open", or_(Swap.duty_id.in_(touched), Swap.return_id.in_(touched))
    )
    for other in session.scalars(others):
        other.state = "declined"
    session.flush()


def _note(session: ScopedSession, verb: str, swap: Swap) -> None:
    subject, action = ("watch_swap", swap.id), f"waste_sorting.swap.{verb}"
    record(session, action, subject, community_id=swap.community_id, after={"duty": str(swap.duty_id)})
