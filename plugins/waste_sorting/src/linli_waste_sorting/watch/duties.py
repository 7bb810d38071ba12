"""Taking a place in a shift, giving it up, handing it on, and swapping it for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from linli.sdk import (
    Actor,
    Conflict,
    Duration,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    account_of,
    homes_of,
    names_of,
    new_id,
    now,
    record,
    rule_value,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.watch import repository, telling
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.permissions import JOIN_SHIFTS, PLAN_SHIFTS, READ_SHIFTS
from linli_waste_sorting.watch.planning import find_duty, find_shift
from linli_waste_sorting.watch.repository import Filled
from linli_waste_sorting.watch.rule_keys import AHEAD, LAST_LEAVE
from linli_waste_sorting.watch.schemas import PersonAdd


@dataclass(frozen=True, slots=True)
class Openings:
    """In which shifts somebody may take a place.

    Attributes:
        community_id: of this community.
        compounds: where they have a home or work; ``None`` for all.
        last: up to this day from today.
    """

    community_id: UUID
    compounds: frozenset[UUID] | None
    last: date


def openings_for(session: ScopedSession, actor: Actor, community_id: UUID) -> Openings:
    """Where and until when somebody may take places."""
    span = rule_value(session, AHEAD).value
    last = span.after(today()) if isinstance(span, Duration) else today()
    return Openings(community_id, _compounds_open_to(session, actor, community_id), last)


def shifts_to_join(session: ScopedSession, actor: Actor, where: Openings) -> list[Filled]:
    """The shifts to come that want people, without those in which the actor has a place."""
    first, moment = today(), now()
    shifts = repository.shifts_between(
        session, first, where.last, community_id=where.community_id, compounds=where.compounds
    )
    mine = {shift.id for _duty, shift in _held(session, actor, first)}
    return [each for each in shifts if each.missing and each.shift.id not in mine and each.shift.ends_at > moment]


def offers_to(session: ScopedSession, actor: Actor, where: Openings) -> list[tuple[Duty, Shift]]:
    """The places of others for which a substitute is looked for."""
    moment = now()
    offered = repository.offered_in(session, where.community_id, where.compounds, today(), where.last)
    return [(duty, shift) for duty, shift in offered if not _is_mine(duty, actor) and shift.begins_at > moment]


def _compounds_open_to(session: ScopedSession, actor: Actor, community_id: UUID) -> frozenset[UUID] | None:
    worked_in = compounds_of(actor, READ_SHIFTS, community_id)
    if worked_in is None:
        return None
    return worked_in | {each.compound_id for each in homes_of(session, actor, community_id=community_id)}


def join(session: ScopedSession, actor: Actor, community_id: UUID, shift_id: UUID) -> Duty:
    """Take a place in a shift. A second call gives the same place.

    Raises:
        NotFound: there is no such shift open to the actor.
        Forbidden: the actor may not take part.
        Conflict: it is full, cancelled or over, or they stand elsewhere at that time.
    """
    shift = find_shift(session, community_id, shift_id, lock=True)
    _require_open(session, actor, shift)
    account_id = _account(actor)
    held = repository.duty_in(session, shift_id, account_id)
    if held is not None:
        return held
    _check_place(session, shift)
    _check_free(session, account_id, shift)
    return _give(session, shift, account_id, actor.display_name)


def add_person(session: ScopedSession, actor: Actor, community_id: UUID, shift_id: UUID, data: PersonAdd) -> Duty:
    """Give somebody a place: a resident of the register, or by name who has no account. Also after the shift.

    Raises:
        NotFound: there is no such shift or resident.
        Forbidden: the actor may not plan there.
        Conflict: it is full or cancelled, or they hold a place there or elsewhere at that time.
        Invalid: nobody is named.
    """
    shift = find_shift(session, community_id, shift_id, lock=True)
    if not _plans(actor, shift):
        raise Forbidden
    account_id, name = _person(session, data)
    _check_place(session, shift, also_over=True)
    if account_id is not None:
        if repository.duty_in(session, shift_id, account_id) is not None:
            raise Conflict(_("{name}已经在这个班次里").format(name=name))
        _check_free(session, account_id, shift)
    duty = _give(session, shift, account_id, name, given_by=actor.display_name)
    telling.tell_given(session, shift, duty)
    return duty


def leave(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> Duty:
    """Give up one's own place while there is time, or as staff take somebody's away. Once more it changes nothing.

    Raises:
        NotFound: there is no such place of the actor's own, or that they plan.
        Conflict: it is too late to leave by oneself, or they came already.
    """
    duty, shift = _own_or_planned(session, actor, community_id, duty_id)
    if duty.ended:
        return duty
    if duty.came_at is not None:
        raise Conflict(_("已经签到，不能取消"))
    if not _plans(actor, shift) and now() > _last_leave(session, shift):
        raise Conflict(_("离开始太近，不能自己取消。请选择“找人替班”，或者联系工作人员。"))
    end(session, duty, "left" if _is_mine(duty, actor) else "removed")
    if duty.ended == "removed":
        telling.tell_removed(session, shift, duty)
    _note(session, "leave", duty, shift)
    return duty


def offer(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> Duty:
    """Look for somebody to take a place over: one's own, or as staff that of somebody who called. It stays theirs until
    somebody does.

    Raises:
        NotFound: there is no such place of the actor's own, or that they plan.
        Conflict: it was given up, or the shift has begun.
    """
    duty, shift = _held_or_planned(session, actor, community_id, duty_id)
    if shift.begins_at <= now() or duty.came_at is not None:
        raise Conflict(_("班次已经开始，请联系工作人员"))
    if duty.offered_at is None:
        duty.offered_at = now()
        session.flush()
        _note(session, "offer", duty, shift)
    return duty


def keep(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> Duty:
    """Look for nobody any more; raises as ``offer``."""
    duty, shift = _held_or_planned(session, actor, community_id, duty_id)
    if duty.offered_at is not None:
        duty.offered_at = None
        session.flush()
        _note(session, "keep", duty, shift)
    return duty


def take_over(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> Duty:
    """Take a place for which a substitute is looked for.

    Returns:
        The actor's own place; the other's stays on record as handed on.

    Raises:
        NotFound: there is no such place open to the actor.
        Conflict: it is not offered any more, the shift has begun, or the actor stands elsewhere at that time.
    """
    duty, shift = _offered(session, actor, community_id, duty_id)
    account_id = _account(actor)
    if repository.duty_in(session, shift.id, account_id) is not None:
        raise Conflict(_("您已经在这个班次里"))
    _check_free(session, account_id, shift)
    end(session, duty, "replaced")
    mine = _give(session, shift, account_id, actor.display_name, instead_of=duty.id)
    telling.tell_taken_over(session, shift, duty)
    return mine


def end(session: ScopedSession, duty: Duty, how: str) -> None:
    """Let a place go; it stays on record."""
    duty.ended, duty.ended_at, duty.offered_at = how, now(), None
    session.flush()


def hand_over(session: ScopedSession, shift: Shift, gone: Duty, account_id: UUID, name: str) -> Duty:
    """Make somebody the holder of a place that was another's; used by swaps, which end both places first."""
    _check_free(session, account_id, shift)
    return _give(session, shift, account_id, name, instead_of=gone.id)


