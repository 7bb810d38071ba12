"""The bin watch in the community's admin portal: the week, planning, one shift with its people, the codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.sdk import (
    SHANGHAI,
    Actor,
    Card,
    Download,
    Pages,
    Place,
    Redirect,
    ScopedSession,
    SheetFormat,
    View,
    code_picture,
    find_neighbours,
    focus,
    get,
    now,
    place_names,
    post,
    reach_of,
    rule_value,
    sheet,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import Chosen, community_of
from linli_waste_sorting.reach import compounds_of, names_within
from linli_waste_sorting.schemas import Hours, Weekdays, Words
from linli_waste_sorting.stations.repository import Filter, page_of_stations
from linli_waste_sorting.watch import checkins, duties, planning, reminding, repository
from linli_waste_sorting.watch.list_pages import SHIFT_LIST
from linli_waste_sorting.watch.missing import watch_todo
from linli_waste_sorting.watch.permissions import PLAN_SHIFTS, READ_SHIFTS
from linli_waste_sorting.watch.rule_keys import PEAKS
from linli_waste_sorting.watch.schemas import (
    MOST_STATIONS,
    Attendance,
    PersonAdd,
    Reason,
    ShiftChange,
    ShiftPlan,
    Wanted,
)
from linli_waste_sorting.watch.shown import week_lines, week_of
from linli_waste_sorting.words import WEEKDAYS, compound_names, span_text

_DAY = timedelta(days=1)
#: Days that the card on the first page looks ahead, and shifts to come that it names.
_AHEAD, _COMING = 7, 3
#: Days that one export may hold.
_MOST_EXPORTED = 366
#: What became of a place; messages.
ENDED = {
    "left": "自己取消",
    "removed": "工作人员取消",
    "replaced": "有人替班",
    "swapped": "换班",
    "cancelled": "班次取消",
}


class PlanForm(msgspec.Struct, kw_only=True):
    """Shifts for some stations on some days, as they are typed."""

    stations: Annotated[list[UUID], Meta(min_length=1, max_length=MOST_STATIONS)]
    first: date
    last: date
    weekdays: Weekdays
    hours: Annotated[Hours, Meta(min_length=1)]
    wanted: Wanted


class ChangeForm(msgspec.Struct, kw_only=True):
    """How many people a shift wants."""

    wanted: Wanted
    version: int | None = None


class CancelForm(msgspec.Struct, kw_only=True):
    """Why a shift does not take place."""

    reason: Reason


class PersonForm(msgspec.Struct, kw_only=True):
    """Somebody to whom a place is given."""

    resident_id: UUID | None = None
    person_name: Annotated[str, Meta(max_length=40)] = ""


#: As a browser's field of a time sends it; empty for none.
Clock = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]


class AttendanceForm(msgspec.Struct, kw_only=True):
    """When somebody came and left."""

    came: Clock = ""
    left: Clock = ""


@get("/watch", needs=READ_SHIFTS)
def show_watch(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    day: date | None = None,
    compound: Chosen = "",
    plan: UUID | None = None,
) -> View:
    """The week in which a day lies: every station with its shifts and who is missing."""
    days = week_of(day or today())
    community_id = community_of(place)
    compounds = names_within(compound_names(session, community_id), compounds_of(actor, READ_SHIFTS, community_id))
    chosen = [UUID(key) for key in compounds if compound in ("", key)]
    shifts = repository.shifts_between(session, days[0], days[-1], community_id=community_id, compounds=chosen)
    return View(
        "waste_sorting/watch/week.html",
        {
            "days": days,
            "heads": [_head(each) for each in days],
            "lines": week_lines(shifts, days),
            "missing": sum(each.missing for each in shifts if each.shift.ends_at > now()),
            "offered": sum(each.offered for each in shifts if each.shift.begins_at > now()),
            "before": (days[0] - _DAY).isoformat(),
            "after": (days[-1] + _DAY).isoformat(),
            "compounds": compounds,
            "plan": plan,
            "may_plan": actor.holds(PLAN_SHIFTS),
        },
        fragment="waste_sorting/watch/_week.html",
    )


@get("/watch/export", needs=READ_SHIFTS)
def export_watch(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    day: date | None = None,
    last: date | None = None,
    file: SheetFormat = "xlsx",
) -> Download:
    """The shifts of a week, or of the days from ``day`` to ``last``, with everybody who stood there."""
    days = week_of(day or today())
    first, end = (day or days[0], last) if last is not None else (days[0], days[-1])
    end = min(end, first + _MOST_EXPORTED * _DAY)
    community_id = community_of(place)
    compounds = compound_names(session, community_id)
    within = compounds_of(actor, READ_SHIFTS, community_id)
    shifts = repository.shifts_between(session, first, end, community_id=community_id, compounds=within)
    people = repository.duties_in(session, [each.shift.id for each in shifts])
    rows: list[list[Any]] = []
    for each in shifts:
        row = each.shift
        where = [row.day, span_text(row.begins, row.ends), compounds.get(str(row.compound_id), ""), each.station.name]
        for duty in people.get(row.id, [None]):
            who = ["", None, None, None]
            if duty is not None:
                who = [duty.person_name, _clock(duty.came_at), _clock(duty.left_at), duty.minutes]
            rows.append([*where, row.wanted, each.taken, *who])
    header = [_("日期"), _("时间"), _("小区"), _("投放点"), _("需要人数"), _("报名人数")]
    return sheet(_("桶站值守"), [*header, _("姓名"), _("到岗"), _("离开"), _("时长（分钟）")], rows, file)


@get("/watch/plan", needs=PLAN_SHIFTS)
def new_plan(session: ScopedSession, actor: Actor, place: Place) -> View:
    """The form of a plan."""
    community_id = community_of(place)
    compounds = names_within(compound_names(session, community_id), compounds_of(actor, PLAN_SHIFTS, community_id))
    every, _more = page_of_stations(session, community_id, Filter(), limit=MOST_STATIONS)
    rows = [row for row in every if str(row.compound_id) in compounds]
    return View(
        "waste_sorting/watch/plan.html",
        {
            "stations": {str(row.id): f"{compounds[str(row.compound_id)]} {row.name}" for row in rows},
            "staffed": [str(row.id) for row in rows if row.kind == "staffed"],
            "weekdays": {str(n): _(day) for n, day in enumerate(WEEKDAYS)},
            "every_day": [str(n) for n in range(7)],
            "hours": rule_value(session, PEAKS).value or "",
            "first": (today() + _DAY).isoformat(),
            "last": (today() + 14 * _DAY).isoformat(),
        },
    )


@post("/watch/plan", needs=PLAN_SHIFTS, retry=new_plan)
def plan_shifts(session: ScopedSession, actor: Actor, place: Place, data: PlanForm) -> Redirect:
    """Make the shifts of some stations on some days."""
    done = planning.plan_shifts(session, actor, community_of(place), ShiftPlan(**msgspec.structs.asdict(data)))
    words = _("已安排 {n} 个班次").format(n=done.created)
    if done.known:
        words += _("，另有 {n} 个原来就有").format(n=done.known)
    # What made nothing has nothing to take back.
    undo = f"&plan={done.plan_id}" if done.created else ""
    return Redirect(f"/waste_sorting/watch?day={data.first}{undo}", words)


@post("/watch/plans/{plan_id:uuid}/undo", needs=PLAN_SHIFTS)
def undo_plan(session: ScopedSession, actor: Actor, place: Place, plan_id: UUID) -> Redirect:
    """Take back the shifts of one plan for which nobody has signed up."""
    done = planning.undo_plan(session, actor, community_of(place), plan_id)
    words = _("已撤销 {n} 个班次").format(n=done.removed)
    if done.kept:
        words += _("，{n} 个已有人报名，仍然保留").format(n=done.kept)
    return Redirect("/waste_sorting/watch", words)


@get("/watch/{shift_id:uuid}", needs=READ_SHIFTS)
def show_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, q: Words = "") -> View:
    """One shift: who holds a place, who came, and finding somebody for a free place."""
    community_id = community_of(place)
    shift = planning.read_shift(session, actor, community_id, shift_id)
    each = repository.shifts_by_id(session, [shift_id])[shift_id]
    rows = repository.duties_of(session, shift_id, ended=True)
    may_plan = actor.can(PLAN_SHIFTS, community_id=community_id, compound_id=shift.compound_id)
    return View(
        "waste_sorting/watch/shift.html",
        {
            "shift": shift,
            "each": each,
            "hours": span_text(shift.begins, shift.ends),
            "compound": compound_names(session, community_of(place)).get(str(shift.compound_id), ""),
            "people": [row for row in rows if not row.ended],
            "gone": [row for row in rows if row.ended],
            "ended": {key: _(title) for key, title in ENDED.items()},
            "has_begun": shift.begins_at <= now(),
            "is_over": shift.ends_at <= now(),
            "may_plan": may_plan,
            "found": find_neighbours(session, reach_of(actor, "core.resident.read"), community_id, q)
            if may_plan and q.strip()
            else [],
            "clock": _clock,
            "reachable": sum(row.account_id is not None and not row.came_at and not row.ended for row in rows),
            "again_at": reminding.may_remind_from(session, shift),
            "now": now(),
        },
    )


@post("/watch/{shift_id:uuid}/change", needs=PLAN_SHIFTS, retry=show_shift)
def change_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, data: ChangeForm) -> Redirect:
    """Want more or fewer people."""
    planning.change_shift(
        session, actor, community_of(place), shift_id, ShiftChange(wanted=data.wanted, version=data.version)
    )
    return _to_shift(shift_id, _("已保存"))


@post("/watch/{shift_id:uuid}/cancel", needs=PLAN_SHIFTS, retry=show_shift)
def cancel_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, data: CancelForm) -> Redirect:
    """Cancel a shift; those who signed up are told."""
    planning.cancel_shift(session, actor, community_of(place), shift_id, data.reason)
    return _to_shift(shift_id, _("班次已取消，已通知报名的人"))


@post("/watch/{shift_id:uuid}/people", needs=PLAN_SHIFTS, retry=show_shift)
def add_person(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, data: PersonForm) -> Redirect:
    """Give somebody a place."""
    wanted = PersonAdd(resident_id=data.resident_id, person_name=data.person_name)
    duty = duties.add_person(session, actor, community_of(place), shift_id, wanted)
    return _to_shift(shift_id, _("已安排{name}").format(name=duty.person_name))


@post("/watch/duties/{duty_id:uuid}/leave", needs=PLAN_SHIFTS)
def remove_person(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> Redirect:
    """Take somebody's place away; they are told."""
    duty = duties.leave(session, actor, community_of(place), duty_id)
    return _to_shift(duty.shift_id, _("已取消"))


