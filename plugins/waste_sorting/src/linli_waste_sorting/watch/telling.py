"""What people are told about their shifts."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from linli.sdk import NotificationType, Recipient, ScopedSession, new_id, notify, place_names
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.watch.models import Duty, Shift, Swap
from linli_waste_sorting.watch.permissions import JOIN_SHIFTS, PLAN_SHIFTS

TOMORROW = "waste_sorting.shift_due"
REMINDED = "waste_sorting.shift_reminded"
CANCELLED = "waste_sorting.shift_cancelled"
GIVEN = "waste_sorting.duty_given"
REMOVED = "waste_sorting.duty_removed"
TAKEN_OVER = "waste_sorting.duty_taken_over"
PROPOSED = "waste_sorting.swap_proposed"
AGREED = "waste_sorting.swap_agreed"
DECLINED = "waste_sorting.swap_declined"
MISSING = "waste_sorting.shifts_missing"

WATCH_KINDS = (
    NotificationType(
        name=TOMORROW,
        title="明天有您的值守",
        subject="明天 {hours} 在{station}值守",
        body="您报名了 {day} {hours} 在{station}（{place}）的值守。到了请扫站点上的二维码签到；来不了请找人替班。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=REMINDED,
        title="工作人员提醒您值守",
        subject="请记得 {day} {hours} 在{station}值守",
        body="您报名了 {day} {hours} 在{station}（{place}）的值守。到了请扫站点上的二维码签到；来不了请尽早找人替班。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=CANCELLED,
        title="值守取消",
        subject="{day} {hours} 的值守取消了",
        body="{day} {hours} 在{station}的值守取消了。原因：{reason}",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=GIVEN,
        title="为您安排了值守",
        subject="为您安排了 {day} {hours} 的值守",
        body="工作人员为您安排了 {day} {hours} 在{station}（{place}）的值守。来不了请在页面上取消或者找人替班。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=REMOVED,
        title="您的值守被调整",
        subject="{day} {hours} 的值守不用去了",
        body="工作人员调整了安排，{day} {hours} 在{station}的值守您不用去了。有疑问请联系社区。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=TAKEN_OVER,
        title="有人替您的班",
        subject="{day} {hours} 的值守有人替了",
        body="{day} {hours} 在{station}的值守已经有人替您，您不用去了。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=PROPOSED,
        title="有人想和您换班",
        subject="有人想换您 {day} {hours} 的值守",
        body="有人想用自己 {return_day} {return_hours} 的值守，换您 {day} {hours} 在{station}的值守。请打开页面回复。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=AGREED,
        title="换班成功",
        subject="换班成功：您改到 {day} {hours}",
        body="对方同意换班。您现在值守 {day} {hours}，在{station}。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=DECLINED,
        title="换班没有成功",
        subject="{day} {hours} 的换班没有成功",
        body="对方没有同意换班。{day} {hours} 在{station}的值守仍然由您负责。",
        needs=JOIN_SHIFTS,
    ),
    NotificationType(
        name=MISSING,
        title="值守缺人",
        subject="{first} 起一周的值守还缺 {people} 人次",
        body="从 {first} 到 {last}，桶站值守还缺 {people} 人次。请打开“值守安排”查看是哪些班次。",
        needs=PLAN_SHIFTS,
    ),
)


def tell_tomorrow(session: ScopedSession, duty: Duty, shift: Shift, station: Station) -> int:
    """Remind somebody of their shift; a second run on the same day tells nobody twice."""
    return _tell(session, TOMORROW, duty, shift, station)


def tell_reminded(session: ScopedSession, shift: Shift, station: Station, duties: Iterable[Duty]) -> int:
    """Remind those on a shift once more, because staff ask for it. Returns how many were told."""
    # Told again of the same shift another time: each reminder is a subject of its own.
    reminder = ("watch_reminder", new_id())
    return sum(_tell(session, REMINDED, duty, shift, station, about=reminder) for duty in duties)


def tell_cancelled(session: ScopedSession, shift: Shift, duties: Iterable[Duty]) -> None:
    """Tell those who signed up that the shift does not take place."""
    station = _station(session, shift)
    for duty in duties:
        _tell(session, CANCELLED, duty, shift, station, reason=shift.cancel_reason)


def tell_given(session: ScopedSession, shift: Shift, duty: Duty) -> None:
    """Tell somebody that staff gave them a place."""
    _tell(session, GIVEN, duty, shift, _station(session, shift))


def tell_removed(session: ScopedSession, shift: Shift, duty: Duty) -> None:
    """Tell somebody that staff took their place away."""
    _tell(session, REMOVED, duty, shift, _station(session, shift))


def tell_taken_over(session: ScopedSession, shift: Shift, duty: Duty) -> None:
    """Tell whoever looked for a substitute that one is found."""
    _tell(session, TAKEN_OVER, duty, shift, _station(session, shift))


def tell_proposed(session: ScopedSession, swap: Swap, offered: Duty, shift: Shift, given: Shift) -> None:
    """Tell whose place is wanted what is proposed in return."""
    more = {"return_day": given.day, "return_hours": _hours(given)}
    _tell(session, PROPOSED, offered, shift, _station(session, shift), about=("watch_swap", swap.id), **more)


def tell_agreed(session: ScopedSession, swap: Swap, proposer: Duty, shift: Shift) -> None:
    """Tell the proposer where they stand now."""
    _tell(session, AGREED, proposer, shift, _station(session, shift), about=("watch_swap", swap.id))


def tell_declined(session: ScopedSession, swap: Swap, proposer: Duty, shift: Shift) -> None:
    """Tell the proposer that their own place stays theirs."""
    _tell(session, DECLINED, proposer, shift, _station(session, shift), about=("watch_swap", swap.id))


def _tell(
    session: ScopedSession,
    kind: str,
    duty: Duty,
    shift: Shift,
    station: Station,
    *,
    about: tuple[str, UUID] | None = None,
    **more: object,
) -> int:
    if duty.account_id is None:
        return 0
    context = {"day": shift.day, "hours": _hours(shift), "station": station.name, "place": station.place, **more}
    return notify(
        session,
        kind,
        [Recipient(duty.account_id, None, None)],
        context,
        subject=about or ("watch_duty", duty.id),
        link=f"{place_names(session, shift.community_id).path}/waste_sorting/watch",
        community_id=shift.community_id,
    )


def _hours(shift: Shift) -> str:
    return f"{shift.begins:%H:%M}–{shift.ends:%H:%M}"


def _station(session: ScopedSession, shift: Shift) -> Station:
    return session.scalars(select(Station).where(Station.id == shift.station_id)).one()
