"""What the pages' forms hold where it is typed otherwise than the service takes it: hours, doors, choices."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.sdk import Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.asked import compound_of
from linli_waste_sorting.points.models import FLAGS, STATES
from linli_waste_sorting.points.purse_list import PURSE_STATES, PurseFilter
from linli_waste_sorting.points.repository import EntryFilter
from linli_waste_sorting.points.schemas import (
    DayPlace,
    DaysPlan,
    DayWrite,
    FlagDecision,
    GrantPoints,
    HouseholdCode,
    ItemNote,
    PointsReason,
    RedeemedPieces,
)
from linli_waste_sorting.points.words import KINDS, SOURCES
from linli_waste_sorting.stations.windows import read_hours

_ALL = "all"
_Hours = Annotated[str, Meta(min_length=1, max_length=40)]
_Compound = Annotated[str, Meta(max_length=40)]


class CodeForm(msgspec.Struct, kw_only=True):
    """A bag of the household with the code."""

    code: HouseholdCode
    once: UUID | None = None


class DeskForm(CodeForm, kw_only=True):
    """What is handed over to the household with the code."""

    item_id: UUID
    pieces: RedeemedPieces = 1


class GrantForm(msgspec.Struct, kw_only=True):
    """Points given by hand to whoever lives behind a door."""

    building_id: UUID
    door: Annotated[str, Meta(min_length=1, max_length=40)]
    points: GrantPoints
    reason: PointsReason
    once: UUID | None = None


class WhyForm(msgspec.Struct, kw_only=True):
    """Why."""

    reason: PointsReason


class DecisionForm(msgspec.Struct, kw_only=True):
    """Kept or taken back, and why."""

    decision: FlagDecision
    note: PointsReason


class DayForm(msgspec.Struct, kw_only=True):
    """A redemption day as it is typed."""

    compound: _Compound = _ALL
    day: date
    hours: _Hours
    place: DayPlace
    note: ItemNote = ""
    version: int | None = None

    def written(self) -> DayWrite:
        """What the service takes. Raises ``Invalid``."""
        opens, closes = _span(self.hours)
        return DayWrite(
            compound_id=compound_of(self.compound),
            day=self.day,
            opens=opens,
            closes=closes,
            place=self.place,
            note=self.note,
            version=self.version,
        )


class PlanForm(msgspec.Struct, kw_only=True):
    """The redemption days of the coming months as they are typed."""

    compound: _Compound = _ALL
    months: Annotated[int, Meta(ge=1, le=12)] = 3
    hours: _Hours
    place: DayPlace
    note: ItemNote = ""

    def written(self) -> DaysPlan:
        """What the service takes. Raises ``Invalid``."""
        opens, closes = _span(self.hours)
        return DaysPlan(
            compound_id=compound_of(self.compound),
            months=self.months,
            opens=opens,
            closes=closes,
            place=self.place,
            note=self.note,
        )


class ReserveForm(msgspec.Struct, kw_only=True):
    """What a household wants, on which day, and which household."""

    day_id: UUID
    pieces: RedeemedPieces = 1
    purse_id: UUID | None = None


class OwnForm(msgspec.Struct, kw_only=True):
    """Which of one's households."""

    dwelling_id: UUID | None = None


def entry_filter(
    kind: str, source: str, first: date | None, last: date | None, dwellings: set[UUID] | None
) -> EntryFilter:
    """Which entries an address asks for.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if kind and kind not in KINDS:
        raise Invalid.one("kind", _("没有这种积分变动"), "、".join(KINDS))
    if source and source not in SOURCES:
        raise Invalid.one("source", _("没有这种来源"), "、".join(SOURCES))
    return EntryFilter(kind=kind, source=source, first=first, last=last, dwellings=dwellings)


def flag_state(state: str, reason: str) -> bool | None:
    """Which flags an address asks for: those that wait, unless it says otherwise.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if state not in ("", _ALL, "decided"):
        raise Invalid.one("state", _("没有这种状态"), "decided、all")
    if reason and reason not in FLAGS:
        raise Invalid.one("reason", _("没有这种原因"), "、".join(FLAGS))
    return None if state == _ALL else state != "decided"


def purse_filter(state: str, compound: str, dwellings: set[UUID] | None) -> PurseFilter:
    """Which purses an address asks for: those of households that live there, unless it says otherwise.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if state not in ("", _ALL, *PURSE_STATES):
        raise Invalid.one("state", _("没有这种状态"), "、".join((*PURSE_STATES, _ALL)))
    wanted = "" if state == _ALL else state or "open"
    return PurseFilter(state=wanted, compound_id=compound_of(compound), dwellings=dwellings)


def redemption_state(state: str) -> str:
    """Which redemptions an address asks for.

    Raises:
        Invalid: there is no such state.
    """
    if state and state not in STATES:
        raise Invalid.one("state", _("没有这种状态"), "、".join(STATES))
    return state


def _span(words: str) -> tuple[time, time]:
    spans = read_hours(words)
    if len(spans) != 1:
        raise Invalid.one("hours", _("只写一段时间"), _("例如：9:00-11:30"))
    return spans[0]