@get("/watch/duties/{duty_id:uuid}/attendance", needs=PLAN_SHIFTS)
def show_attendance(session: ScopedSession, place: Place, duty_id: UUID) -> View:
    """The form of when somebody came and left."""
    duty, shift = planning.find_duty(session, community_of(place), duty_id)
    shown = {"row": duty, "shift": shift, "came": _clock(duty.came_at), "left": _clock(duty.left_at)}
    return View("waste_sorting/watch/attendance.html", shown)


@post("/watch/duties/{duty_id:uuid}/attendance", needs=PLAN_SHIFTS, retry=show_attendance)
def note_attendance(
    session: ScopedSession, actor: Actor, place: Place, duty_id: UUID, data: AttendanceForm
) -> Redirect:
    """Write down when somebody came and left."""
    came, left = (time.fromisoformat(each) if each else None for each in (data.came, data.left))
    wanted = Attendance(came=came, left=left)
    duty = checkins.note_attendance(session, actor, community_of(place), duty_id, wanted)
    return _to_shift(duty.shift_id, _("已登记"))


@get("/watch/codes", needs=PLAN_SHIFTS)
def show_codes(session: ScopedSession, actor: Actor, place: Place) -> View:
    """The codes of the stations, to be printed and put up there."""
    community_id = community_of(place)
    compounds = compound_names(session, community_id)
    rows = repository.codes_of(session, community_id, compounds_of(actor, PLAN_SHIFTS, community_id))
    return View(
        "waste_sorting/watch/codes.html",
        {"rows": [(station, compounds.get(str(station.compound_id), "")) for station, _code in rows]},
    )


