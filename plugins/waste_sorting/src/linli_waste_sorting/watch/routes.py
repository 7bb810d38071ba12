"""The bin watch in the JSON API: the same as the portals can do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from linli.sdk import (
    PAGE,
    Actor,
    After,
    Api,
    FieldError,
    Invalid,
    Limit,
    Page,
    Place,
    ScopedSession,
    get,
    page_of,
    place_names,
    post,
    put,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.watch import checkins, duties, planning, reminding, repository, swaps
from linli_waste_sorting.watch.models import Duty, Shift, Swap
from linli_waste_sorting.watch.permissions import JOIN_SHIFTS, PLAN_SHIFTS, READ_SHIFTS
from linli_waste_sorting.watch.repository import ShiftFilter
from linli_waste_sorting.watch.schemas import (
    Attendance,
    CheckIn,
    CodeOut,
    MyDuty,
    PersonAdd,
    PlanUndone,
    ShiftCancel,
    ShiftChange,
    ShiftOut,
    ShiftPlan,
    ShiftReminded,
    ShiftsPlanned,
    SwapAsk,
    SwapOut,
    WatchDutyOut,
)
from linli_waste_sorting.watch.shown import duty_out, shift_out

#: Days that one list of shifts may span.
MOST_DAYS = 366


@get("/shifts", needs=READ_SHIFTS)
def list_shifts(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    first: date | None = None,
    last: date | None = None,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
    sort: Literal["created_at", "-created_at", "day", "-day"] = "created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ShiftOut]:
    """The shifts from one day to another, cancelled ones too; the coming week when no days are named"""
    begin = first or today()
    end = last or begin + timedelta(days=6)
    if end < begin or (end - begin).days > MOST_DAYS:
        allowed = _("从第一天起最多 {n} 天").format(n=MOST_DAYS)
        raise Invalid(errors=[FieldError("last", _("早于第一天，或者太远"), allowed)])
    where = place.community.id if place.community else community_id
    within = compounds_of(actor, READ_SHIFTS, where)
    wanted = ShiftFilter(first=begin, last=end, compound_id=compound_id, compounds=within, state="all")
    rows, following = repository.page_of_shifts(session, where, wanted, sort=sort, after=after, limit=limit)
    return Page(items=[shift_out(each) for each in rows], next=following)


@get("/shifts/open", needs=JOIN_SHIFTS)
def list_open_shifts(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[ShiftOut]:
    """The shifts to come in which one may take a free place"""
    rows = duties.shifts_to_join(session, actor, duties.openings_for(session, actor, community_of(place)))
    return page_of([shift_out(each) for each in rows], after, limit, key=lambda each: str(each.id))


@get("/shifts/{shift_id:uuid}", needs=READ_SHIFTS)
def show_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID) -> ShiftOut:
    """One shift and how far it is filled"""
    return _shift(session, planning.read_shift(session, actor, community_of(place), shift_id))


@get("/shifts/{shift_id:uuid}/duties", needs=READ_SHIFTS)
def list_duties(
    session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[WatchDutyOut]:
    """Who holds a place in a shift, and who did once"""
    planning.read_shift(session, actor, community_of(place), shift_id)
    rows = repository.duties_of(session, shift_id, ended=True)
    items = [duty_out(row, actor, is_staff=True) for row in rows]
    return page_of(items, after, limit, key=lambda each: str(each.id))


@post("/shifts", needs=PLAN_SHIFTS)
def plan_shifts(session: ScopedSession, actor: Actor, place: Place, data: ShiftPlan) -> ShiftsPlanned:
    """Make the shifts of some stations on some days; what is planned already stays as it is"""
    return planning.plan_shifts(session, actor, community_of(place), data)


@post("/shifts/plans/{plan_id:uuid}/undo", needs=PLAN_SHIFTS)
def undo_plan(session: ScopedSession, actor: Actor, place: Place, plan_id: UUID) -> PlanUndone:
    """Take back the shifts of one plan for which nobody has signed up"""
    return planning.undo_plan(session, actor, community_of(place), plan_id)


@put("/shifts/{shift_id:uuid}", needs=PLAN_SHIFTS)
def change_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, data: ShiftChange) -> ShiftOut:
    """Want more or fewer people for a shift"""
    return _shift(session, planning.change_shift(session, actor, community_of(place), shift_id, data))


@post("/shifts/{shift_id:uuid}/cancel", needs=PLAN_SHIFTS)
def cancel_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, data: ShiftCancel) -> ShiftOut:
    """Cancel a shift that has not begun; those who signed up are told"""
    return _shift(session, planning.cancel_shift(session, actor, community_of(place), shift_id, data.reason))


@post("/shifts/{shift_id:uuid}/remind", needs=PLAN_SHIFTS, status=200)
def remind_people(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID) -> ShiftReminded:
    """Remind those who hold a place in a shift to come; not again within the rule's hours, and nobody else"""
    return reminding.remind_people(session, actor, community_of(place), shift_id)


