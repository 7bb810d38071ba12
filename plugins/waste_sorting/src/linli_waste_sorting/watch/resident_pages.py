"""The bin watch in the residents' portal: one's own shifts, free places, and what the code at a station opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from linli.sdk import Actor, Card, Pages, Place, Redirect, ScopedSession, Todo, View, get, now, once, post, today
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.watch import checkins, duties, repository, swaps
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.permissions import JOIN_SHIFTS
from linli_waste_sorting.watch.repository import Filled
from linli_waste_sorting.words import WEEKDAYS

#: Own shifts that the first page shows, and days whose free places are shown unfolded.
_ON_CARD, _SOON = 2, 5


class SwapForm(msgspec.Struct, kw_only=True):
    """One's own place, proposed in return."""

    return_id: UUID


@get("/watch", needs=JOIN_SHIFTS)
def show_own_watch(session: ScopedSession, actor: Actor, place: Place) -> View:
    """One's own shifts, the places for which somebody is looked for, and the free ones."""
    where = duties.openings_for(session, actor, community_of(place))
    mine = _own(session, actor)
    offers = duties.offers_to(session, actor, where)
    proposals = repository.open_swaps(session, actor.account_id) if actor.account_id else []
    wanted = {shift.id for _duty, shift in (*mine, *offers)}
    wanted |= {duty.shift_id for _swap, offered, back in proposals for duty in (offered, back)}
    first = today().replace(month=1, day=1)
    minutes = repository.minutes_of(session, actor.account_id, first, today()) if actor.account_id else 0
    return View(
        "waste_sorting/watch/own.html",
        {
            "mine": mine,
            "offers": offers,
            "asked": [each for each in proposals if each[1].account_id == actor.account_id],
            "proposed": [each for each in proposals if each[2].account_id == actor.account_id],
            "free": _by_day(duties.shifts_to_join(session, actor, where)),
            "soon": _SOON,
            "shifts": repository.shifts_by_id(session, wanted),
            "hours": minutes // 60,
            "minutes": minutes % 60,
            "now": now(),
        },
    )


@post("/watch/{shift_id:uuid}/join", needs=JOIN_SHIFTS)
def join_shift(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID) -> Redirect:
    """Take a place in a shift."""
    duties.join(session, actor, community_of(place), shift_id)
    return _back(_("报名成功，前一天会提醒您"))


