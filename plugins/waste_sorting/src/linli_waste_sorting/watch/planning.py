"""Planning shifts: many at once, taken back at once, changed and cancelled one by one."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    new_id,
    now,
    record,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.keeping import noter, require_version
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.windows import read_hours
from linli_waste_sorting.watch import repository, telling
from linli_waste_sorting.watch.models import Duty, Shift, StationCode
from linli_waste_sorting.watch.permissions import PLAN_SHIFTS, READ_SHIFTS
from linli_waste_sorting.watch.schemas import PlanUndone, ShiftChange, ShiftPlan, ShiftsPlanned
from linli_waste_sorting.words import mask_of, span_text

#: Days that one plan may reach into the future, and shifts that it may make.
MOST_DAYS = 92
MOST_SHIFTS = 2000
_DAY = timedelta(days=1)
_note = noter("shift", "watch_shift")


def plan_shifts(session: ScopedSession, actor: Actor, community_id: UUID, data: ShiftPlan) -> ShiftsPlanned:
    """Make the shifts of some stations on some days. What is planned already stays as it is.

    Each station also gets the code by which people check in there, unless it has one.

    Raises:
        Forbidden: the actor may not plan there.
        Invalid: naming each field at fault; nothing was planned.
    """
    stations, spans = _check(session, actor, community_id, data)
    mask = mask_of(data.weekdays)
    days = [data.first + n * _DAY for n in range((data.last - data.first).days + 1)]
    plan_id = new_id()
    rows = [
        {
            "id": new_id(),
            "community_id": community_id,
            "compound_id": station.compound_id,
            "station_id": station.id,
            "day": day,
            "begins": begins,
            "ends": ends,
            "wanted": data.wanted,
            "plan_id": plan_id,
        }
        for day in days
        if mask & (1 << day.weekday())
        for begins, ends in spans
        for station in stations
    ]
    if len(rows) > MOST_SHIFTS:
        raise Invalid.one(
            "last",
            _("这样会排出 {n} 个班次，太多").format(n=len(rows)),
            _("一次最多 {n} 个，请缩短日期").format(n=MOST_SHIFTS),
        )
    if not rows:
        raise Invalid.one("weekdays", _("这些日期里没有选中的星期"))
    for station in stations:
        give_code(session, community_id, station.id)
    made = session.scalars(insert(Shift).on_conflict_do_nothing().returning(Shift.id), rows).all()
    if not made:
        return ShiftsPlanned(plan_id=plan_id, created=0, known=len(rows))
    told = {
        "stations": ", ".join(station.name for station in stations),
        "first": data.first.isoformat(),
        "last": data.last.isoformat(),
        "hours": ", ".join(span_text(*span) for span in spans),
        "wanted": str(data.wanted),
        "shifts": str(len(made)),
    }
    record(session, "waste_sorting.shift.plan", ("watch_plan", plan_id), community_id=community_id, after=told)
    return ShiftsPlanned(plan_id=plan_id, created=len(made), known=len(rows) - len(made))


def undo_plan(session: ScopedSession, actor: Actor, community_id: UUID, plan_id: UUID) -> PlanUndone:
    """Take back the shifts of one plan for which nobody has ever signed up.

    Raises:
        NotFound: there is no such plan, or it was taken back.
        Forbidden: the actor may not plan there.
    """
    mine = (Shift.community_id == community_id) & (Shift.plan_id == plan_id)
    compounds = session.scalars(select(Shift.compound_id).where(mine).distinct()).all()
    if not compounds:
        raise NotFound(_("没有找到这次安排，可能已经撤销"))
    for compound_id in compounds:
        _require(actor, community_id, compound_id)
    signed = exists().where(Duty.tenant_id == Shift.tenant_id, Duty.shift_id == Shift.id)
    gone = session.scalars(
        delete(Shift).where(mine, ~signed).returning(Shift.id), execution_options={"synchronize_session": False}
    ).all()
    kept = len(session.scalars(select(Shift.id).where(mine)).all())
    told = {"shifts": str(len(gone))}
    record(session, "waste_sorting.shift.undo_plan", ("watch_plan", plan_id), community_id=community_id, before=told)
    return PlanUndone(removed=len(gone), kept=kept)


def change_shift(session: ScopedSession, actor: Actor, community_id: UUID, shift_id: UUID, data: ShiftChange) -> Shift:
    """Want more or fewer people for a shift.

    Raises:
        NotFound: there is no such shift.
        Forbidden: the actor may not plan there.
        Conflict: it is cancelled, somebody else has changed it meanwhile, or more people hold a place already.
    """
    shift = _planned(session, actor, community_id, shift_id)
    require_version(shift, data.version)
    taken = len(repository.duties_of(session, shift_id))
    if data.wanted < taken:
        allowed = _("不少于 {n} 人").format(n=taken)
        raise Invalid.one("wanted", _("已有 {n} 人报名").format(n=taken), allowed)
    before, shift.wanted = shift.wanted, data.wanted
    session.flush()
    if before != data.wanted:
        _note(session, "change", shift, before={"wanted": str(before)}, after={"wanted": str(data.wanted)})
    return shift


def cancel_shift(session: ScopedSession, actor: Actor, community_id: UUID, shift_id: UUID, reason: str) -> Shift:
    """Cancel a shift that has not begun; those who signed up are told. A second call changes nothing.

    Raises:
        NotFound: there is no such shift.
        Forbidden: the actor may not plan there.
        Conflict: it has begun.
        Invalid: there is no reason.
    """
    shift = find_shift(session, community_id, shift_id, lock=True)
    _require(actor, community_id, shift.compound_id)
    if shift.cancelled_at is not None:
        return shift
    if shift.begins_at <= now():
        raise Conflict(_("班次已经开始，不能取消"))
    if not reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    shift.cancelled_at, shift.cancel_reason = now(), reason.strip()
    held = repository.duties_of(session, shift_id)
    telling.tell_cancelled(session, shift, held)
    for duty in held:
        duty.ended, duty.ended_at, duty.offered_at = "cancelled", now(), None
    session.flush()
    _note(session, "cancel", shift, after={"reason": shift.cancel_reason, "people": str(len(held))})
    return shift


def find_shift(session: ScopedSession, community_id: UUID | None, shift_id: UUID, *, lock: bool = False) -> Shift:
    """One shift of a community, or of any of the street's for ``None``.

    Raises:
        NotFound: there is none there.
    """
    found = repository.find_shift(session, community_id, shift_id, lock=lock)
    if found is None:
        raise NotFound(_("没有找到这个班次"))
    return found


def read_shift(session: ScopedSession, actor: Actor, community_id: UUID, shift_id: UUID) -> Shift:
    """One shift of a compound in which the actor may see who is on duty.

    Raises:
        NotFound: there is none there.
    """
    shift = find_shift(session, community_id, shift_id)
    if not is_within(shift.compound_id, compounds_of(actor, READ_SHIFTS, community_id)):
        raise NotFound(_("没有找到这个班次"))
    return shift


def find_duty(session: ScopedSession, community_id: UUID, duty_id: UUID, *, lock: bool = False) -> tuple[Duty, Shift]:
    """Somebody's place with its shift, which is locked if asked for.

    Raises:
        NotFound: there is none there.
    """
    duty = repository.find_duty(session, community_id, duty_id)
    if duty is None:
        raise NotFound(_("没有找到这个班次"))
    shift = find_shift(session, community_id, duty.shift_id, lock=lock)
    # Whoever waited for the lock may find that it has changed hands meanwhile.
    session.refresh(duty)
    return duty, shift


def give_code(session: ScopedSession, community_id: UUID, station_id: UUID) -> None:
    """See to it that a station has a code by which people check in."""
    row = {"id": new_id(), "community_id": community_id, "station_id": station_id, "code": _new_code()}
    session.execute(insert(StationCode).values(row).on_conflict_do_nothing())


def code_of(session: ScopedSession, actor: Actor, community_id: UUID, station_id: UUID) -> StationCode:
    """The code of a station of a compound in which the actor plans.

    Raises:
        NotFound: it has none there, since nothing was ever planned for it.
    """
    shown = repository.codes_of(session, community_id, compounds_of(actor, PLAN_SHIFTS, community_id))
    found = next((code for station, code in shown if station.id == station_id), None)
    if found is None:
        raise NotFound(_("这个投放点还没有签到二维码"))
    return found


def renew_code(session: ScopedSession, actor: Actor, community_id: UUID, station_id: UUID) -> StationCode:
    """Give a station another code: the one that hangs there, or was photographed, is worth nothing from now on.

    Raises:
        NotFound: there is no such station.
        Forbidden: the actor may not plan there.
    """
    station = session.scalar(select(Station).where(Station.id == station_id, Station.community_id == community_id))
    if station is None:
        raise NotFound(_("没有找到这个投放点"))
    _require(actor, community_id, station.compound_id)
    give_code(session, community_id, station_id)
    found = session.scalars(select(StationCode).where(StationCode.station_id == station_id)).one()
    found.code = _new_code()
    session.flush()
    record(session, "waste_sorting.station.renew_code", ("station", station_id), community_id=community_id)
    return found


def _new_code() -> str:
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def _check(
    session: ScopedSession, actor: Actor, community_id: UUID, data: ShiftPlan
) -> tuple[Sequence[Station], list[tuple[time, time]]]:
    used = select(Station).where(
        Station.community_id == community_id, Station.id.in_(data.stations), Station.closed_at.is_(None)
    )
    stations = session.scalars(used.order_by(Station.name, Station.id)).all()
    for station in stations:
        _require(actor, community_id, station.compound_id)
    faults: list[FieldError] = []
    if len(stations) != len(set(data.stations)):
        faults.append(FieldError("stations", _("有投放点不存在或者已停用"), _("请选择本社区在用的投放点")))
    faults += _faults_of_days(data.first, data.last)
    spans: list[tuple[time, time]] = []
    try:
        spans = read_hours(data.hours)
    except Invalid as error:
        faults += error.errors
    if not spans and not any(each.field == "hours" for each in faults):
        faults.append(FieldError("hours", _("必须填写"), _("例如：7:00-9:00、18:00-20:00")))
    if faults:
        raise Invalid(errors=faults)
    return stations, spans


def _faults_of_days(first: date, last: date) -> list[FieldError]:
    if first < today():
        return [FieldError("first", _("不能早于今天"), _("今天或以后"))]
    if last < first:
        return [FieldError("last", _("早于第一天"), _("不早于第一天"))]
    if (last - today()).days > MOST_DAYS:
        return [FieldError("last", _("太远"), _("最多排到 {n} 天以后").format(n=MOST_DAYS))]
    return []


def _planned(session: ScopedSession, actor: Actor, community_id: UUID, shift_id: UUID) -> Shift:
    shift = find_shift(session, community_id, shift_id, lock=True)
    _require(actor, community_id, shift.compound_id)
    if shift.cancelled_at is not None:
        raise Conflict(_("这个班次已取消"))
    return shift


def _require(actor: Actor, community_id: UUID, compound_id: UUID) -> None:
    if not actor.can(PLAN_SHIFTS, community_id=community_id, compound_id=compound_id):
        raise Forbidden
