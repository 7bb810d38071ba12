"""Staff remind those who hold a place in a shift that is to come: them alone, and not over and over."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from linli.sdk import SHANGHAI, Actor, Conflict, Duration, Forbidden, ScopedSession, now, rule_value
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import noter
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.watch import repository, telling
from linli_waste_sorting.watch.models import Shift
from linli_waste_sorting.watch.permissions import PLAN_SHIFTS
from linli_waste_sorting.watch.planning import find_shift
from linli_waste_sorting.watch.rule_keys import REMIND_EVERY
from linli_waste_sorting.watch.schemas import ShiftReminded

_note = noter("shift", "watch_shift")


def remind_people(session: ScopedSession, actor: Actor, community_id: UUID, shift_id: UUID) -> ShiftReminded:
    """Tell those who hold a place in a shift, and have not come yet, that it is to come.

    Args:
        session: of the community.
        actor: who asks for it.
        community_id: where.
        shift_id: of the shift; it is locked, so that two who ask at once tell people once.

    Returns:
        How many were told, and how many are without an account: they want a call.

    Raises:
        NotFound: there is no such shift.
        Forbidden: the actor may not plan there.
        Conflict: it is cancelled or over, nobody is on it whom a message reaches, or they were reminded within the
            rule's hours. The message says which.
    """
    shift = find_shift(session, community_id, shift_id, lock=True)
    if not actor.can(PLAN_SHIFTS, community_id=community_id, compound_id=shift.compound_id):
        raise Forbidden
    _check(session, shift)
    held = repository.duties_of(session, shift_id)
    reached = [each for each in held if each.account_id is not None and each.came_at is None]
    if not reached:
        raise Conflict(_why_nobody(len(held), sum(each.came_at is not None for each in held)))
    station = session.scalars(select(Station).where(Station.id == shift.station_id)).one()
    told = telling.tell_reminded(session, shift, station, reached)
    shift.reminded_at = now()
    session.flush()
    _note(session, "remind", shift, after={"people": str(told)})
    return ShiftReminded(told=told, unreached=sum(each.account_id is None for each in held))


def may_remind_from(session: ScopedSession, shift: Shift) -> datetime | None:
    """From when on those on a shift may be reminded again; ``None`` where nobody has reminded them yet."""
    if shift.reminded_at is None:
        return None
    span = rule_value(session, REMIND_EVERY, compound_id=shift.compound_id).value
    hours = span.n * (24 if span.unit == "days" else 1) if isinstance(span, Duration) else 0
    return shift.reminded_at + timedelta(hours=hours)


def said(done: ShiftReminded) -> str:
    """What became of it, in words."""
    words = _("已提醒 {n} 人").format(n=done.told)
    if done.unreached:
        words += _("，另有 {n} 人没有账号，请打电话").format(n=done.unreached)
    return words


def _check(session: ScopedSession, shift: Shift) -> None:
    if shift.cancelled_at is not None:
        raise Conflict(_("这个班次已取消"))
    if shift.ends_at <= now():
        raise Conflict(_("这个班次已经结束"))
    again = may_remind_from(session, shift)
    if again is not None and again > now():
        words = _("{last}提醒过，{again}以后可以再提醒")
        raise Conflict(words.format(last=_moment(shift.reminded_at), again=_moment(again)))


def _why_nobody(held: int, came: int) -> str:
    if not held:
        return _("还没有人报名，没有人可以提醒")
    if came == held:
        return _("报名的人都已签到，不用提醒")
    return _("报名的 {n} 人没有账号，收不到提醒，请打电话").format(n=held - came)


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else ""