@post("/watch/duties/{duty_id:uuid}/leave", needs=JOIN_SHIFTS)
def leave_shift(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> Redirect:
    """Give up one's own place."""
    duties.leave(session, actor, community_of(place), duty_id)
    return _back(_("已取消报名"))


@post("/watch/duties/{duty_id:uuid}/offer", needs=JOIN_SHIFTS)
def offer_duty(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> Redirect:
    """Look for a substitute."""
    duties.offer(session, actor, community_of(place), duty_id)
    return _back(_("正在找人替班。有人接替之前，这一班仍然由您负责。"))


@post("/watch/duties/{duty_id:uuid}/keep", needs=JOIN_SHIFTS)
def keep_duty(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> Redirect:
    """Look for nobody any more."""
    duties.keep(session, actor, community_of(place), duty_id)
    return _back(_("不再找人替班"))


@post("/watch/duties/{duty_id:uuid}/take", needs=JOIN_SHIFTS)
def take_duty(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID) -> Redirect:
    """Take a place for which a substitute is looked for."""
    duties.take_over(session, actor, community_of(place), duty_id)
    return _back(_("这一班由您来，谢谢"))


@post("/watch/duties/{duty_id:uuid}/swap", needs=JOIN_SHIFTS)
def propose_swap(session: ScopedSession, actor: Actor, place: Place, duty_id: UUID, data: SwapForm) -> Redirect:
    """Propose one's own place in return."""
    swaps.propose(session, actor, community_of(place), duty_id, data.return_id)
    return _back(_("已发出换班请求，对方同意后会通知您"))


@post("/watch/swaps/{swap_id:uuid}/agree", needs=JOIN_SHIFTS)
def agree_to_swap(session: ScopedSession, actor: Actor, place: Place, swap_id: UUID) -> Redirect:
    """Agree to change places."""
    swaps.agree(session, actor, community_of(place), swap_id)
    return _back(_("换班成功"))


@post("/watch/swaps/{swap_id:uuid}/decline", needs=JOIN_SHIFTS)
def decline_swap(session: ScopedSession, actor: Actor, place: Place, swap_id: UUID) -> Redirect:
    """Say no to a proposal."""
    swaps.decline(session, actor, community_of(place), swap_id)
    return _back(_("已谢绝"))


@post("/watch/swaps/{swap_id:uuid}/withdraw", needs=JOIN_SHIFTS)
def withdraw_swap(session: ScopedSession, actor: Actor, place: Place, swap_id: UUID) -> Redirect:
    """Take one's own proposal back."""
    swaps.withdraw(session, actor, community_of(place), swap_id)
    return _back(_("已撤回"))


@get("/watch/at/{code:str}", needs=JOIN_SHIFTS)
def show_station_code(session: ScopedSession, actor: Actor, place: Place, code: str) -> View:
    """What the code at a station opens: the shift that runs, and the button to check in."""
    station = checkins.station_of(session, community_of(place), code)
    running = checkins.shifts_now(session, station, now())
    return View(
        "waste_sorting/watch/at.html",
        {
            "station": station,
            "code": code,
            "running": running,
            "mine": checkins.own_duty_in(session, actor, running),
            "free": [each for each in running if each.missing],
        },
    )


@post("/watch/at/{code:str}/in", needs=JOIN_SHIFTS)
def check_in(session: ScopedSession, actor: Actor, place: Place, code: str) -> Redirect:
    """Note that one has come."""
    checkins.check_in(session, actor, community_of(place), code)
    return Redirect(f"/waste_sorting/watch/at/{code}", _("签到成功，辛苦了"))


@post("/watch/at/{code:str}/out", needs=JOIN_SHIFTS)
def check_out(session: ScopedSession, actor: Actor, place: Place, code: str) -> Redirect:
    """Leave before the end."""
    checkins.check_out(session, actor, community_of(place), code)
    return Redirect(f"/waste_sorting/watch/at/{code}", _("已签退"))


def _back(words: str) -> Redirect:
    return Redirect("/waste_sorting/watch", words)


def _own(session: ScopedSession, actor: Actor) -> list[tuple[Duty, Shift]]:
    if actor.account_id is None:
        return []
    held = repository.held_by(session, actor.account_id, today())
    return [(duty, shift) for duty, shift in held if shift.ends_at > now()]


def _next(session: ScopedSession, actor: Actor) -> list[tuple[Duty, Filled]]:
    """The shifts that somebody has promised to keep, the next ones first: asked by the card and by what is to do."""

    def read() -> list[tuple[Duty, Filled]]:
        mine = _own(session, actor)
        known = repository.shifts_by_id(session, {shift.id for _duty, shift in mine})
        return [(duty, known[shift.id]) for duty, shift in mine if shift.id in known]

    return once(session, ("waste_sorting.own_shifts", actor.account_id), read)


def _by_day(shifts: Iterable[Filled]) -> list[tuple[date, str, list[Filled]]]:
    """Shifts by their day, with the day in words; they are in the order of their days."""
    return [
        (
            day,
            _("{month}月{day}日").format(month=day.month, day=day.day) + f" {_(WEEKDAYS[day.weekday()])}",
            list(group),
        )
        for day, group in groupby(shifts, lambda each: each.shift.day)
    ]


def _card(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    return {"mine": _next(session, actor)[:_ON_CARD]}


WATCH_RESIDENT = Pages(
    "resident",
    (
        show_own_watch,
        join_shift,
        leave_shift,
        offer_duty,
        keep_duty,
        take_duty,
        propose_swap,
        agree_to_swap,
        decline_swap,
        withdraw_swap,
        show_station_code,
        check_in,
        check_out,
    ),
)


def _todo(session: ScopedSession, actor: Actor, _first: date, last: date) -> list[Todo]:
    """The shifts that one has promised to keep."""
    return [
        Todo(
            title=_("桶站值守"),
            path="watch",
            on=found.shift.day,
            detail=f"{found.shift.begins:%H:%M}–{found.shift.ends:%H:%M} {found.station.name}",
            is_planned=True,
        )
        for _duty, found in _next(session, actor)
        if found.shift.day <= last
    ]


WATCH_RESIDENT_CARD = Card(
    "resident",
    "桶站值守",
    "waste_sorting/watch/card_resident.html",
    _card,
    needs=JOIN_SHIFTS,
    order=61,
    group="take_part",
    todo=_todo,
)
