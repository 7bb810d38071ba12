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

Unit = Literal["day", "workday"]
IdentityRule = Literal["shown", "masked", "staff_only"]
ChannelKind = Literal[
    "board", "chat_group", "public_account", "radio", "television", "banner", "brochure", "talk", "other"
]
Days = Annotated[int, Meta(ge=1, le=3660)]
ShortText = Annotated[str, Meta(max_length=100)]

UNITS: dict[str, str] = {"day": "天", "workday": "个工作日"}
IDENTITY_RULES: dict[str, str] = {"shown": "显示姓名", "masked": "姓名打码", "staff_only": "仅工作人员可见"}
CHANNELS: dict[str, str] = {
    "board": "公告栏",
    "chat_group": "居民微信群",
    "public_account": "公众号",
    "radio": "小区广播",
    "television": "电视",
    "banner": "横幅",
    "brochure": "宣传册",
    "talk": "宣讲",
    "other": "其他",
}
KINDS: dict[str, str] = {"announcement": "公告", "posting": "公示"}
STATUSES: dict[str, str] = {
    "draft": "草稿",
    "scheduled": "待发布",
    "showing": "展示中",
    "closed": "已结束",
    "withdrawn": "已撤回",
}


class PlaceRef(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """A compound, or one building of it."""

    compound_id: UUID
    building_id: UUID | None = None


Places = Annotated[list[PlaceRef], Meta(max_length=200)]


class NoticeCreate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new draft. Without places it is for the whole community (or street).

    What is left out follows the category: kind, days, whether it is public, and objections. ``posting_from`` is today
    unless given. A posting 公示 ends on ``posting_to``, or after ``period_days`` days or working days.
    ``compound_id`` and ``building_id`` are short for one place.
    """

    title: Title
    body: BodyText
    category: ShortText = ""
    kind: Kind | None = None
    places: Places = []
    compound_id: UUID | None = None
    building_id: UUID | None = None
    posting_from: date | None = None
    posting_to: date | None = None
    period_days: Days | None = None
    period_unit: Unit = "day"
    is_public: bool | None = None
    is_pinned: bool = False
    allows_objections: bool | None = None
    objection_days: Days | None = None
    identity_rule: IdentityRule | None = None
    notifies: bool = True
    corrects_id: UUID | None = None


class NoticeUpdate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes in a draft; a field that is not sent stays. ``version`` is the one that was read."""

    version: int
    title: Title | UnsetType = UNSET
    body: BodyText | UnsetType = UNSET
    category: ShortText | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    places: Places | UnsetType = UNSET
    posting_from: date | UnsetType | None = UNSET
    posting_to: date | UnsetType | None = UNSET
    period_days: Days | UnsetType | None = UNSET
    period_unit: Unit | UnsetType = UNSET
    is_public: bool | UnsetType = UNSET
    is_pinned: bool | UnsetType = UNSET
    allows_objections: bool | UnsetType = UNSET
    objection_days: Days | UnsetType | None = UNSET
    identity_rule: IdentityRule | UnsetType = UNSET
    notifies: bool | UnsetType = UNSET
    corrects_id: UUID | UnsetType | None = UNSET


class NoticePublish(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which draft is meant; without ``version`` it is published as it stands."""

    version: int | None = None


class NoticeSchedule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """When a draft publishes itself; asked again, the moment is moved."""

    publish_at: Annotated[datetime, Meta(tz=True, description="a moment to come, with its offset")]
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
    places: list[PlaceRef]
    kind: str
    category: str
    title: str
    excerpt: str
    status: Status
    posting_from: date | None
    posting_to: date | None
    publish_at: datetime | None
    is_public: bool
    is_pinned: bool
    allows_objections: bool
    published_at: datetime | None
    closed_at: datetime | None
    created_at: datetime
    readers: int


class NoticeOut(NoticeLine, kw_only=True):
    """A notice as those see it who manage it."""

    body: str
    body_html: str
    period_days: int | None
    period_unit: str
    rule_freeze_id: Annotated[UUID | None, Meta(description="what its rule said when it was published")]
    objection_days: int | None
    identity_rule: str
    notifies: bool
    corrects_id: UUID | None
    author_name: str
    scheduled_by_name: str
    schedule_note: str
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
    category: str
    body_html: str
    status: Status
    posting_from: date | None
    posting_to: date | None
    published_at: datetime | None
    closed_at: datetime | None
    allows_objections: bool
    corrects_id: UUID | None


class NoticeReading(NoticePublic, kw_only=True):
    """A notice as its readers see it, with its attachments."""

    attachments: list[Attachment]


class SnapshotOut(msgspec.Struct, kw_only=True):
    """Whether the record of a closed notice is what was hashed."""

    notice_id: UUID
    number: int
    purpose: str
    made_at: datetime
    sha256: Annotated[str, Meta(description="as it was recorded, in hexadecimal")]
    recomputed: Annotated[str, Meta(description="of the recorded bytes, computed now")]
    is_equal: bool
    previous: Annotated[str, Meta(description="hash of the snapshot before, zeros for the first")]
    follows: Annotated[bool, Meta(description="whether the snapshot before has that hash")]
    differs: Annotated[list[str], Meta(description="what of the notice is no longer as recorded; should be empty")]


class CategoryWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A category with the defaults that its notices begin with. ``version`` is the one that was read, 0 at first."""

    name: Annotated[str, Meta(min_length=1, max_length=20)]
    kind: Kind = "announcement"
    days: Days | None = None
    unit: Unit = "day"
    is_public: bool = False
    allows_objections: bool = False
    objection_days: Days | None = None
    identity_rule: IdentityRule = "masked"
    source: Annotated[str, Meta(max_length=300)] = ""
    version: int = 0


class CategoryOut(msgspec.Struct, kw_only=True):
    """A category of notices."""

    key: str
    name: str
    kind: str
    days: int | None
    unit: str
    is_public: bool
    allows_objections: bool
    objection_days: int | None
    identity_rule: str
    source: str
    rule: Annotated[str, Meta(description="the rule that its days follow; empty where the street set them")]
    is_archived: bool
    is_own: bool
    version: int


class TemplateWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A text to begin with; what is to be filled in stands as ``【请填写：…】``."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    title: Title
    body: BodyText
    category: ShortText = ""
    example: Annotated[str, Meta(max_length=20000)] = ""
    version: int = 0


class TemplateOut(msgspec.Struct, kw_only=True):
    """A template; ``id`` is a word for a built-in one."""

    id: str
    name: str
    category: str
    title: str
    body: str
    example: str
    owner: Annotated[str, Meta(description="built_in, street or community")]
    is_archived: bool
    version: int


class ChannelWrite(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where else a notice was made known, when and by whom."""

    channel: ChannelKind
    place: Annotated[str, Meta(min_length=1, max_length=100)]
    done_on: date
    done_by: Annotated[str, Meta(min_length=1, max_length=40)]
    note: Annotated[str, Meta(max_length=200)] = ""


class ChannelOut(msgspec.Struct, kw_only=True):
    """Where else a notice was made known."""

    id: UUID
    channel: str
    place: str
    done_on: date
    done_by: str
    note: str
    file_id: UUID | None
    recorded_by_name: str
    created_at: datetime
