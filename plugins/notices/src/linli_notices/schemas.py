"""What notices take in and give out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

Kind = Literal["announcement", "posting"]
#: As people see it: a published notice is scheduled before its first day, showing in its period, closed after it.
Status = Literal["draft", "scheduled", "showing", "closed", "withdrawn"]
Title = Annotated[str, Meta(min_length=1, max_length=100)]
BodyText = Annotated[str, Meta(min_length=1, max_length=20000)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]

KINDS: dict[str, str] = {"announcement": "公告", "posting": "公示"}
STATUSES: dict[str, str] = {
    "draft": "草稿",
    "scheduled": "待发布",
    "showing": "展示中",
    "closed": "已结束",
    "withdrawn": "已撤回",
}


class NoticeCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new draft. Without a compound it is for the whole community (or street), without a building for the compound.

    ``posting_from`` is today unless given; a posting 公示 needs ``posting_to``, which follows from the setting if left
    out. Both days belong to the period.
    """

    title: Title
    body: BodyText
    kind: Kind = "announcement"
    compound_id: UUID | None = None
    building_id: UUID | None = None
    posting_from: date | None = None
    posting_to: date | None = None
    is_public: bool = False
    is_pinned: bool = False


class NoticeUpdate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes in a draft; a field that is not sent stays. ``version`` is the one that was read."""

    version: int
    title: Title | UnsetType = UNSET
    body: BodyText | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    compound_id: UUID | UnsetType | None = UNSET
    building_id: UUID | UnsetType | None = UNSET
    posting_from: date | UnsetType | None = UNSET
    posting_to: date | UnsetType | None = UNSET
    is_public: bool | UnsetType = UNSET
    is_pinned: bool | UnsetType = UNSET


class NoticePublish(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which draft is meant; without ``version`` it is published as it stands."""

    version: int | None = None


class NoticeWithdraw(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a notice is taken back; shown to those who follow an old link."""

    reason: Reason


class AttachmentCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file for a draft; what it is follows from its name and content."""

    name: Annotated[str, Meta(min_length=1, max_length=200, description="with its extension")]
    content: Annotated[str, Meta(min_length=1, description="the file in base64, at most 20 MB before encoding")]


class Attachment(msgspec.Struct, kw_only=True):
    """A file of a notice."""

    id: UUID
    name: str
    media_type: str
    size: Annotated[int, Meta(description="bytes")]
    path: Annotated[str, Meta(description="where it is fetched, with the same token")]
    thumbnail: Annotated[str | None, Meta(description="where its small picture is; null when it is no image")] = None
    width: Annotated[int | None, Meta(description="pixels; null when it is no image")] = None
    height: Annotated[int | None, Meta(description="pixels; null when it is no image")] = None


class NoticeLine(msgspec.Struct, kw_only=True):
    """A notice in a list."""

    id: UUID
    community_id: UUID | None
    compound_id: UUID | None
    building_id: UUID | None
    kind: str
    title: str
    excerpt: str
    status: Status
    posting_from: date | None
    posting_to: date | None
    is_public: bool
    is_pinned: bool
    published_at: datetime | None
    readers: int


class NoticeOut(NoticeLine, kw_only=True):
    """A notice as those see it who manage it."""

    body: str
    body_html: str
    author_name: str
    withdraw_reason: str
    withdrawn_at: datetime | None
    version: int


class NoticeDetail(NoticeOut, kw_only=True):
    """A notice as those see it who manage it, with its attachments."""

    attachments: list[Attachment]


class NoticePublic(msgspec.Struct, kw_only=True):
    """A notice as its readers see it."""

    id: UUID
    kind: str
    title: str
    body_html: str
    status: Status
    posting_from: date | None
    posting_to: date | None
    published_at: datetime | None


class NoticeReading(NoticePublic, kw_only=True):
    """A notice as its readers see it, with its attachments."""

    attachments: list[Attachment]