@get("/watch/codes/{station_id:uuid}/picture", needs=PLAN_SHIFTS)
def show_code(session: ScopedSession, actor: Actor, place: Place, house: Any, station_id: UUID) -> Download:
    """The picture of a station's code."""
    community_id = community_of(place)
    code = planning.code_of(session, actor, community_id, station_id)
    address = f"{house.settings.base_url}{place_names(session, community_id).path}/waste_sorting/watch/at/{code.code}"
    headers = {"cache-control": "private, no-store"}
    return Download(code_picture(address), "code.svg", "image/svg+xml", inline=True, headers=headers)


@post("/watch/codes/{station_id:uuid}/renew", needs=PLAN_SHIFTS)
def renew_code(session: ScopedSession, actor: Actor, place: Place, station_id: UUID) -> Redirect:
    """Give a station another code."""
    planning.renew_code(session, actor, community_of(place), station_id)
    return Redirect("/waste_sorting/watch/codes", _("已换新二维码，请重新打印并贴好"))


def _head(day: date) -> str:
    return f"{_('今天') if day == today() else _(WEEKDAYS[day.weekday()])} {day.day}"


def _to_shift(shift_id: UUID, words: str) -> Redirect:
    return Redirect(f"/waste_sorting/watch/{shift_id}", words)


def _clock(moment: Any) -> str:
    return moment.astimezone(SHANGHAI).strftime("%H:%M") if moment else ""


def _card(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    community_id, moment = session.scope.community_id, now()
    within = compounds_of(actor, READ_SHIFTS, community_id)
    days = repository.shifts_between(
        session, today(), today() + _AHEAD * _DAY, community_id=community_id, compounds=within
    )
    on = focus().compound_id
    to_come = [each for each in days if each.shift.ends_at > moment and on in (None, each.shift.compound_id)]
    return {
        "now": [each for each in to_come if each.shift.begins_at <= moment],
        "coming": [each for each in to_come if each.shift.begins_at > moment][:_COMING],
        "missing": sum(each.missing for each in to_come),
        "ahead": _AHEAD,
    }


WATCH_ADMIN = Pages(
    "admin",
    (
        show_watch,
        export_watch,
        *SHIFT_LIST,
        new_plan,
        plan_shifts,
        undo_plan,
        show_shift,
        change_shift,
        cancel_shift,
        add_person,
        remove_person,
        show_attendance,
        note_attendance,
        show_codes,
        show_code,
        renew_code,
    ),
)
WATCH_ADMIN_CARD = Card(
    "admin",
    "桶站值守",
    "waste_sorting/watch/card_admin.html",
    _card,
    needs=READ_SHIFTS,
    order=61,
    todo=watch_todo,
)