def own_duty(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> tuple[Duty, Shift]:
    """A place that the actor holds, with its shift.

    Raises:
        NotFound: there is none of theirs.
        Conflict: it was given up or handed on.
    """
    duty, shift = find_duty(session, community_id, duty_id)
    if not _is_mine(duty, actor):
        raise NotFound(_("没有找到您的这个班次"))
    if duty.ended:
        raise Conflict(_("您已经不在这个班次里"))
    return duty, shift


def offered_duty(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> tuple[Duty, Shift]:
    """A place of somebody else for which a substitute is looked for, open to the actor, with its shift locked.

    Raises:
        NotFound: there is none open to the actor.
        Conflict: nobody is looked for any more, or the shift has begun.
    """
    return _offered(session, actor, community_id, duty_id)


def _offered(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> tuple[Duty, Shift]:
    duty, shift = find_duty(session, community_id, duty_id, lock=True)
    _require_open(session, actor, shift)
    if duty.offered_at is None or duty.ended or shift.cancelled_at is not None or shift.begins_at <= now():
        raise Conflict(_("这一班已经有人替了，或者不再找人"))
    if _is_mine(duty, actor):
        raise Conflict(_("这是您自己的班次"))
    return duty, shift


def speaks_for(actor: Actor, duty: Duty, shift: Shift) -> bool:
    """Whether the actor may act for the holder of a place: as themselves, or as staff for somebody who called."""
    return _plans(actor, shift) or _is_mine(duty, actor)


def _plans(actor: Actor, shift: Shift) -> bool:
    return actor.can(PLAN_SHIFTS, community_id=shift.community_id, compound_id=shift.compound_id)


def _held_or_planned(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> tuple[Duty, Shift]:
    duty, shift = _own_or_planned(session, actor, community_id, duty_id)
    if duty.ended:
        raise Conflict(_("这个人已经不在这个班次里"))
    return duty, shift


def _own_or_planned(session: ScopedSession, actor: Actor, community_id: UUID, duty_id: UUID) -> tuple[Duty, Shift]:
    duty, shift = find_duty(session, community_id, duty_id, lock=True)
    if not speaks_for(actor, duty, shift):
        raise NotFound(_("没有找到您的这个班次"))
    return duty, shift


def _require_open(session: ScopedSession, actor: Actor, shift: Shift) -> None:
    if not actor.holds(JOIN_SHIFTS):
        raise Forbidden
    if not is_within(shift.compound_id, _compounds_open_to(session, actor, shift.community_id)):
        raise NotFound(_("没有找到这个班次"))


def _check_place(session: ScopedSession, shift: Shift, *, also_over: bool = False) -> None:
    if shift.cancelled_at is not None:
        raise Conflict(_("这个班次已取消"))
    if shift.ends_at <= now() and not also_over:
        raise Conflict(_("这个班次已经结束"))
    if len(repository.duties_of(session, shift.id)) >= shift.wanted:
        raise Conflict(_("这个班次已经报满"))


def _check_free(session: ScopedSession, account_id: UUID, shift: Shift) -> None:
    for _duty, other in repository.held_by(session, account_id, shift.day, shift.day):
        if other.id != shift.id and other.begins < shift.ends and shift.begins < other.ends:
            hours = f"{other.begins:%H:%M}–{other.ends:%H:%M}"
            raise Conflict(_("这段时间已经有另一个班次（{hours}）").format(hours=hours))


def _give(
    session: ScopedSession,
    shift: Shift,
    account_id: UUID | None,
    name: str,
    *,
    given_by: str = "",
    instead_of: UUID | None = None,
) -> Duty:
    duty = Duty(
        id=new_id(),
        community_id=shift.community_id,
        shift_id=shift.id,
        account_id=account_id,
        person_name=name,
        given_by=given_by,
        instead_of=instead_of,
    )
    session.add(duty)
    session.flush()
    _note(session, "join", duty, shift)
    return duty


def _person(session: ScopedSession, data: PersonAdd) -> tuple[UUID | None, str]:
    if data.resident_id is not None:
        name = names_of(session, [data.resident_id]).get(data.resident_id)
        if name is None:
            raise NotFound(_("没有找到这位居民"))
        return account_of(session, data.resident_id), name
    if not data.person_name.strip():
        raise Invalid.one("person_name", _("请选择居民，或者写姓名"))
    return None, data.person_name.strip()


def _last_leave(session: ScopedSession, shift: Shift) -> datetime:
    span = rule_value(session, LAST_LEAVE).value
    hours = span.n * (24 if span.unit == "days" else 1) if isinstance(span, Duration) else 0
    return shift.begins_at - timedelta(hours=hours)


def _held(session: ScopedSession, actor: Actor, first: date) -> Sequence[tuple[Duty, Shift]]:
    return repository.held_by(session, actor.account_id, first) if actor.account_id is not None else ()


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise Forbidden(_("请先登录"))
    return actor.account_id


def _is_mine(duty: Duty, actor: Actor) -> bool:
    return actor.account_id is not None and duty.account_id == actor.account_id


def _note(session: ScopedSession, verb: str, duty: Duty, shift: Shift) -> None:
    told = {"shift": str(shift.id), "day": shift.day.isoformat(), "begins": f"{shift.begins:%H:%M}"}
    subject, action = ("watch_duty", duty.id), f"waste_sorting.duty.{verb}"
    record(session, action, subject, community_id=duty.community_id, after=told)
