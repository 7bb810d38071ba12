"""What objections take in and give out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli_notices.schemas import Attachment, AttachmentCreate

ObjectionKind = Literal["objection", "comment"]
ObjectionState = Literal["open", "answered", "withdrawn"]
Outcome = Literal["accepted", "not_accepted", "merged"]
Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Answer = Annotated[str, Meta(min_length=1, max_length=4000)]

OBJECTION_KINDS: dict[str, str] = {"objection": "异议", "comment": "意见"}
OBJECTION_STATES: dict[str, str] = {"open": "待答复", "answered": "已答复", "withdrawn": "已撤销"}
OUTCOMES: dict[str, str] = {"accepted": "采纳", "not_accepted": "不采纳", "merged": "与其他意见合并答复"}


class ObjectionCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a resident says. ``shows_name`` is their consent that others read their name; it counts only where the
    notice's rule is ``shown``."""

    body: Words
    kind: ObjectionKind = "comment"
    shows_name: bool = False
    attachments: Annotated[list[AttachmentCreate], Meta(max_length=3)] = []


class ObjectionUpdate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What it is to say instead; ``version`` is the one that was read."""

    version: int
    body: Words
    kind: ObjectionKind = "comment"
    shows_name: bool = False


class PaperCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a resident handed in on paper, with its scan."""

    resident_id: UUID
    body: Words
    kind: ObjectionKind = "comment"
    shows_name: bool = False
    attachments: Annotated[list[AttachmentCreate], Meta(min_length=1, max_length=3)]


class ObjectionAnswer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The answer of the staff. A merged one names the objection that is answered for both."""

    version: int
    answer: Answer
    outcome: Outcome
    merged_into: UUID | None = None
    attachments: Annotated[list[AttachmentCreate], Meta(max_length=3)] = []


class ObjectionReveal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why somebody needs to know who it was."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class ObjectionLine(msgspec.Struct, kw_only=True):
    """An objection as staff see it before they ask who it was from."""

    id: UUID
    community_id: UUID
    notice_id: UUID
    notice_title: str
    kind: str
    body: str
    author: Annotated[str, Meta(description="masked")]
    building: str
    state: str
    outcome: str
    answer: str
    answered_by_name: str
    answered_at: datetime | None
    answer_due_on: date
    is_overdue: bool
    is_on_paper: bool
    filed_at: datetime
    version: int


class ObjectionOut(ObjectionLine, kw_only=True):
    """One objection in full, its author masked until they are asked for."""

    filed_by_name: str
    edited_at: datetime | None
    merged_into: UUID | None
    shows_name: bool
    attachments: list[Attachment]
    answer_attachments: list[Attachment]


class ObjectionOwn(msgspec.Struct, kw_only=True):
    """One's own objection, and what became of it."""

    id: UUID
    notice_id: UUID
    kind: str
    body: str
    shows_name: bool
    is_on_paper: bool
    filed_at: datetime
    edited_at: datetime | None
    state: str
    outcome: str
    answer: str
    answer_due_on: date
    answered_at: datetime | None
    answered_by_name: str
    version: int
    attachments: list[Attachment]
    answer_attachments: list[Attachment]


class ObjectionAuthor(msgspec.Struct, kw_only=True):
    """Who filed an objection."""

    name: str
    door: str


class ObjectionShown(msgspec.Struct, kw_only=True):
    """An objection as other readers see it, by the notice's rule; one's own in full."""

    id: UUID
    kind: str
    body: str
    author: str
    building: str
    state: str
    outcome: str
    answer: str
    answered_at: datetime | None
    filed_at: datetime
    is_mine: bool
    may_change: bool
    version: int


class ObjectionBoard(msgspec.Struct, kw_only=True):
    """What a reader sees below a notice: how much was said, and what the rule shows of it."""

    objections: int
    comments: int
    unanswered: int
    takes_until: datetime | None
    is_open: bool
    may_file: bool
    items: list[ObjectionShown]
    next: str | None = None