@post("/shifts/{shift_id:uuid}/people", needs=PLAN_SHIFTS)
def add_person(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, data: PersonAdd) -> WatchDutyOut:
    """Give somebody a place in a shift, by the register or by name"""
    duty = duties.add_person(session, actor, community_of(place), shift_id, data)
    return duty_out(duty, actor, is_staff=True)


@post("/shifts/{shift_id:uuid}/join", needs=JOIN_SHIFTS)
def join_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID) -> WatchDutyOut:
    """Take a place in a shift"""
    return _mine(duties.join(session, actor, community_of(place), shift_id), actor)


@get("/duties/mine", needs=JOIN_SHIFTS)
def list_own_duties(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    first: date | None = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[MyDuty]:
    """One's own places in shifts from a day on, today when none is named"""
    community_of(place)
    held = repository.held_by(session, actor.account_id, first or today()) if actor.account_id else []
    return page_of(_with_shifts(session, actor, held), after, limit, key=lambda each: str(each.duty.id))


@get("/duties/offered", needs=JOIN_SHIFTS)
def list_offered_duties(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[MyDuty]:
    """The places of others for which a substitute is looked for; names are masked"""
    rows = duties.offers_to(session, actor, duties.openings_for(session, actor, community_of(place)))
    return page_of(_with_shifts(session, actor, rows), after, limit, key=lambda each: str(each.duty.id))


@post("/duties/{duty_id:uuid}/leave", needs=JOIN_SHIFTS)
def leave_shift(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> WatchDutyOut:
    """Give up one's own place while there is time"""
    return _mine(duties.leave(session, actor, community_of(place), duty_id), actor)


@post("/duties/{duty_id:uuid}/remove", needs=PLAN_SHIFTS)
def remove_person(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> WatchDutyOut:
    """Take somebody's place away; they are told"""
    return duty_out(duties.leave(session, actor, community_of(place), duty_id), actor, is_staff=True)


@post("/duties/{duty_id:uuid}/offer", needs=JOIN_SHIFTS)
def offer_duty(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> WatchDutyOut:
    """Look for somebody to take one's place over"""
    return _mine(duties.offer(session, actor, community_of(place), duty_id), actor)


@post("/duties/{duty_id:uuid}/keep", needs=JOIN_SHIFTS)
def keep_duty(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> WatchDutyOut:
    """Look for nobody any more"""
    return _mine(duties.keep(session, actor, community_of(place), duty_id), actor)


@post("/duties/{duty_id:uuid}/take", needs=JOIN_SHIFTS)
def take_duty(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> WatchDutyOut:
    """Take a place for which a substitute is looked for"""
    return _mine(duties.take_over(session, actor, community_of(place), duty_id), actor)


@post("/duties/{duty_id:uuid}/attendance", needs=PLAN_SHIFTS)
def note_attendance(
    session: ScopedSession, actor: Actor, place: Place, duty_id: UUID, data: Attendance
) -> WatchDutyOut:
    """Write down when somebody came and left; after the shift it is counted anew"""
    duty = checkins.note_attendance(session, actor, community_of(place), duty_id, data)
    return duty_out(duty, actor, is_staff=True)


@get("/swaps", needs=JOIN_SHIFTS)
def list_swaps(
    session: ScopedSession, actor: Actor, place: Place, after: After = "", limit: Limit = PAGE
) -> Page[SwapOut]:
    """The open proposals that concern a place of one's own"""
    community_of(place)
    rows = repository.open_swaps(session, actor.account_id) if actor.account_id else []
    return page_of([_swap(row) for row, _offered, _back in rows], after, limit, key=lambda each: str(each.id))


@post("/duties/{duty_id:uuid}/swaps", needs=JOIN_SHIFTS)
def propose_swap(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID, data: SwapAsk) -> SwapOut:
    """Propose one's own place in return for one that is offered"""
    return _swap(swaps.propose(session, actor, community_of(place), duty_id, data.return_id))


@post("/swaps/{swap_id:uuid}/agree", needs=JOIN_SHIFTS)
def agree_to_swap(session: ScopedSession, actor: Actor, place: Place, swap_id: UUID) -> SwapOut:
    """Agree: the two places change hands"""
    return _swap(swaps.agree(session, actor, community_of(place), swap_id))


@post("/swaps/{swap_id:uuid}/decline", needs=JOIN_SHIFTS)
def decline_swap(session: ScopedSession, actor: Actor, place: Place, swap_id: UUID) -> SwapOut:
    """Say no to a proposal"""
    return _swap(swaps.decline(session, actor, community_of(place), swap_id))


@post("/swaps/{swap_id:uuid}/withdraw", needs=JOIN_SHIFTS)
def withdraw_swap(session: ScopedSession, actor: Actor, place: Place, swap_id: UUID) -> SwapOut:
    """Take one's own proposal back"""
    return _swap(swaps.withdraw(session, actor, community_of(place), swap_id))


@post("/checkins", needs=JOIN_SHIFTS)
def check_in(session: ScopedSession, actor: Actor, place: Place, data: CheckIn) -> WatchDutyOut:
    """Note that one has come to the station whose code one has read"""
    return _mine(checkins.check_in(session, actor, community_of(place), data.code), actor)


@post("/checkins/leave", needs=JOIN_SHIFTS)
def check_out(session: ScopedSession, actor: Actor, place: Place, data: CheckIn) -> WatchDutyOut:
    """Leave a shift before its end"""
    return _mine(checkins.check_out(session, actor, community_of(place), data.code), actor)


@get("/codes", needs=PLAN_SHIFTS)
def list_codes(
    session: ScopedSession, actor: Actor, place: Place, house: Any, after: After = "", limit: Limit = PAGE
) -> Page[CodeOut]:
    """The codes by which people check in at the stations"""
    community_id = community_of(place)
    root = f"{house.settings.base_url}{place_names(session, community_id).path}/waste_sorting/watch/at"
    items = [
        CodeOut(station_id=station.id, station=station.name, code=row.code, address=f"{root}/{row.code}")
        for station, row in repository.codes_of(session, community_id, compounds_of(actor, PLAN_SHIFTS, community_id))
    ]
    return page_of(items, after, limit, key=lambda each: str(each.station_id))


@post("/codes/{station_id:uuid}/renew", needs=PLAN_SHIFTS)
def renew_code(session: ScopedSession, actor: Actor, place: Place, station_id: UUID) -> None:
    """Give a station another code: the one that hangs there is worth nothing from now on"""
    planning.renew_code(session, actor, community_of(place), station_id)


def _shift(session: ScopedSession, row: Shift) -> ShiftOut:
    return shift_out(repository.shifts_by_id(session, [row.id])[row.id])


def _mine(duty: Duty, actor: Actor) -> WatchDutyOut:
    return duty_out(duty, actor, is_staff=False)


def _with_shifts(session: ScopedSession, actor: Actor, rows: list[tuple[Duty, Shift]]) -> list[MyDuty]:
    shifts = repository.shifts_by_id(session, {shift.id for _duty, shift in rows})
    return [MyDuty(duty=_mine(duty, actor), shift=shift_out(shifts[shift.id])) for duty, shift in rows]


def _swap(row: Swap) -> SwapOut:
    return msgspec.convert(row, SwapOut, from_attributes=True)


WATCH_STREET = Api("street", (list_shifts,))
WATCH_COMMUNITY = Api(
    "community",
    (
        list_shifts,
        list_open_shifts,
        show_shift,
        list_duties,
        plan_shifts,
        undo_plan,
        change_shift,
        cancel_shift,
        remind_people,
        add_person,
        join_shift,
        list_own_duties,
        list_offered_duties,
        leave_shift,
        remove_person,
        offer_duty,
        keep_duty,
        take_duty,
        note_attendance,
        list_swaps,
        propose_swap,
        agree_to_swap,
        decline_swap,
        withdraw_swap,
        check_in,
        check_out,
        list_codes,
        renew_code,
    ),
)
