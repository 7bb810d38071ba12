"""Setting up slots: when a crew comes, for how many bookings, and what it costs. Every act is in the record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, update

from linli.sdk import (
    PAGE,
    SHANGHAI,
    Actor,
    FieldError,
    Invalid,
    NotFound,
    Order,
    ScopedSession,
    community_outline,
    new_id,
    now,
    sorted_rows,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import Slot
from linli_waste_sorting.bookings.permissions import MANAGE_SLOTS
from linli_waste_sorting.bookings.schemas import SlotCreate, SlotOut, SlotWrite
from linli_waste_sorting.bookings.words import hours_before, hours_of
from linli_waste_sorting.keeping import close, noted_update, noter, reopen, require, require_version
from linli_waste_sorting.weights.repository import carriers_of

#: How far ahead a slot may lie.
_FARTHEST = timedelta(days=400)
_WEEK = timedelta(days=7)
#: Slots that one resident is offered at once.
MOST_FREE = 100
#: What stays as it is once somebody has booked: they were told so.
_PROMISED = (
    "compound_id",
    "category",
    "day",
    "opens",
    "closes",
    "fee_fen",
    "fee_per",
    "fee_decision",
    "fee_decided_on",
)

_note = noter("slot")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFilter:
    """Which slots are asked for.

    Attributes:
        since: not before this day; ``None`` for all.
        until: not after this day; ``None`` for all.
        category: empty for all.
        state: ``open``, ``closed``, or empty for both.
    """

    since: date | None = None
    until: date | None = None
    category: str = ""
    state: str = ""


def get_slot(session: ScopedSession, community_id: UUID, slot_id: UUID, *, lock: bool = False) -> Slot:
    """One slot of a community, as it is now; with ``lock`` others wait until this unit of work ends.

    Raises:
        NotFound: there is none there.
    """
    wanted = select(Slot).where(Slot.id == slot_id, Slot.community_id == community_id)
    # Places are counted beside the session: what it remembers of them may be old.
    wanted = wanted.execution_options(populate_existing=True)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound(_("没有找到这个回收时段"))
    return found


def create_slots(session: ScopedSession, actor: Actor, community_id: UUID, data: SlotCreate) -> list[Slot]:
    """Set up a slot, or the same one in each of several weeks.

    Raises:
        Forbidden: the actor may not.
        Invalid: naming each field at fault; nothing was set up.
    """
    require(actor, MANAGE_SLOTS, community_id)
    _check(session, community_id, data)
    days = [data.day + n * _WEEK for n in range(data.weeks)]
    known = _same_time(session, community_id, data, days, None)
    if known:
        shown = _("、").join(each.isoformat() for each in known)
        raise Invalid.one("day", _("这些天已经有同样的时段：{days}").format(days=shown), _("换一天或换一个开始时间"))
    rows = [Slot(id=new_id(), community_id=community_id) for _day in days]
    for row, day in zip(rows, days, strict=True):
        _write(row, data, day)
        session.add(row)
    session.flush()
    for row in rows:
        _note(session, "create", row, after=_told(row))
    return rows


def update_slot(session: ScopedSession, actor: Actor, community_id: UUID, slot_id: UUID, data: SlotWrite) -> Slot:
    """Change a slot. Once somebody has booked, only its capacity, its deadline and its note can change.

    Raises:
        NotFound: there is none there.
        Conflict: somebody else has changed it meanwhile.
        Forbidden: the actor may not.
        Invalid: naming each field at fault; nothing was changed.
    """
    require(actor, MANAGE_SLOTS, community_id)
    row = get_slot(session, community_id, slot_id, lock=True)
    require_version(row, data.version)
    _check(session, community_id, data, row)
    if _same_time(session, community_id, data, [data.day], row.id):
        raise Invalid.one("day", _("这一天已经有同样的时段"), _("换一天或换一个开始时间"))
    with noted_update(session, row, _told, _note):
        _write(row, data, data.day)
    return row


def close_slot(session: ScopedSession, actor: Actor, community_id: UUID, slot_id: UUID) -> Slot:
    """Let a slot take no more bookings; those that it has stay. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not.
    """
    require(actor, MANAGE_SLOTS, community_id)
    row = get_slot(session, community_id, slot_id, lock=True)
    close(session, row, _note)
    return row


def reopen_slot(session: ScopedSession, actor: Actor, community_id: UUID, slot_id: UUID) -> Slot:
    """Let a slot take bookings again, until its deadline. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not.
    """
    require(actor, MANAGE_SLOTS, community_id)
    row = get_slot(session, community_id, slot_id, lock=True)
    reopen(session, row, _note)
    return row


#: The orders of the list.
ORDERS = {
    "day": Order(Slot.day, lambda row: row[0].day, then=Slot.opens, then_of=lambda row: row[0].opens),
    "taken": Order(Slot.taken, lambda row: row[0].taken),
    "fee": Order(Slot.fee_fen, lambda row: row[0].fee_fen, is_nullable=True),
}


def page_of_slots(
    session: ScopedSession,
    community_id: UUID,
    wanted: SlotFilter,
    *,
    sort: str = "day",
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Slot], str | None]:
    """A page of a community's slots in an order of ``ORDERS``, and the ``after`` of the next one."""
    statement = select(Slot).where(Slot.community_id == community_id)
    if wanted.since is not None:
        statement = statement.where(Slot.day >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(Slot.day <= wanted.until)
    if wanted.category:
        statement = statement.where(Slot.category == wanted.category)
    if wanted.state:
        statement = statement.where(Slot.closed_at.is_(None) == (wanted.state == "open"))
    fresh = statement.execution_options(populate_existing=True)
    return sorted_rows(session, fresh, Slot.id, ORDERS, sort, after=after, limit=limit)


def slots_of(session: ScopedSession, community_id: UUID, ids: Collection[UUID]) -> Sequence[Slot]:
    """Those of these slots that are the community's."""
    return session.scalars(select(Slot).where(Slot.community_id == community_id, Slot.id.in_(ids))).all()


def free_slots(session: ScopedSession, community_id: UUID, compounds: set[UUID] | None = None) -> Sequence[Slot]:
    """What can be booked now in some compounds of a community, in all for ``None``, the next one first."""
    statement = select(Slot).where(Slot.community_id == community_id, *bookable())
    if compounds is not None:
        statement = statement.where(or_(Slot.compound_id.is_(None), Slot.compound_id.in_(compounds)))
    ordered = statement.order_by(Slot.day, Slot.opens, Slot.id).limit(MOST_FREE)
    return session.scalars(ordered.execution_options(populate_existing=True)).all()


def places_for(session: ScopedSession, community_id: UUID, slot: Slot, compound_id: UUID) -> Sequence[Slot]:
    """Where a booking of a slot may be moved to: the same waste, a place left, though its deadline may be over."""
    others = select(Slot).where(
        Slot.community_id == community_id,
        Slot.id != slot.id,
        Slot.category == slot.category,
        or_(Slot.compound_id.is_(None), Slot.compound_id == compound_id),
        Slot.day >= today(),
        Slot.closed_at.is_(None),
        Slot.taken < Slot.capacity,
    )
    ordered = others.order_by(Slot.day, Slot.opens, Slot.id).limit(MOST_FREE)
    return session.scalars(ordered.execution_options(populate_existing=True)).all()


def bookable() -> tuple[Any, ...]:
    """Conditions under which a slot takes a booking now."""
    return (Slot.day >= today(), Slot.books_until > now(), Slot.closed_at.is_(None), Slot.taken < Slot.capacity)


def take_place(session: ScopedSession, slot_id: UUID, *, even_late: bool = False) -> bool:
    """Count one booking more; whether there was a place.

    One statement: of two who come at the same moment the second waits for the first, and sees what is left then.

    Args:
        session: the unit of work of the booking; a rollback gives the place back.
        slot_id: of the slot.
        even_late: though its deadline has passed, for staff.
    """
    conditions = (Slot.taken < Slot.capacity,) if even_late else bookable()
    return _count(session, slot_id, 1, *conditions)


def give_back_place(session: ScopedSession, slot_id: UUID) -> None:
    """Count one booking less."""
    _count(session, slot_id, -1, Slot.taken > 0)


def slot_out(row: Slot) -> SlotOut:
    """As the API shows it."""
    return msgspec.convert(row, SlotOut, from_attributes=True)


def _count(session: ScopedSession, slot_id: UUID, by: int, *conditions: Any) -> bool:
    counted = session.execute(
        update(Slot).where(Slot.id == slot_id, *conditions).values(taken=Slot.taken + by).returning(Slot.id),
        execution_options={"synchronize_session": False},
    )
    return counted.first() is not None


def _write(row: Slot, data: SlotWrite, day: date) -> None:
    begins = datetime.combine(day, data.opens, SHANGHAI)
    row.compound_id, row.category, row.day = data.compound_id, data.category, day
    row.opens, row.closes, row.capacity = data.opens, data.closes, data.capacity
    row.books_until = begins - timedelta(hours=data.hours_before)
    row.note = data.note.strip()
    row.fee_fen, row.fee_per = data.fee_fen, data.fee_per
    row.fee_decision, row.fee_decided_on = data.fee_decision.strip(), data.fee_decided_on
    row.carrier_id, row.pay_note = data.carrier_id, data.pay_note.strip()


def _check(session: ScopedSession, community_id: UUID, data: SlotWrite, row: Slot | None = None) -> None:
    faults: list[FieldError] = []
    known = {each.id for each in community_outline(session, community_id)}
    if data.compound_id is not None and data.compound_id not in known:
        faults.append(FieldError("compound_id", _("没有找到这个小区"), _("请选择本社区的小区")))
    if data.closes <= data.opens:
        faults.append(FieldError("closes", _("结束早于开始"), _("晚于开始时间")))
    is_moved = row is None or row.day != data.day
    if is_moved and not today() <= data.day <= today() + _FARTHEST:
        faults.append(FieldError("day", _("日期不在可以设置的范围内"), _("今天起一年以内")))
    faults += _faults_of_fee(data)
    faults += _faults_of_carrier(session, community_id, data, row)
    if row is not None and row.taken:
        faults += _faults_of_promise(data, row)
    if faults:
        raise Invalid(errors=faults)


def _faults_of_fee(data: SlotWrite) -> list[FieldError]:
    if data.fee_fen is None:
        no_fee = (("fee_per", data.fee_per), ("fee_decision", data.fee_decision.strip()))
        return [FieldError(name, _("没有填写收费金额"), _("不收费的请留空")) for name, value in no_fee if value]
    faults = []
    if not data.fee_per:
        faults.append(FieldError("fee_per", _("请选择按件还是按次收费")))
    if not data.fee_decision.strip():
        faults.append(FieldError("fee_decision", _("收费必须写明小区的决定"), _("例如：业主大会2026年第2号决定")))
    if data.fee_decided_on is None:
        faults.append(FieldError("fee_decided_on", _("收费必须写明哪一天决定")))
    elif data.fee_decided_on > today():
        faults.append(FieldError("fee_decided_on", _("晚于今天"), _("不晚于今天")))
    return faults


def _faults_of_carrier(
    session: ScopedSession, community_id: UUID, data: SlotWrite, row: Slot | None
) -> list[FieldError]:
    faults = []
    if data.pay_note.strip() and data.category != "recyclable":
        faults.append(FieldError("pay_note", _("只有可回收物可以写明回收价"), _("其他垃圾请留空")))
    if data.carrier_id is not None and (row is None or row.carrier_id != data.carrier_id):
        used = {each.id for each in carriers_of(session, community_id, used=True)}
        if data.carrier_id not in used:
            faults.append(FieldError("carrier_id", _("没有找到这个收运单位"), _("请选择本社区在用的收运单位")))
    return faults


def _faults_of_promise(data: SlotWrite, row: Slot) -> list[FieldError]:
    faults = [
        FieldError(name, _("已经有人预约，不能修改"), _("请关闭这个时段，新建一个，再给预约改期"))
        for name in _PROMISED
        if getattr(data, name) != getattr(row, name)
    ]
    if data.capacity < row.taken:
        faults.append(FieldError("capacity", _("少于已有的预约"), _("不少于 {n}").format(n=row.taken)))
    return faults


def _same_time(
    session: ScopedSession, community_id: UUID, data: SlotWrite, days: Sequence[date], but: UUID | None
) -> list[date]:
    same = select(Slot.day).where(
        Slot.community_id == community_id,
        Slot.compound_id.is_not_distinct_from(data.compound_id),
        Slot.category == data.category,
        Slot.opens == data.opens,
        Slot.day.in_(days),
    )
    return sorted(session.scalars(same.where(Slot.id != but) if but else same))


def _told(row: Slot) -> dict[str, Any]:
    return {
        "compound": str(row.compound_id) if row.compound_id else None,
        "category": row.category,
        "day": row.day.isoformat(),
        "hours": hours_of(row),
        "capacity": row.capacity,
        "hours_before": hours_before(row),
        "note": row.note,
        "fee_fen": row.fee_fen,
        "fee_per": row.fee_per,
        "carrier": str(row.carrier_id) if row.carrier_id else None,
        "pay_note": row.pay_note,
        "fee_decision": row.fee_decision,
        "fee_decided_on": row.fee_decided_on.isoformat() if row.fee_decided_on else None,
    }
