"""What goes in and out of inspections, with the limits of each field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_waste_sorting.photos import PhotoBody, PhotoOut, Photos
from linli_waste_sorting.schemas import Category

Subject = Literal["container", "bag"]
Result = Literal["correct", "wrong", "contaminated"]
StepKind = Literal["dissuade", "report", "warning", "handover"]
Verdict = Literal["upheld", "rejected"]
AppealState = Literal["open", "upheld", "rejected"]
NotedState = Literal["counted", "struck", "all"]

Remark = Annotated[str, Meta(max_length=300, description="no names, doors or phone numbers")]
Reason = Annotated[str, Meta(min_length=1, max_length=300)]
Door = Annotated[
    str, Meta(max_length=40, description="as people write it, with the unit where two doors have one number")
]
Reference = Annotated[str, Meta(max_length=100)]
Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class RoundStart(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A round through a compound."""

    compound_id: UUID


class RoundOut(msgspec.Struct, kw_only=True):
    """A round: whose, when, and whether it is finished."""

    id: UUID
    community_id: UUID
    compound_id: UUID
    day: date
    inspector_name: str
    finished_at: datetime | None


class PointIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether a point of the checklist is met."""

    point: Annotated[str, Meta(min_length=1, max_length=500)]
    is_met: bool
    note: Remark = ""
    photos: Annotated[list[PhotoBody], Meta(max_length=1)] = []


class CheckWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The checklist of one station; what was noted there on this round before is replaced."""

    points: Annotated[list[PointIn], Meta(min_length=1, max_length=12)]


class PointOut(msgspec.Struct, kw_only=True):
    """A point of the checklist as it was noted."""

    id: UUID
    round_id: UUID
    station_id: UUID
    compound_id: UUID
    day: date
    point: str
    is_met: bool
    note: str
    is_final: bool
    struck_at: datetime | None
    struck_by_name: str
    struck_reason: str


class CheckOut(msgspec.Struct, kw_only=True):
    """The points of one station that were noted."""

    points: list[PointOut]


class FindingWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a container or a bag is sorted. With ``building_id`` and ``door`` a bag is a known household's."""

    subject: Subject = "bag"
    category: Category
    result: Result
    building_id: UUID | None = None
    door: Door = ""
    is_guided: bool = False
    note: Remark = ""


class FindingCreate(FindingWrite, kw_only=True, forbid_unknown_fields=True):
    """A finding at a station."""

    station_id: UUID
    photos: Photos = []


class ResultOut(msgspec.Struct, kw_only=True):
    """A finding as lists show it; which household it is about is told to those who follow it up alone."""

    id: UUID
    round_id: UUID
    station_id: UUID
    compound_id: UUID
    day: date
    subject: str
    category: str
    result: str
    is_household: bool
    is_guided: bool
    note: str
    is_final: bool
    struck_at: datetime | None
    struck_by_name: str
    struck_reason: str
    photos: list[PhotoOut]


class Strike(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why something that was noted does not hold."""

    reason: Reason


class CaseOut(msgspec.Struct, kw_only=True):
    """A household that is followed up: what is suggested, and what was done last."""

    dwelling_id: UUID
    compound_id: UUID
    door: str
    suggested: StepKind | None
    counted: int
    needed: int
    last_step: str
    last_done_on: date | None


class StepCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A step that was done: the one that is suggested."""

    kind: StepKind
    done_on: date
    note: Remark = ""
    reference: Reference = ""


class ServiceCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The household has served as volunteers for sorting: what was before is settled."""

    done_on: date
    note: Annotated[str, Meta(min_length=1, max_length=300, description="what they did, and for how long")]


class HouseholdStepOut(msgspec.Struct, kw_only=True):
    """A step as it was done, and whether it was taken back."""

    id: UUID
    dwelling_id: UUID
    compound_id: UUID
    kind: str
    done_on: date
    done_by_name: str
    note: str
    reference: str
    counted: int
    needed: int
    taken_back_at: datetime | None
    taken_back_reason: str
    taken_back_cause: str


class AppealCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a household has to say against a finding or a step."""

    body: Words


class AppealDecide(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What becomes of it, and why."""

    verdict: Verdict
    answer: Words


class AppealOut(msgspec.Struct, kw_only=True):
    """An objection and its answer."""

    id: UUID
    dwelling_id: UUID
    finding_id: UUID | None
    step_id: UUID | None
    body: str
    filed_at: datetime
    state: str
    answer: str
    decided_at: datetime | None
    decided_by_name: str


class OwnFinding(msgspec.Struct, kw_only=True):
    """What was found in one's own household's bag, and how to do it right."""

    id: UUID
    day: date
    category: str
    result: str
    is_guided: bool
    note: str
    advice: str
    struck_reason: str
    may_appeal: bool
    appeal_state: str


class OwnStep(msgspec.Struct, kw_only=True):
    """What was done about one's own household."""

    id: UUID
    kind: str
    done_on: date
    reference: str
    taken_back_reason: str
    may_appeal: bool
    appeal_state: str
