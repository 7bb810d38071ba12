"""Facts about notices that other plugins may want to hear of; ``linli_notices.api`` shows them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from linli.sdk import Event


class PostingClosed(Event, frozen=True, kw_only=True):
    """A posting's last day is over and its record is closed; nothing of it changes any more.

    Attributes:
        notice_id: of the posting.
        community_id: ``None`` for one of the street.
        category: a key of the street's list; empty for none.
        objections: how many were made.
        snapshot_sha256: of the record, in hexadecimal.
        source_plugin: which plugin had asked for it; empty when a person wrote it.
        source_id: for what thing of that plugin.
    """

    NAME: ClassVar[str] = "notices.PostingClosed"
    TITLE: ClassVar[str] = "公示结束"

    notice_id: UUID
    community_id: UUID | None
    category: str
    objections: int
    snapshot_sha256: str
    source_plugin: str = ""
    source_id: UUID | None = None


class NoticeWithdrawn(Event, frozen=True, kw_only=True):
    """A published notice was taken back; its reason stands in the record."""

    NAME: ClassVar[str] = "notices.NoticeWithdrawn"
    TITLE: ClassVar[str] = "公告撤下"

    notice_id: UUID
    community_id: UUID | None
    category: str
    snapshot_sha256: str
    source_plugin: str = ""
    source_id: UUID | None = None
