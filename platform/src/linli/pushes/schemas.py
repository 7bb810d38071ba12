"""What is sent and shown of pushes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

Communities = Annotated[list[UUID], Meta(min_length=1, max_length=500)]
KindName = Annotated[str, Meta(min_length=1, max_length=130, examples=["core.street_task"])]
Fields = Annotated[
    dict[str, Any],
    Meta(
        description="the fields of the kind: of `core.street_task` `title`, `body` and `due_on`; what else is allowed "
        "is told where a field is wrong",
        examples=[{"title": "Clear the stairs", "body": "", "due_on": "2026-12-31"}],
    ),
]


class PushPreviewIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What would be pushed down, and to which communities."""

    kind: KindName
    communities: Communities
    data: Fields


class PushIn(PushPreviewIn, kw_only=True, forbid_unknown_fields=True):
    """What is pushed down. ``key`` is the caller's: sent again with the same key, it is the same push."""

    key: UUID


class PushUndoIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a push is taken back."""

    reason: Annotated[str, Meta(min_length=1, max_length=300)]


class ForeseenOut(msgspec.Struct, kw_only=True):
    """What would happen in one community; ``refused`` says why it would not, and is empty where it would."""

    community_id: UUID
    text: str
    refused: str


class PushOut(msgspec.Struct, kw_only=True):
    """One push."""

    id: UUID
    kind: str
    title: str
    state: Annotated[str, Meta(description="`running`, `done`, `undoing` or `undone`")]
    total: Annotated[int, Meta(description="communities")]
    asked_by_name: str
    asked_at: datetime
    undo_reason: str


class PushResultOut(msgspec.Struct, kw_only=True):
    """What became of a push in one community."""

    community_id: UUID
    state: Annotated[str, Meta(description="`waiting`, `done`, `refused` or `undone`")]
    text: Annotated[str, Meta(description="what was done, or why it was not")]
    settled_at: datetime | None
