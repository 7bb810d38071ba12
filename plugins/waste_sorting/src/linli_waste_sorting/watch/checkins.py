"""Who came: by the code at the station, or noted by staff; and how long it counts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from linli.sdk import (
    SHANGHAI,
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    emit,
    now,
    record,
    rule_value,
)
from linli.sdk import gettext as _
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.watch import duties, repository
from linli_waste_sorting.watch.events import WatchCounted
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.permissions import PLAN_SHIFTS
from linli_waste_sorting.watch.planning import find_duty, find_shift
from linli_waste_sorting.watch.repository import Filled
from linli_waste_sorting.watch.rule_keys import EARLY
from linli_waste_sorting.watch.schemas import Attendance


def station_of(session: ScopedSession, community_id: UUID, code: str) -> Station:
    """The station whose code somebody has read.

    Raises:
        NotFound: no station of the community has it, or has it any more.
    """
    found = repository.station_of_code(session, community_id, code.strip().lower())
    if found is None:
        raise NotFound(_("这个二维码已经失效，请联系工作人员"))
    return found


def shifts_now(session: ScopedSession, station: Station, moment: datetime) -> list[Filled]:
    """The shifts of a station in which one may check in at a moment: from some minutes before to the end."""
    held = rule_value(session, EARLY).value
    early = timedelta(minutes=held if isinstance(held, int) else 0)
    day = moment.astimezone(SHANGHAI).date()
    shifts = repository.shifts_between(session, day, day, community_id=station.community_id)
    mine = [each for each in shifts if each.shift.station_id == station.id]
    return [each for each in mine if each.shift.begins_at - early <= moment < each.shift.ends_at]


def own_duty_in(session: ScopedSession, actor: Actor, running: list[Filled]) -> Duty | None:
    """The actor's place in one of some shifts."""
    if actor.account_id is None:
        return None
    found = (repository.duty_in(session, each.shift.id, actor.account_id) for each in running)
    return next((duty for duty in found if duty is not None), None)


def check_in(session: ScopedSession, actor: Actor, community_id: UUID, code: str) -> Duty:
    """Be there: note that the actor has come to the station whose code they read. A second call changes nothing.

    Who has not signed up takes a free place of the shift that runs.

    Raises:
        NotFound: the code is no station's.
        Conflict: there is no shift now, or it is full.
        Forbidden: the actor takes no part in bin watches.
    """
    station, moment = station_of(session, community_id, code), now()
    running = shifts_now(session, station, moment)
    if not running:
        raise Conflict(_("{station}现在没有值守班次").format(station=station.name))
    duty = own_duty_in(session, actor, running)
    if duty is None:
        free = [each for each in running if each.missing]
        if not free:
            raise Conflict(_("现在的班次已经报满。您来帮忙，可以请工作人员登记。"))
        duty = duties.join(session, actor, community_id, free[0].shift.id)
    if duty.came_at is None:
        duty.came_at, duty.came_by, duty.offered_at = moment, "code", None
        session.flush()
        _note(session, "check_in", duty)
    elif duty.left_at is not None:
        # Away for a moment: what counts runs from the first coming to the last leaving.
        duty.left_at = None
        session.flush()
        _note(session, "check_in", duty)
    return duty


def check_out(session: ScopedSession, actor: Actor, community_id: UUID, code: str) -> Duty:
    """Leave before the end. Who does not check out has stayed until the end. A second call changes nothing.

    Raises:
        NotFound: the code is no station's.
        Conflict: the actor has not checked in.
    """
    station, moment = station_of(session, community_id, code), now()
    duty = own_duty_in(session, actor, shifts_now(session, station, moment))
    if duty is None or duty.came_at is None:
        raise Conflict(_("您还没有签到"))
    if duty.left_at is None:
        duty.left_at = max(moment, duty.came_at)
        session.flush()
        _note(session, "check_out", duty)
    return duty


def note_attendance(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID, data: Attendance) -> Duty:
    """Write down as staff when somebody came and left, from paper or to put it right; counted anew after the shift.

    Raises:
        NotFound: there is no such place.
        Forbidden: the actor may not plan there.
        Conflict: the shift has not begun, or the place was given up.
        Invalid: they left before they came.
    """
    duty, shift = find_duty(session, community_id, duty_id, lock=True)
    if not actor.can(PLAN_SHIFTS, community_id=community_id, compound_id=shift.compound_id):
        raise Forbidden
    if duty.ended:
        raise Conflict(_("这个人已经不在这个班次里"))
    if shift.begins_at > now():
        raise Conflict(_("班次还没有开始"))
    if data.came is None and data.left is not None:
        raise Invalid.one("came", _("写了离开时间，就要写到岗时间"))
    if data.came is not None and data.left is not None and data.left < data.came:
        raise Invalid.one("left", _("早于到岗时间"), _("不早于到岗时间"))
    duty.came_at, duty.left_at = _moment(shift, data.came), _moment(shift, data.left)
    duty.came_by = "staff" if data.came is not None else ""
    session.flush()
    _note(session, "attend", duty)
    if shift.ends_at <= now():
        _count(session, duty, shift)
    return duty


def count(session: ScopedSession, community_id: UUID, duty_id: UUID) -> bool:
    """Count what somebody stood there, once the shift is over; others hear of it. A second call changes nothing."""
    duty = repository.find_duty(session, community_id, duty_id)
    if duty is None or duty.ended or duty.came_at is None or duty.counted_at is not None:
        return False
    shift = find_shift(session, community_id, duty.shift_id, lock=True)
    session.refresh(duty)
    if duty.counted_at is not None or shift.ends_at > now():
        return False
    _count(session, duty, shift)
    return True


def minutes_between(shift: Shift, came_at: datetime | None, left_at: datetime | None) -> int:
    """Whole minutes within the shift's hours, from coming to leaving; to the end for who did not check out."""
    if came_at is None:
        return 0
    stayed = min(left_at or shift.ends_at, shift.ends_at) - max(came_at, shift.begins_at)
    return max(int(stayed.total_seconds() // 60), 0)


def _count(session: ScopedSession, duty: Duty, shift: Shift) -> None:
    before = duty.minutes
    duty.minutes, duty.counted_at = minutes_between(shift, duty.came_at, duty.left_at), now()
    session.flush()
    if duty.minutes == (before or 0):
        return
    emit(
        session,
        WatchCounted(
            duty_id=duty.id,
            community_id=duty.community_id,
            compound_id=shift.compound_id,
            account_id=duty.account_id,
            day=shift.day,
            minutes=duty.minutes,
        ),
    )


def _moment(shift: Shift, at: time | None) -> datetime | None:
    return datetime.combine(shift.day, at, SHANGHAI) if at is not None else None


def _note(session: ScopedSession, verb: str, duty: Duty) -> None:
    told = {
        "came": duty.came_at.astimezone(SHANGHAI).strftime("%H:%M") if duty.came_at else "",
        "left": duty.left_at.astimezone(SHANGHAI).strftime("%H:%M") if duty.left_at else "",
    }
    subject, action = ("watch_duty", duty.id), f"waste_sorting.duty.{verb}"
    record(session, action, subject, community_id=duty.community_id, after=told)
