"""What goes in and out of indicators and rankings, with the limits of each field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.indicators.definitions import MOST_INDICATORS, Indicator
from linli_waste_sorting.weights.schemas import GivenMonth

Preset = Literal["common", "mentougou"]
Subject = Literal["communities", "compounds", "buildings"]
SetNote = Annotated[str, Meta(max_length=200)]
GivenReason = Annotated[str, Meta(min_length=1, max_length=300)]
Share = Annotated[str | None, Meta(description="in the indicator's unit, one decimal; null without data")]


class IndicatorSetWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The indicators that shall hold; ``number`` is of the set that was read, 0 for the preset before any choice."""

    indicators: Annotated[list[Indicator], Meta(min_length=1, max_length=MOST_INDICATORS)]
    note: SetNote = ""
    number: int | None = None
    base_month: Annotated[GivenMonth | None, Meta(description="with which weights are compared; null for none")] = None


class PresetWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which preset shall hold."""

    preset: Preset


class IndicatorSetOut(msgspec.Struct, kw_only=True):
    """A set of indicators as it holds or held; ``number`` 0 is the preset that holds before anybody chose."""

    number: int
    preset: str
    note: str
    indicators: list[Indicator]
    base_month: Annotated[str | None, Meta(description="with which weights are compared, as `2025-06`")]
    made_at: datetime | None
    made_by_name: str


class RankingPreview(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Indicators to try on a month; nothing is kept."""

    indicators: Annotated[list[Indicator], Meta(min_length=1, max_length=MOST_INDICATORS)]
    month: GivenMonth


class RankPreviewOut(msgspec.Struct, kw_only=True):
    """A community's place under what holds now and under what was tried."""

    place_id: UUID
    name: str
    rank_now: int | None
    score_now: str | None
    rank_then: int | None
    score_then: str | None


class RankingPreviewOut(msgspec.Struct, kw_only=True):
    """How other definitions would rank the communities of a month."""

    month: str
    places: list[RankPreviewOut]


class PlaceFigures(msgspec.Struct, kw_only=True):
    """A place's indicators in a month; nothing of one that ``is_hidden``: ``why`` says whether too ``few`` households
    stand behind it, or whether another one could be worked out from what stands ``beside`` it."""

    place_id: UUID
    level: str
    name: str
    month: str
    is_hidden: bool
    why: str
    values: dict[str, Share]
    reached: list[str]
    is_frozen: bool
    computed_at: datetime | None


class RankPlace(msgspec.Struct, kw_only=True):
    """A place in a ranking; ``why`` says why it has none: ``few`` households, hidden ``beside`` one of few, or too
    much ``unknown``."""

    place_id: UUID
    name: str
    rank: int | None
    score: str | None
    why: str
    values: dict[str, Share]
    reached: list[str]


class RankingCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Of which month a ranking is drafted, and of what; the street ranks its communities."""

    month: GivenMonth
    subject: Subject


class RankingAct(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The draft that was looked at; ``version`` is the one that was read."""

    version: int


class RankingWithdraw(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a published ranking is taken back; everybody can read it."""

    reason: GivenReason


class RankingOut(msgspec.Struct, kw_only=True):
    """A ranking without its places."""

    id: UUID
    community_id: UUID | None
    month: str
    subject: str
    state: str
    set_number: int
    made_by_name: str
    reviewed_at: datetime | None
    reviewed_by_name: str
    published_at: datetime | None
    published_by_name: str
    withdrawn_at: datetime | None
    withdraw_reason: str
    replaces_id: UUID | None
    notice_id: UUID | None
    version: int


class RankingDetail(RankingOut, kw_only=True):
    """A ranking with the definitions that it was computed with and its places."""

    indicators: list[Indicator]
    least_households: int
    least_weight: int
    places: list[RankPlace]


class OwnMonth(msgspec.Struct, kw_only=True):
    """What was found in one's own household's bags in a month, since one lives there."""

    month: str
    correct: int
    checked: int


class ResultsOut(msgspec.Struct, kw_only=True):
    """One's own building beside its compound and community, and one's own household, which nobody else is shown."""

    month: str
    places: list[PlaceFigures]
    own: list[OwnMonth]


class MonthForm(msgspec.Struct, kw_only=True):
    """Which month is computed anew."""

    month: GivenMonth


class ComputedOut(msgspec.Struct, kw_only=True):
    """How many rows of figures were written; 0 where the month is frozen."""

    month: str
    rows: int
