"""The act on several shifts of the list, and how they are called there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.sdk import Actor, Place, RowAct, ScopedSession
from linli_waste_sorting.asked import community_of
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.watch import reminding, repository
from linli_waste_sorting.watch.permissions import PLAN_SHIFTS, READ_SHIFTS
from linli_waste_sorting.watch.repository import Filled
from linli_waste_sorting.words import compound_names, span_text


def shift_titles(session: ScopedSession, actor: Actor, place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The shifts within reach, by day, hours, compound and station: stations of two compounds may share a name."""
    community_id = community_of(place)
    within, compounds = compounds_of(actor, READ_SHIFTS, community_id), compound_names(session, community_id)
    return {
        key: f"{each.shift.day.isoformat()} {span_text(each.shift.begins, each.shift.ends)} {_where(each, compounds)}"
        for key, each in repository.shifts_by_id(session, ids).items()
        if each.shift.community_id == community_id and is_within(each.shift.compound_id, within)
    }


def _where(each: Filled, compounds: Mapping[str, str]) -> str:
    return f"{compounds.get(str(each.shift.compound_id), '')} {each.station.name}".strip()


def _remind(session: ScopedSession, actor: Actor, place: Place, shift_id: UUID, _answer: str) -> bool:
    reminding.remind_people(session, actor, community_of(place), shift_id)
    return True


SHIFT_ACTS = (
    RowAct(
        "remind",
        "提醒值守的人",
        "给选中班次里报名的人发提醒？没有报名的人不会收到；刚提醒过的班次不会再发。",
        _remind,
        needs=PLAN_SHIFTS,
    ),
)
