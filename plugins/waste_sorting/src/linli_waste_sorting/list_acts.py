"""Acts on several rows of the lists: each does to one row what its page does, with the same checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.sdk import Actor, Place, RowAct, ScopedSession
from linli.sdk import gettext as _
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.bookings import repository as bookings
from linli_waste_sorting.bookings import service, slots
from linli_waste_sorting.bookings.permissions import ANSWER_BOOKINGS, MANAGE_SLOTS, READ_BOOKINGS
from linli_waste_sorting.bookings.words import hours_of
from linli_waste_sorting.permissions import MANAGE
from linli_waste_sorting.reach import compounds_of
from linli_waste_sorting.stations import repository as stations
from linli_waste_sorting.stations import service as managing
from linli_waste_sorting.weights import repository as weights
from linli_waste_sorting.weights import service as noting
from linli_waste_sorting.weights.permissions import NOTE_COLLECTIONS, READ_COLLECTIONS
from linli_waste_sorting.weights.schemas import CollectionVoid
from linli_waste_sorting.words import category_titles


def booking_titles(session: ScopedSession, actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The bookings within reach, by door and day."""
    found = bookings.bookings_of(session, actor, community_of(place), READ_BOOKINGS, ids)
    doors = bookings.doors_of(session, found)
    return {row.id: f"{doors.get(row.id) or _('（已删除）')} {slot.day.isoformat()}" for row, slot in found}


def slot_titles(session: ScopedSession, _actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The slots of the community, by day and time."""
    found = slots.slots_of(session, community_of(place), ids)
    return {row.id: f"{row.day.isoformat()} {hours_of(row)}" for row in found}


def station_titles(session: ScopedSession, _actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The stations of the community, by name."""
    return {row.id: row.name for row in stations.stations_of(session, community_of(place), ids)}


def collection_titles(session: ScopedSession, actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The records within reach, by day and kind of waste."""
    community_id = community_of(place)
    within, kinds = compounds_of(actor, READ_COLLECTIONS, community_id), category_titles(session)
    found = weights.collections_of(session, community_id, within, ids)
    return {row.id: f"{row.day.isoformat()} {kinds[row.category]}" for row in found}


def _confirm(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, _answer: str) -> bool:
    was = _state_of(session, actor, place, booking_id)
    return service.confirm_booking(session, actor, community_of(place), booking_id).state != was


def _reject(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, answer: str) -> bool:
    was = _state_of(session, actor, place, booking_id)
    return service.reject_booking(session, actor, community_of(place), booking_id, answer).state != was


def _finish(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID, _answer: str) -> bool:
    was = _state_of(session, actor, place, booking_id)
    return service.finish_booking(session, actor, community_of(place), booking_id).state != was


def _state_of(session: ScopedSession, actor: Actor, place: Place, booking_id: UUID) -> str:
    return service.get_booking(session, actor, community_of(place), booking_id, ANSWER_BOOKINGS).state


def _close_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID, _answer: str) -> bool:
    was_open = slots.get_slot(session, community_of(place), slot_id).closed_at is None
    slots.close_slot(session, actor, community_of(place), slot_id)
    return was_open


def _reopen_slot(session: ScopedSession, actor: Actor, place: Place, slot_id: UUID, _answer: str) -> bool:
    was_open = slots.get_slot(session, community_of(place), slot_id).closed_at is None
    slots.reopen_slot(session, actor, community_of(place), slot_id)
    return not was_open


def _close_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID, _answer: str) -> bool:
    was_used = managing.get_station(session, community_of(place), station_id).closed_at is None
    managing.close_station(session, actor, community_of(place), station_id)
    return was_used


def _reopen_station(session: ScopedSession, actor: Actor, place: Place, station_id: UUID, _answer: str) -> bool:
    was_used = managing.get_station(session, community_of(place), station_id).closed_at is None
    managing.reopen_station(session, actor, community_of(place), station_id)
    return not was_used


def _void(session: ScopedSession, actor: Actor, place: Place, collection_id: UUID, answer: str) -> bool:
    community_id = community_of(place)
    row = noting.get_collection(session, actor, community_id, collection_id, NOTE_COLLECTIONS)
    if row.voided_at is not None:
        return False
    noting.void_collection(session, actor, community_id, collection_id, CollectionVoid(reason=answer))
    return True


BOOKING_ACTS = (
    RowAct("confirm", "确认", "确认选中的预约？预约的居民会收到通知。", _confirm, needs=ANSWER_BOOKINGS),
    RowAct("finish", "登记已取走", "选中的预约都已取走？预约的居民会收到通知。", _finish, needs=ANSWER_BOOKINGS),
    RowAct(
        "reject",
        "不能受理",
        "不受理选中的预约？名额会空出来，居民会看到理由。",
        _reject,
        needs=ANSWER_BOOKINGS,
        asks="理由",
        tone="danger",
    ),
)
SLOT_ACTS = (
    RowAct(
        "close", "停止预约", "选中的时段不再接受预约？已有的预约不变。", _close_slot, needs=MANAGE_SLOTS, undo="reopen"
    ),
    RowAct("reopen", "恢复预约", "选中的时段恢复预约？", _reopen_slot, needs=MANAGE_SLOTS, undo="close"),
)
STATION_ACTS = (
    RowAct("close", "停用", "停用选中的投放点？记录都保留。", _close_station, needs=MANAGE, undo="reopen"),
    RowAct("reopen", "恢复使用", "恢复使用选中的投放点？", _reopen_station, needs=MANAGE, undo="close"),
)
COLLECTION_ACTS = (
    RowAct(
        "void",
        "划掉",
        "划掉选中的记录？记录和理由都保留，不再计入台账。",
        _void,
        needs=NOTE_COLLECTIONS,
        asks="理由",
        tone="danger",
    ),
)
