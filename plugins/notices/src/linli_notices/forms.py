"""What the pages' forms and filters hold, as text, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import SHANGHAI, Invalid, When
from linli.sdk import gettext as _
from linli_notices.repository import Filter
from linli_notices.schemas import (
    BodyText,
    CategoryWrite,
    ChannelKind,
    Days,
    IdentityRule,
    Kind,
    PlaceRef,
    ShortText,
    Title,
    Unit,
)

_PLAIN = (
    "title",
    "body",
    "kind",
    "category",
    "period_days",
    "period_unit",
    "is_public",
    "is_pinned",
    "allows_objections",
    "identity_rule",
    "notifies",
)


class NoticeForm(msgspec.Struct, kw_only=True):
    """A notice as typed into the form. ``reach`` holds ``all``, ``c.<compound>`` or ``b.<compound>.<building>``."""

    title: Title
    body: BodyText
    kind: Kind = "announcement"
    category: ShortText = ""
    reach: list[str] = []
    posting_from: str = ""
    posting_to: str = ""
    period_days: Days | None = None
    period_unit: Unit = "day"
    is_public: bool = False
    is_pinned: bool = False
    allows_objections: bool = False
    objection_days: Annotated[Days | None, When("allows_objections", ("1",), "只在接受意见和异议时填写。")] = None
    identity_rule: Annotated[IdentityRule, When("allows_objections", ("1",), "只在接受意见和异议时有用。")] = "masked"
    notifies: bool = False
    corrects_id: UUID | None = None
    version: int = 0


class WithdrawForm(msgspec.Struct, kw_only=True):
    """Why a notice is taken back."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class ScheduleForm(msgspec.Struct, kw_only=True):
    """When a draft publishes itself: a day and an hour of Asia/Shanghai."""

    publish_at: Annotated[str, msgspec.Meta(min_length=1)]
    version: int | None = None


class ChannelForm(msgspec.Struct, kw_only=True):
    """Where else a notice was made known."""

    channel: ChannelKind
    place: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    done_on: date
    done_by: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class TemplateForm(msgspec.Struct, kw_only=True):
    """A template as typed into the form."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    title: Title
    body: BodyText
    category: ShortText = ""
    example: Annotated[str, msgspec.Meta(max_length=20000)] = ""
    version: int = 0


class CategoryForm(CategoryWrite, kw_only=True):
    """A category as typed into the form."""


def reach_key(compound_id: UUID, building_id: UUID | None) -> str:
    """A place that a notice is for, as the form's choice."""
    return f"b.{compound_id}.{building_id}" if building_id else f"c.{compound_id}"


def reach_keys(places: Sequence[PlaceRef]) -> list[str]:
    """The places that a notice is for, as the form's choices."""
    return [reach_key(each.compound_id, each.building_id) for each in places]


def notice_fields(data: NoticeForm) -> dict[str, Any]:
    """The fields of a draft, the version left out. Raises ``Invalid`` for a place or a day that is none."""
    fields = {name: getattr(data, name) for name in _PLAIN}
    # What belongs to objections alone goes away with them.
    fields["objection_days"] = data.objection_days if data.allows_objections else None
    fields["places"] = _places(data.reach)
    fields["posting_from"] = _day("posting_from", data.posting_from)
    fields["posting_to"] = _day("posting_to", data.posting_to)
    fields["corrects_id"] = data.corrects_id
    return fields


def moment_of(text: str, field: str = "publish_at") -> datetime:
    """A day and an hour of Asia/Shanghai as a browser's field writes them. Raises ``Invalid``."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError as error:
        raise Invalid.one(field, _("不是有效的日期或时间"), _("例如 2026-01-31 09:00")) from error


def _places(keys: Sequence[str]) -> list[PlaceRef]:
    found: list[PlaceRef] = []
    for key in keys:
        kind, *ids = key.split(".")
        try:
            places = [UUID(each) for each in ids]
        except ValueError:
            places = []
        if kind not in ("all", "c", "b") or len(places) != {"all": 0, "c": 1, "b": 2}[kind]:
            raise Invalid.one("reach", _("请从列表中选择发布范围"))
        if places:
            found.append(PlaceRef(compound_id=places[0], building_id=places[1] if len(places) > 1 else None))
    return found


def _day(name: str, text: str) -> date | None:
    # Not in the form's types: there a blank field would keep its old day instead of taking it back.
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid.one(name, _("不是有效的日期"), _("例如 2026-01-31")) from error


def list_filter(q: str, status: str, kind: str, compound: str, category: str = "") -> Filter:
    """What a list is narrowed by; blank texts narrow nothing. Raises ``Invalid``."""
    try:
        return Filter(status, kind, UUID(compound) if compound else None, q.strip(), category)
    except ValueError as error:
        raise Invalid.one("compound", _("没有找到这个小区")) from error


def list_after(text: str) -> UUID | None:
    """Where a page begins; ``None`` for the first. Raises ``Invalid``."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Invalid.one("after", _("翻页标记无效，请从第一页重新查看")) from error
