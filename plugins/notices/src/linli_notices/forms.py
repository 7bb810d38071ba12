"""What the pages' forms and filters hold, as text, and what it means."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec

from linli.sdk import Invalid
from linli.sdk import gettext as _
from linli_notices.repository import Filter
from linli_notices.schemas import BodyText, Kind, Title


class NoticeForm(msgspec.Struct, kw_only=True):
    """A notice as typed into the form. ``reach`` is ``all``, ``c.<compound>`` or ``b.<compound>.<building>``."""

    title: Title
    body: BodyText
    kind: Kind = "announcement"
    reach: str = "all"
    posting_from: str = ""
    posting_to: str = ""
    is_public: bool = False
    is_pinned: bool = False
    version: int = 0


class WithdrawForm(msgspec.Struct, kw_only=True):
    """Why a notice is taken back."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


def reach_key(compound_id: UUID | None, building_id: UUID | None) -> str:
    """The place that a notice is for, as the form's choice."""
    if compound_id is None:
        return "all"
    return f"b.{compound_id}.{building_id}" if building_id else f"c.{compound_id}"


def notice_fields(data: NoticeForm) -> dict[str, Any]:
    """The fields of a draft, the version left out. Raises ``Invalid`` for a place or a day that is none."""
    kind, *ids = data.reach.split(".")
    try:
        places = [UUID(each) for each in ids]
    except ValueError:
        places = []
    if kind not in ("all", "c", "b") or len(places) != {"all": 0, "c": 1, "b": 2}[kind]:
        raise Invalid.one("reach", _("请从列表中选择发布范围"))
    fields = {name: getattr(data, name) for name in ("title", "body", "kind", "is_public", "is_pinned")}
    fields["compound_id"] = places[0] if places else None
    fields["building_id"] = places[1] if len(places) > 1 else None
    fields["posting_from"] = _day("posting_from", data.posting_from)
    fields["posting_to"] = _day("posting_to", data.posting_to)
    return fields


def _day(name: str, text: str) -> date | None:
    # Not in the form's types: there a blank field would keep its old day instead of taking it back.
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid.one(name, _("不是有效的日期"), _("例如 2026-01-31")) from error


def list_filter(q: str, status: str, kind: str, compound: str) -> Filter:
    """What a list is narrowed by; blank texts narrow nothing. Raises ``Invalid``."""
    try:
        return Filter(status, kind, UUID(compound) if compound else None, q.strip())
    except ValueError as error:
        raise Invalid.one("compound", _("没有找到这个小区")) from error


def list_after(text: str) -> UUID | None:
    """Where a page begins; ``None`` for the first. Raises ``Invalid``."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Invalid.one("after", _("翻页标记无效，请从第一页重新查看")) from error
